namespace Iggy.Storage.Records;

/// <summary>The next record of an append: which messages go into it.</summary>
internal struct RecordPlan
{
    public uint MessageCount, BodyBytes;
    public ulong OriginTimestampMicros;

    // Compact frames in their places, with ids: the record's body is what came, byte for byte. A frame's place is another one where a record ends
    // within the batch or a duplicate was left out, and an id of 0 asks for one.
    public bool IsVerbatim;

    public readonly uint AlignedBytes => RecordFormat.Align(RecordHeader.SizeInBytes + BodyBytes);

    /// <summary>
    /// Takes as many messages as one record holds: up to the target size, and classic creation times up to 2^32 µs apart.
    /// Deterministic, so checking and writing the same bytes plan the same records.
    /// </summary>
    /// <returns>False when a message is malformed; nothing may be written then.</returns>
    public static bool TryTake(ref IncomingBatch batch, bool checkFrames, out RecordPlan plan)
    {
        plan = new RecordPlan { IsVerbatim = true };
        var (earliest, latest) = (ulong.MaxValue, ulong.MinValue);
        while (!batch.IsEmpty)
        {
            if (!batch.TryPeek(out var message) || (checkFrames && !batch.IsFrameIntact()))
                return false;

            var bodyBytes = plan.BodyBytes + message.FrameBytes;
            var origin = message.OriginTimestampMicros;
            var (low, high) = (Math.Min(earliest, origin), Math.Max(latest, origin));
            if (plan.MessageCount > 0
                && (bodyBytes > RecordFormat.TargetBytes || (batch.FixedOrigin is null && high - low > uint.MaxValue)))
                break;

            (earliest, latest) = (low, high);
            plan.IsVerbatim &= message.FrameDelta == plan.MessageCount && (message.IdLow | message.IdHigh) != 0;
            plan.BodyBytes = (uint)bodyBytes; // at most the target, or one message within the limits
            plan.MessageCount++;
            batch.Advance();
        }
        plan.OriginTimestampMicros = batch.FixedOrigin ?? earliest;
        return plan.MessageCount > 0;
    }
}

/// <summary>A whole append, proven before a byte is written: a half-written append would have to be taken back.</summary>
internal struct AppendPlan
{
    public RecordPlan First;
    public uint Records;
    public ulong Bytes; // of all records with their padding
    public ProducerSection? Producer;

    /// <summary>Checks every message and adds up what the append needs.</summary>
    /// <returns>False unless the bytes are exactly <paramref name="count"/> whole messages.</returns>
    public static bool TryMake(MessageLayout layout, ReadOnlySpan<byte> messages, uint count, out AppendPlan plan)
    {
        plan = default;
        if (!IncomingBatch.TryOpen(layout, messages, count, out var batch))
            return false;

        plan.Producer = batch.Producer;
        ulong found = 0;
        while (!batch.IsEmpty)
        {
            if (!RecordPlan.TryTake(ref batch, checkFrames: true, out var record))
                return false;
            if (plan.Records++ == 0)
                plan.First = record;
            plan.Bytes += record.AlignedBytes;
            found += record.MessageCount;
        }
        return found == count && found > 0;
    }
}
