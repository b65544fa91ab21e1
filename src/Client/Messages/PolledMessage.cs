using System.Text;
using Iggy.Protocol;
using Iggy.Protocol.Classic;

namespace Iggy.Client;

/// <summary>A message of a poll, in the poll's buffer: it must not be touched after <see cref="PolledMessages.Dispose"/>.</summary>
public readonly struct PolledMessage
{
    private readonly ReadOnlyMemory<byte> _bytes;

    internal PolledMessage(ReadOnlyMemory<byte> bytes) => _bytes = bytes;

    /// <summary>Number in its partition, from 0.</summary>
    public ulong Offset => Header.Offset;

    /// <summary>The producer's id, or the one that the server gave.</summary>
    public UInt128 Id => Header.Id;

    /// <summary>When the server appended it, microseconds since the Unix epoch.</summary>
    public ulong TimestampMicros => Header.TimestampMicros;

    /// <summary>The producer's time as it was sent.</summary>
    public ulong OriginTimestampMicros => Header.OriginTimestampMicros;

    /// <summary>XXH3-64 of everything in <see cref="Bytes"/> after its first 8 bytes, as the server computed it: of the
    /// encrypted bytes where the client has a <see cref="MessageCipher"/>.</summary>
    public ulong Checksum => Header.Checksum;

    /// <summary>The payload.</summary>
    public ReadOnlyMemory<byte> Payload => _bytes.Slice(ClassicMessageHeader.SizeInBytes, (int)Header.PayloadBytes);

    /// <summary>The headers, undecoded; empty for none.</summary>
    public ReadOnlyMemory<byte> UserHeaders => _bytes[(ClassicMessageHeader.SizeInBytes + (int)Header.PayloadBytes)..];

    /// <summary>The whole message as on the wire: header of 64 bytes, payload, headers.</summary>
    public ReadOnlyMemory<byte> Bytes => _bytes;

    private ref readonly ClassicMessageHeader Header => ref ClassicMessageHeader.At(_bytes.Span);

    /// <summary>The payload as UTF-8; bytes that are none come out as replacement characters.</summary>
    public string PayloadText => Encoding.UTF8.GetString(Payload.Span);

    /// <summary>Whether the bytes are those that the server computed the checksum for.</summary>
    public bool IsChecksumRight() => Hashes.Xxh3(_bytes.Span[sizeof(ulong)..]) == Checksum;

    /// <summary>Walks the headers without allocating. Look at its error at the end: the server does not check what producers write.</summary>
    public UserHeaderEnumerator EnumerateHeaders() => new(UserHeaders.Span);

    /// <summary>Finds the first text under a text key.</summary>
    public bool TryGetHeader(string key, out string value)
    {
        var headers = EnumerateHeaders();
        while (headers.MoveNext())
        {
            if (headers.Key.TryGetText(out var name) && name == key && headers.Value.TryGetText(out value))
                return true;
        }
        value = "";
        return false;
    }

    /// <summary>Finds the first value of exactly this type under a text key: bool, a number of 8 to 128 bits, float or double.</summary>
    public bool TryGetHeader<T>(string key, out T value) where T : unmanaged
    {
        var headers = EnumerateHeaders();
        while (headers.MoveNext())
        {
            if (headers.Key.TryGetText(out var name) && name == key && headers.Value.TryGet(out value))
                return true;
        }
        value = default;
        return false;
    }
}
