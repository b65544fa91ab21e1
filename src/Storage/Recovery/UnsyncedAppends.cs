using Iggy.Storage.Context;
using Iggy.Storage.Records;
using Iggy.Storage.Segments;
using Microsoft.Win32.SafeHandles;

namespace Iggy.Storage.Recovery;

/// <summary>
/// What a power cut leaves of a sync that did not end: the pages of a file reach the disk in any order, so the commit slot may be there
/// before the records that it counts. Above the synced position nothing that is not whole was acknowledged, so it is cut like an append
/// without a slot; below it an invalid record is damage.
/// </summary>
internal static class UnsyncedAppends
{
    private const int ChunkBytes = 256 << 10;

    /// <summary>Whether the segments from a number on hold nothing that a sync reached. An unreadable one counts as synced.</summary>
    public static bool AreAll(LogContext context, List<ulong> names, int number)
    {
        for (; number < names.Count; number++)
        {
            var path = context.Folder.LogPath(names[number]);
            using var file = SegmentFile.Open(path);
            // A segment is synced when it is made, and sealed after its records are. What acknowledges without a sync tells no position.
            if (SegmentFile.Inspect(file, path) is not { Head: not null, Seal: null, Commit.SyncedPosition: SegmentFormat.HeadBytes })
                return false;
        }
        return true;
    }

    /// <summary>Takes the appends off a segment that are not whole, and those behind them.</summary>
    /// <param name="context">Of the log.</param>
    /// <param name="file">The segment's.</param>
    /// <param name="segment">As its commit slot says.</param>
    /// <param name="index">Its index.</param>
    /// <param name="syncedPosition">As its commit slot says.</param>
    /// <param name="limit">End of the file.</param>
    /// <returns>The segment up to the first append that is not whole; itself when all are, or when damage from below the synced position reaches above it.</returns>
    public static Segment Cut(LogContext context, SafeFileHandle file, Segment segment, SegmentIndex index, uint syncedPosition, uint limit)
    {
        if (FindHole(file, segment, index, syncedPosition, limit) is not { } hole)
            return segment;
        context.Logger.UnsyncedCut(context.Folder.Path, hole.Offset, segment.NextOffset - 1);
        return Recount(context, file, segment, hole.Position, hole.Offset);
    }

    /// <summary>Removes segments that hold nothing but appends behind a cut, the newest first, so that a death on the way leaves no gap.</summary>
    public static void Remove(LogContext context, List<ulong> names, int number, ulong nextOffset)
    {
        while (names.Count > number)
        {
            var path = context.Folder.LogPath(names[^1]);
            ulong next;
            using (var file = SegmentFile.Open(path))
                next = Math.Max(SegmentFile.Inspect(file, path).Commit?.NextOffset ?? 0, names[^1]);
            var first = Math.Max(names[^1], nextOffset);
            if (next > first) // else it is empty
                context.Logger.UnsyncedCut(context.Folder.Path, first, next - 1);
            context.Inventory.SetNewest(names[^2], context.Inventory.Generation); // there is one before it: the one that is cut
            context.Disk.Flush(context.Inventory.File);
            SegmentSet.Retire(context, names[^1]);
            context.FlushFolder();
            names.RemoveAt(names.Count - 1);
        }
    }

    // Walks records and bodies from a good entry below the synced position to the committed one. Null: all whole, or damaged across the former.
    private static (uint Position, ulong Offset)? FindHole(SafeFileHandle file, Segment segment, SegmentIndex index, uint syncedPosition, uint limit)
    {
        var reader = new RecordReader(file, segment.Generation, limit, null, 0, ChunkBytes);
        try
        {
            var (position, offset) = StartBelow(ref reader, segment, index, syncedPosition);
            var (append, epoch) = ((Position: position, Offset: offset), 0u);
            while (position < segment.EndPosition)
            {
                var isWhole = reader.TryReadHeader(position, out var header) && header.BaseOffset == offset && header.Epoch >= epoch
                    && reader.TryReadBody(position, in header, out _) && reader.TryReadFramesBytes(position, in header, out _);
                if (!isWhole && append.Position >= syncedPosition)
                    return append;
                if (!isWhole)
                {
                    // Damage. It is walked over, to see what lies above the synced position.
                    if (!reader.TryFindNext(ref position, offset + 1, segment.NextOffset, out header) || position > syncedPosition)
                        return null;
                    (offset, epoch) = (header.BaseOffset, header.Epoch);
                    append = (position, offset);
                    continue;
                }

                (position, offset, epoch) = (position + header.AlignedBytes, header.NextOffset, header.Epoch);
                if (!header.Flags.HasFlag(RecordFlags.MoreFollow))
                    append = (position, offset);
            }
            return null;
        }
        finally
        {
            reader.Dispose();
        }
    }

    private static (uint Position, ulong Offset) StartBelow(ref RecordReader reader, Segment segment, SegmentIndex index, uint syncedPosition)
    {
        for (var number = index.Count - 1; number >= 0; number--)
        {
            var entry = index.Read(number);
            var offset = segment.FirstOffset + entry.OffsetInSegment;
            if (entry.Position <= syncedPosition && entry.Position >= SegmentFormat.HeadBytes && entry.Position % RecordFormat.Alignment == 0
                && reader.TryReadHeader(entry.Position, out var header) && header.BaseOffset == offset)
                return (entry.Position, offset);
        }
        return (SegmentFormat.HeadBytes, segment.FirstOffset);
    }

    // The slot has the figures of its own position only, so the ones of an earlier end are counted from the start: once after a power cut.
    private static Segment Recount(LogContext context, SafeFileHandle file, Segment segment, uint endPosition, ulong nextOffset)
    {
        var kept = new Segment { FirstOffset = segment.FirstOffset, Generation = segment.Generation, NextOffset = segment.FirstOffset };
        var whole = new Segment { FirstOffset = segment.FirstOffset, Generation = segment.Generation, NextOffset = nextOffset, EndPosition = endPosition };
        var reader = new RecordReader(file, segment.Generation, endPosition, null, 0, ChunkBytes);
        using var cursor = new SegmentCursor(reader, whole, SegmentFormat.HeadBytes, segment.FirstOffset, context.Damage);
        while (cursor.Peek() is var step and not CursorStep.End)
        {
            if (step is CursorStep.Record)
                kept.Add(in cursor.Header, cursor.ReadFramesBytes());
            cursor.Skip(step);
            (kept.EndPosition, kept.NextOffset) = (cursor.Position, cursor.Offset);
        }
        return kept;
    }
}
