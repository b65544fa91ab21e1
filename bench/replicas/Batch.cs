using System.Buffers.Binary;

namespace Iggy.Bench.Replicas;

/// <summary>Ready-made messages.</summary>
internal sealed record Batch(byte[] Bytes, uint Count)
{
    private const int HeaderBytes = 64;

    public static Batch Of(int messages, int payloadBytes)
    {
        var bytes = new byte[messages * (HeaderBytes + payloadBytes)];
        for (var i = 0; i < messages; i++)
        {
            var message = bytes.AsSpan(i * (HeaderBytes + payloadBytes));
            BinaryPrimitives.WriteUInt64LittleEndian(message[8..], (ulong)i + 1);
            BinaryPrimitives.WriteUInt64LittleEndian(message[40..], 1_700_000_000_000_000);
            BinaryPrimitives.WriteUInt32LittleEndian(message[52..], (uint)payloadBytes);
            for (var at = 0; at < payloadBytes; at++)
                message[HeaderBytes + at] = (byte)(at * 31);
        }
        return new Batch(bytes, (uint)messages);
    }
}
