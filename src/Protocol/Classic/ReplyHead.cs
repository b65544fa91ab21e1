using System.Buffers.Binary;

namespace Iggy.Protocol.Classic;

/// <summary>The eight bytes in front of a reply: u32 status, u32 length of the payload alone.</summary>
/// <remarks>After an error nothing follows: clients do not read it and would lose step. For the same reason no reply has a payload of exactly
/// one byte, which two clients take for none. Source: apache/iggy server-0.8.0, <c>core/server/src/tcp</c>, <c>core/sdk/src</c>.</remarks>
/// <param name="Status">Success or the error.</param>
/// <param name="PayloadBytes">What follows the head.</param>
public readonly record struct ReplyHead(IggyError Status, uint PayloadBytes)
{
    /// <summary>Bytes of a head, and of a whole error reply.</summary>
    public const int SizeInBytes = 8;

    /// <summary>Reads a head.</summary>
    /// <param name="head">At least <see cref="SizeInBytes"/>.</param>
    public static ReplyHead Read(ReadOnlySpan<byte> head) => new(
        (IggyError)BinaryPrimitives.ReadUInt32LittleEndian(head),
        BinaryPrimitives.ReadUInt32LittleEndian(head[sizeof(uint)..]));

    /// <summary>Writes the head of a reply.</summary>
    /// <param name="head">At least <see cref="SizeInBytes"/>.</param>
    /// <param name="status">Success or the error.</param>
    /// <param name="payloadBytes">0 with an error, never 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">A payload that clients would lose step on.</exception>
    public static void Write(Span<byte> head, IggyError status, uint payloadBytes)
    {
        if (payloadBytes == 1 || (payloadBytes > 0 && status is not IggyError.None))
            throw new ArgumentOutOfRangeException(nameof(payloadBytes), payloadBytes, $"No payload of this size may follow status {status}.");

        BinaryPrimitives.WriteUInt32LittleEndian(head, (uint)status);
        BinaryPrimitives.WriteUInt32LittleEndian(head[sizeof(uint)..], payloadBytes);
    }
}
