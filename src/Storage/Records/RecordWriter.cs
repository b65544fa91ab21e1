using System.Runtime.InteropServices;

namespace Iggy.Storage.Records;

/// <summary>What the records of one append have in common.</summary>
internal readonly record struct RecordStamp(ulong TimestampMicros, uint Epoch, uint Generation);

/// <summary>Writes records: each payload is copied once, from the caller's bytes to its place in the segment.</summary>
internal static class RecordWriter
{
    /// <summary>
    /// Writes the planned messages as one record and moves the batch past them. The target is exactly
    /// <see cref="RecordPlan.AlignedBytes"/> long and may hold old bytes.
    /// </summary>
    public static void Write(Span<byte> target, ref IncomingBatch batch, in RecordPlan plan, ulong baseOffset,
        RecordFlags flags, RecordStamp stamp, MessageIds ids)
    {
        var recordBytes = RecordHeader.SizeInBytes + (int)plan.BodyBytes;
        var body = target[RecordHeader.SizeInBytes..recordBytes];
        WriteFrames(body, ref batch, in plan, ids);
        target[recordBytes..].Clear();
        var head = Head(plan.MessageCount, plan.OriginTimestampMicros, baseOffset, flags, stamp);
        Finish(target, ref head, body);
    }

    /// <summary>Writes the frames of the planned messages and moves the batch past them.</summary>
    /// <param name="target">Exactly <see cref="RecordPlan.BodyBytes"/> long.</param>
    /// <param name="batch">From outside, proven before.</param>
    /// <param name="plan">Which messages.</param>
    /// <param name="ids">For messages that ask for one.</param>
    public static void WriteFrames(Span<byte> target, ref IncomingBatch batch, in RecordPlan plan, MessageIds ids)
    {
        if (plan.IsVerbatim) // and compared with its checksums
        {
            batch.Take(plan.BodyBytes, plan.MessageCount).CopyTo(target);
            return;
        }
        for (uint delta = 0; delta < plan.MessageCount; delta++)
        {
            if (!batch.TryPeek(out var message))
                throw new InvalidOperationException("The batch changed while it was being appended.");
            target = target[WriteFrame(target, in message, delta, plan.OriginTimestampMicros, ids)..];
            batch.Advance();
        }
    }

    /// <summary>A header without what depends on the body.</summary>
    public static RecordHeader Head(uint count, ulong originMicros, ulong baseOffset, RecordFlags flags, RecordStamp stamp) => new()
    {
        Magic = RecordHeader.ExpectedMagic,
        BaseOffset = baseOffset,
        BaseTimestampMicros = stamp.TimestampMicros,
        OriginTimestampMicros = originMicros,
        MessageCount = count,
        Flags = flags,
        Epoch = stamp.Epoch,
        Generation = stamp.Generation,
    };

    /// <summary>Puts the header in front of a finished body.</summary>
    public static void Finish(Span<byte> target, ref RecordHeader header, ReadOnlySpan<byte> body)
    {
        header.RecordBytes = (uint)(RecordHeader.SizeInBytes + body.Length);
        header.BodyChecksum = FileFormat.Checksum(body);
        header.HeaderChecksum = FileFormat.ChecksumOfBlock(in header);
        MemoryMarshal.Write(target, in header);
    }

    private static int WriteFrame(Span<byte> target, in IncomingMessage message, uint delta, ulong origin, MessageIds ids)
    {
        var frameBytes = (int)message.FrameBytes;
        var frame = new MessageFrame
        {
            IdLow = message.IdLow,
            IdHigh = message.IdHigh,
            OffsetDelta = delta,
            TimestampDelta = (uint)(message.OriginTimestampMicros - origin),
            UserHeadersBytes = message.UserHeadersBytes,
            PayloadBytes = message.PayloadBytes,
        };
        if ((frame.IdLow | frame.IdHigh) == 0) // 0 asks for one
            (frame.IdLow, frame.IdHigh) = ids.Next();

        MemoryMarshal.Write(target, in frame);
        message.Content.CopyTo(target[MessageFrame.SizeInBytes..frameBytes]);
        var checksum = FileFormat.Checksum(target[sizeof(ulong)..frameBytes]);
        MemoryMarshal.Write(target, in checksum);
        return frameBytes;
    }
}
