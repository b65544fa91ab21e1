using System.Buffers.Binary;

namespace Iggy.Protocol.Classic;

/// <summary>The eight bytes in front of a request: u32 length (of code and payload, not of itself), u32 code.</summary>
/// <remarks>The same on every binary transport. There is no request number: replies come in the order of requests.
/// Source: apache/iggy server-0.8.0, <c>core/server/src/tcp</c>.</remarks>
/// <param name="LengthBytes">Code and payload, as sent and not judged yet.</param>
/// <param name="Code">The command, known or not.</param>
public readonly record struct RequestHead(uint LengthBytes, CommandCode Code)
{
    /// <summary>Bytes of a head.</summary>
    public const int SizeInBytes = 8;

    /// <summary>Largest payload of any command but <see cref="CommandCode.SendMessages"/>: 10 MiB.</summary>
    public const uint MaxControlPayloadBytes = 10 * 1024 * 1024;

    private const uint CodeBytes = sizeof(uint);

    /// <summary>Whether the length leaves room for the code. If not, the answer is <see cref="IggyError.InvalidCommand"/> and the next
    /// frame starts right after this head.</summary>
    public bool HasCode => LengthBytes >= CodeBytes;

    /// <summary>Bytes after the head: judge them before waiting or allocating for them.</summary>
    public uint PayloadBytes => HasCode ? LengthBytes - CodeBytes : 0;

    /// <summary>Reads a head.</summary>
    /// <param name="head">At least <see cref="SizeInBytes"/>.</param>
    public static RequestHead Read(ReadOnlySpan<byte> head) => new(
        BinaryPrimitives.ReadUInt32LittleEndian(head),
        (CommandCode)BinaryPrimitives.ReadUInt32LittleEndian(head[sizeof(uint)..]));

    /// <summary>Writes the head of a request.</summary>
    /// <param name="head">At least <see cref="SizeInBytes"/>.</param>
    /// <param name="code">The command.</param>
    /// <param name="payloadBytes">What follows the head.</param>
    /// <exception cref="OverflowException">The frame is longer than a u32 can say.</exception>
    public static void Write(Span<byte> head, CommandCode code, uint payloadBytes)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(head, checked(payloadBytes + CodeBytes));
        BinaryPrimitives.WriteUInt32LittleEndian(head[sizeof(uint)..], (uint)code);
    }
}
