using System.Runtime.InteropServices;
using Iggy.Protocol.Classic;

namespace Iggy.Protocol.Vsr;

/// <summary>Writes what <see cref="VsrSendRequest"/> reads: the client's side of a send.</summary>
public static class VsrSendWriter
{
    /// <summary>Writes a body: metadata and one batch record with all checksums. The payloads are copied once.</summary>
    /// <param name="writer">Where it goes.</param>
    /// <param name="stream">The stream.</param>
    /// <param name="topic">The topic.</param>
    /// <param name="partitioning">Where the batch goes.</param>
    /// <param name="messages">Creation times may lie up to 2^32 µs apart. An id of 0 becomes a random one: frames carry none without.</param>
    /// <exception cref="ArgumentException">No messages, one above the limits of the protocol, more than 2 GiB, times too far apart, or an
    /// identifier that can't be written.</exception>
    public static void Write(WireWriter writer, Identifier stream, Identifier topic, Partitioning partitioning, ReadOnlySpan<OutgoingMessage> messages)
    {
        SendMessagesWriter.CheckLimits(messages);
        var batch = MeasureBatch(messages);
        writer.U32((uint)SendMessagesWriter.CountMetadataBytes(stream, topic, partitioning));
        writer.Identifier(stream);
        writer.Identifier(topic);
        partitioning.Write(writer);
        writer.U32((uint)messages.Length);

        var target = writer.Reserve((int)batch.BatchBytes);
        batch.WriteTo(target);
        var rest = target[BatchHeader.SizeInBytes..];
        for (var i = 0; i < messages.Length; i++)
            rest = rest[WriteFrame(rest, in messages[i], (uint)i, batch.OriginTimestampMicros)..];
        Batch.Seal(target);
        writer.Advance(target.Length);
    }

    /// <summary>Refuses what this dialect cannot say: creation times more than 71 minutes apart in one batch.</summary>
    /// <exception cref="ArgumentException">They are.</exception>
    public static void CheckTimes(ReadOnlySpan<OutgoingMessage> messages) => MeasureBatch(messages);

    private static BatchHeader MeasureBatch(ReadOnlySpan<OutgoingMessage> messages)
    {
        var (earliest, latest, bytes) = (ulong.MaxValue, ulong.MinValue, (ulong)BatchHeader.SizeInBytes);
        foreach (ref readonly var message in messages)
        {
            (earliest, latest) = (Math.Min(earliest, message.OriginTimestampMicros), Math.Max(latest, message.OriginTimestampMicros));
            bytes += (ulong)(FrameHeader.SizeInBytes + message.Payload.Length + message.UserHeaders.Length);
        }
        if (latest - earliest > uint.MaxValue || earliest > ulong.MaxValue - uint.MaxValue)
            throw new ArgumentException($"Creation times from {earliest} to {latest} µs; allowed: up to {uint.MaxValue} µs apart in one batch.", nameof(messages));
        return new BatchHeader { OriginTimestampMicros = earliest, BatchBytes = bytes, MessagesCount = (uint)messages.Length };
    }

    private static int WriteFrame(Span<byte> target, in OutgoingMessage message, uint number, ulong origin)
    {
        var header = new FrameHeader
        {
            Id = message.Id == 0 ? NewId() : message.Id,
            OffsetDelta = number,
            TimestampDelta = (uint)(message.OriginTimestampMicros - origin),
            UserHeadersBytes = (uint)message.UserHeaders.Length,
            PayloadBytes = (uint)message.Payload.Length,
        };
        header.WriteTo(target);
        message.Payload.Span.CopyTo(target[FrameHeader.SizeInBytes..]);
        message.UserHeaders.Span.CopyTo(target[(FrameHeader.SizeInBytes + message.Payload.Length)..]);

        var bytes = (int)header.FrameBytes;
        header.Checksum = Hashes.Xxh3(target[sizeof(ulong)..bytes]);
        MemoryMarshal.Write(target, in header.Checksum);
        return bytes;
    }

    private static UInt128 NewId()
    {
        var id = Guid.CreateVersion7();
        return MemoryMarshal.Read<UInt128>(MemoryMarshal.AsBytes(new ReadOnlySpan<Guid>(in id)));
    }
}
