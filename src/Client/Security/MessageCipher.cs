using System.Buffers.Binary;
using System.Security.Cryptography;
using Iggy.Client.Connections;
using Iggy.Protocol;
using Iggy.Protocol.Classic;

namespace Iggy.Client;

/// <summary>Encrypts messages before they leave and decrypts them when they come back, with AES-256-GCM: the server never sees what they hold.
/// Payload and headers are encrypted apart, each as nonce (12 bytes), ciphertext, tag (16 bytes), as the Apache Iggy SDKs do.</summary>
/// <remarks>Ids, times and sizes stay readable. Everybody who reads needs the same key. Safe for many callers at once.</remarks>
public sealed class MessageCipher : IDisposable
{
    /// <summary>What encryption adds to a payload, and to headers where there are some.</summary>
    public const int OverheadBytes = NonceBytes + TagBytes;

    private const int KeyBytes = 32, NonceBytes = 12, TagBytes = 16;

    private readonly AesGcm _aes;

    /// <summary>A cipher with a key of 32 bytes.</summary>
    public MessageCipher(ReadOnlySpan<byte> key)
    {
        if (key.Length != KeyBytes)
            throw new ArgumentException($"A key of {key.Length} bytes; allowed: {KeyBytes}.", nameof(key));
        _aes = new(key, TagBytes);
    }

    /// <summary>A cipher with a key in Base64, the form that Apache Iggy's tools take.</summary>
    /// <exception cref="FormatException">The text is something else; the message does not show it.</exception>
    public static MessageCipher FromBase64(string key)
    {
        ArgumentNullException.ThrowIfNull(key);
        Span<byte> bytes = stackalloc byte[KeyBytes];
        return Convert.TryFromBase64String(key, bytes, out var length) && length == KeyBytes
            ? new(bytes)
            : throw new FormatException($"The encryption key is not the Base64 of {KeyBytes} bytes.");
    }

    /// <inheritdoc/>
    public void Dispose() => _aes.Dispose();

    /// <summary>The message with payload and headers encrypted.</summary>
    internal Message Encrypt(Message message) => message with
    {
        Payload = Encrypt(message.Payload.Span),
        UserHeaders = message.UserHeaders.IsEmpty ? default : Encrypt(message.UserHeaders.Span),
    };

    /// <summary>Decrypts a poll into a buffer of its own.</summary>
    /// <param name="reply">A whole poll reply, as <see cref="PollMessagesReply.TryRead"/> proves it; still owned by the caller.</param>
    /// <exception cref="IggyException"><see cref="IggyError.CannotDecryptData"/>: a message was not encrypted with this key.</exception>
    internal Reply Decrypt(Reply reply)
    {
        var source = reply.Payload.Span;
        var count = BinaryPrimitives.ReadUInt32LittleEndian(source[(PollMessagesReply.HeadSizeInBytes - sizeof(uint))..]);
        var plainBytes = source.Length - SumOverheads(source[PollMessagesReply.HeadSizeInBytes..]);
        var plain = new Reply(reply.Status, plainBytes);
        try
        {
            var destination = plain.Payload.Span;
            source[..PollMessagesReply.HeadSizeInBytes].CopyTo(destination);
            source = source[PollMessagesReply.HeadSizeInBytes..];
            destination = destination[PollMessagesReply.HeadSizeInBytes..];
            for (; count > 0; count--)
            {
                ref readonly var header = ref ClassicMessageHeader.At(source);
                destination = destination[DecryptMessage(header, source, destination)..];
                source = source[(int)header.MessageBytes..];
            }
            return plain;
        }
        catch
        {
            plain.Dispose();
            throw;
        }
    }

    private int DecryptMessage(in ClassicMessageHeader header, ReadOnlySpan<byte> source, Span<byte> destination)
    {
        var plain = header;
        plain.PayloadBytes -= OverheadBytes;
        if (header.UserHeadersBytes > 0)
            plain.UserHeadersBytes -= OverheadBytes;
        plain.WriteTo(destination);
        var at = ClassicMessageHeader.SizeInBytes;
        Decrypt(source.Slice(at, (int)header.PayloadBytes), destination.Slice(at, (int)plain.PayloadBytes), header.Offset);
        if (header.UserHeadersBytes > 0)
        {
            Decrypt(
                source.Slice(at + (int)header.PayloadBytes, (int)header.UserHeadersBytes),
                destination.Slice(at + (int)plain.PayloadBytes, (int)plain.UserHeadersBytes),
                header.Offset);
        }
        return (int)plain.MessageBytes;
    }

    // Also proves that every block is long enough to hold a nonce and a tag.
    private static int SumOverheads(ReadOnlySpan<byte> messages)
    {
        var sum = 0;
        for (; !messages.IsEmpty; messages = messages[(int)ClassicMessageHeader.At(messages).MessageBytes..])
        {
            ref readonly var header = ref ClassicMessageHeader.At(messages);
            if (header.PayloadBytes < OverheadBytes || header.UserHeadersBytes is > 0 and < OverheadBytes)
                throw Undecipherable(header.Offset, null);
            sum += header.UserHeadersBytes > 0 ? 2 * OverheadBytes : OverheadBytes;
        }
        return sum;
    }

    private byte[] Encrypt(ReadOnlySpan<byte> plain)
    {
        var block = new byte[plain.Length + OverheadBytes];
        var nonce = block.AsSpan(0, NonceBytes);
        RandomNumberGenerator.Fill(nonce);
        _aes.Encrypt(nonce, plain, block.AsSpan(NonceBytes, plain.Length), block.AsSpan(NonceBytes + plain.Length));
        return block;
    }

    private void Decrypt(ReadOnlySpan<byte> block, Span<byte> plain, ulong offset)
    {
        try
        {
            _aes.Decrypt(block[..NonceBytes], block[NonceBytes..^TagBytes], block[^TagBytes..], plain);
        }
        catch (AuthenticationTagMismatchException e)
        {
            throw Undecipherable(offset, e);
        }
    }

    private static IggyException Undecipherable(ulong offset, Exception? cause) =>
        new(IggyError.CannotDecryptData, $"Message {offset} was not encrypted with this client's key.", cause);
}
