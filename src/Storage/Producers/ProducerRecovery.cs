using Iggy.Storage.Context;
using Iggy.Storage.Durability;
using Iggy.Storage.Records;
using Iggy.Storage.Segments;

namespace Iggy.Storage.Producers;

/// <summary>Brings the producers back: from the file, and from the records behind what it holds.</summary>
internal static class ProducerRecovery
{
    private const int ChunkBytes = 256 << 10;

    /// <summary>Reads what is there.</summary>
    /// <param name="segments">Opened.</param>
    /// <param name="context">Of the log.</param>
    /// <param name="commit">Told where the answer to a repeated batch may promise what is not on disk yet.</param>
    /// <exception cref="IOException">The disk refused.</exception>
    public static PartitionProducers Open(SegmentSet segments, LogContext context, GroupCommit commit)
    {
        var table = new ProducerTable(context.Options.MaxProducers);
        if (!ProducerFile.Exists(context))
            return new PartitionProducers(context, table, savedOffset: null);

        var isWhole = ProducerFile.TryRead(context, table, out var savedOffset);
        if (!isWhole)
        {
            context.Logger.ProducersUnreadable(context.Folder.ProducersPath, segments.FirstOffset);
            savedOffset = segments.FirstOffset;
        }
        var isAhead = savedOffset > segments.NextOffset; // of a log that lost or gave up its end
        if (isAhead)
            table.CutAt(segments.NextOffset);
        Read(segments, context, commit, table, Math.Max(savedOffset, segments.FirstOffset));
        var producers = new PartitionProducers(context, table, savedOffset);
        if (isAhead || !isWhole)
            producers.RequireWritten(segments.NextOffset); // before other messages get the same offsets
        return producers;
    }

    private static void Read(SegmentSet segments, LogContext context, GroupCommit commit, ProducerTable table, ulong from)
    {
        if (from < segments.NextOffset)
        {
            new RecordLocator(segments, context).FindOffset(from, out var start, out _);
            for (var number = start.Segment; number < segments.Count; number++)
            {
                var segment = segments[number];
                var (position, offset) = number == start.Segment ? (start.Position, start.BaseOffset) : (SegmentFormat.HeadBytes, segment.FirstOffset);
                ReadSegment(segments, segment, position, offset, table, from);
            }
            if (table.Count > 0 && start.Segment < segments.Count - 1)
                commit.MarkUnsynced(segments[start.Segment].FirstOffset);
        }
        if (table.Count > 0)
            commit.MarkActive();
    }

    private static void ReadSegment(SegmentSet segments, Segment segment, uint position, ulong offset, ProducerTable table, ulong from)
    {
        var cursor = segments.OpenCursor(segment, position, offset, ChunkBytes);
        try
        {
            while (cursor.Peek() is var step and not CursorStep.End)
            {
                // The section is in the clear, so no key is needed. Of what cannot be read nobody knows who wrote it.
                if (step is CursorStep.Record && cursor.Header.BaseOffset >= from && cursor.Header.HasProducer && cursor.TryReadBody(out var body))
                    table.Note(ProducerSection.Of(in cursor.Header, body), cursor.Header.MessageCount, cursor.Header.BaseOffset);
                cursor.Skip(step);
            }
        }
        finally
        {
            cursor.Dispose();
        }
    }
}
