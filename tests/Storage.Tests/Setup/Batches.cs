using System.Runtime.InteropServices;
using Iggy.Storage.Records;

namespace Iggy.Storage.Tests.Setup;

/// <summary>A message as a producer has it.</summary>
internal sealed record Sent(byte[] Payload, byte[] UserHeaders, ulong OriginMicros, UInt128 Id)
{
    public static Sent Of(int payloadBytes, int seed = 0)
    {
        var payload = new byte[payloadBytes];
        for (var i = 0; i < payload.Length; i++)
            payload[i] = (byte)(seed + i);
        return new Sent(payload, [], OriginMicros: 1_000 + (ulong)seed, Id: (UInt128)(uint)seed + 1);
    }

    public static Sent[] Many(int count, int payloadBytes) => [.. Enumerable.Range(0, count).Select(i => Of(payloadBytes, i))];

    public ulong ClassicBytes => (ulong)(ClassicMessage.SizeInBytes + Payload.Length + UserHeaders.Length);
}

/// <summary>Builds batches as clients send them.</summary>
internal static class Batches
{
    public static byte[] Of(MessageLayout layout, IReadOnlyList<Sent> messages)
        => layout is MessageLayout.Classic ? Classic(messages) : Compact(messages);

    public static byte[] Classic(params IReadOnlyList<Sent> messages)
    {
        var batch = new List<byte>();
        foreach (var message in messages)
        {
            var header = new ClassicMessage
            {
                Checksum = 0xDEAD, // clients put anything here
                IdLow = (ulong)message.Id,
                IdHigh = (ulong)(message.Id >> 64),
                Offset = 77,
                TimestampMicros = 88,
                OriginTimestampMicros = message.OriginMicros,
                PayloadBytes = (uint)message.Payload.Length,
                UserHeadersBytes = (uint)message.UserHeaders.Length,
                Reserved = 99,
            };
            Add(batch, in header);
            batch.AddRange(message.Payload);
            batch.AddRange(message.UserHeaders);
        }
        return [.. batch];
    }

    public static byte[] Compact(params IReadOnlyList<Sent> messages)
    {
        var origin = messages.Count == 0 ? 0 : messages.Min(message => message.OriginMicros);
        var frames = new List<byte>();
        for (var i = 0; i < messages.Count; i++)
            frames.AddRange(Frame(messages[i], (uint)i, origin));
        var head = new CompactBatch
        {
            OriginTimestampMicros = origin,
            BatchBytes = (ulong)(CompactBatch.SizeInBytes + frames.Count),
            MessageCount = (uint)messages.Count,
        };
        var batch = new List<byte>();
        Add(batch, in head);
        batch.AddRange(new byte[CompactBatch.SizeInBytes - CompactBatch.UsedBytes]);
        batch.AddRange(frames);
        return [.. batch];
    }

    /// <summary>A batch whose producer numbers its messages.</summary>
    public static byte[] Numbered(ulong producer, ushort epoch, uint baseSequence, params IReadOnlyList<Sent> messages)
    {
        var batch = Compact(messages);
        ref var head = ref MemoryMarshal.AsRef<CompactBatch>(batch.AsSpan());
        (head.HasProducer, head.ProducerId, head.ProducerEpoch, head.BaseSequence) = (1, producer, epoch, baseSequence);
        return batch;
    }

    private static byte[] Frame(Sent message, uint delta, ulong origin)
    {
        var header = new MessageFrame
        {
            IdLow = (ulong)message.Id,
            IdHigh = (ulong)(message.Id >> 64),
            OffsetDelta = delta,
            TimestampDelta = (uint)(message.OriginMicros - origin),
            PayloadBytes = (uint)message.Payload.Length,
            UserHeadersBytes = (uint)message.UserHeaders.Length,
        };
        var frame = new List<byte>();
        Add(frame, in header);
        frame.AddRange(message.Payload);
        frame.AddRange(message.UserHeaders);
        var bytes = frame.ToArray();
        BitConverter.TryWriteBytes(bytes, FileFormat.Checksum(bytes.AsSpan(8)));
        return bytes;
    }

    private static void Add<T>(List<byte> bytes, in T value) where T : unmanaged
        => bytes.AddRange(MemoryMarshal.AsBytes(new ReadOnlySpan<T>(in value)));
}
