using Iggy.Storage.Context;
using Iggy.Storage.Segments;
using Microsoft.Win32.SafeHandles;

namespace Iggy.Storage.Recovery;

/// <summary>
/// Opens the segments of a folder, whatever the last writer left: a damaged part takes down its own offsets and no others,
/// and nothing that was acknowledged goes without a word in the log.
/// </summary>
internal static class LogRecovery
{
    /// <summary>Brings the folder into order and opens its segments.</summary>
    public static SegmentSet Open(LogContext context)
    {
        var folder = context.Folder;
        context.Disk.Delete(folder.NewSegmentPath);
        context.Disk.Delete(folder.NewIndexPath);
        if (context.Options.IsReplica)
            context.Disk.Delete(folder.NewOffsetsPath);
        if (File.Exists(folder.PurgePath))
        {
            _ = MissingSegments.TakeStock(context, out var newest);
            PurgeSteps.Finish(context, newest + 1).Dispose();
            context.Logger.PurgeFinished(folder.Path);
        }

        var inventory = context.Inventory;
        var names = MissingSegments.TakeStock(context, out var generation);
        var segments = new List<Segment>();
        var oldest = names.Count > 0 ? names[0] : inventory.NewestSegment;
        if (inventory.IsKnown && inventory.FirstOffset < oldest)
            segments.Add(MissingSegments.Lost(context, inventory.FirstOffset, oldest));

        ActiveSegment? active = null;
        // The last one that is there goes on, unless there was one behind it.
        var end = inventory.IsKnown && names.Count > 0 && names[^1] < inventory.NewestSegment ? inventory.NewestSegment : ulong.MaxValue;
        for (var i = 0; i < names.Count; i++)
        {
            var segment = OpenSegment(context, names, i, end, out active);
            if (segment is not null)
                segments.Add(segment);
        }
        if (active is null)
        {
            var isNewestThere = end == ulong.MaxValue && names.Count > 0 && segments.Count > 0 && segments[^1].FirstOffset == names[^1];
            active = StartNext(context, segments, ++generation, isNewestThere ? 0 : inventory.Ceiling);
        }
        inventory.Set(segments[0].FirstOffset, active.Segment.FirstOffset, generation, Math.Max(inventory.Ceiling, active.Segment.NextOffset));
        return new SegmentSet(context, segments, active, generation);
    }

    // Where the newest segment is gone nobody knows how far offsets were given, but the ceiling is above them.
    private static ActiveSegment StartNext(LogContext context, List<Segment> segments, uint generation, ulong ceiling)
    {
        var next = segments.Count > 0 ? segments[^1].NextOffset : context.Inventory.FirstOffset;
        if (next < ceiling)
        {
            segments.Add(MissingSegments.Lost(context, next, ceiling));
            next = ceiling;
        }
        var segment = new Segment { FirstOffset = next, NextOffset = next, Generation = generation };
        var active = SegmentSet.Start(context, segment, neededBytes: 0);
        segments.Add(segment);
        context.FlushFolder();
        return active;
    }

    /// <param name="context">Of the log.</param>
    /// <param name="names">First offsets of the segments; those behind an append that was never acknowledged go.</param>
    /// <param name="number">Which of them.</param>
    /// <param name="end">First offset of a segment behind all of them that is not there; the greatest number when none is missing.</param>
    /// <param name="active">The segment ready for appends, if it is the last one and was not sealed.</param>
    /// <returns>Null when nothing of the last segment could be read: its file is put aside.</returns>
    private static Segment? OpenSegment(LogContext context, List<ulong> names, int number, ulong end, out ActiveSegment? active)
    {
        active = null;
        var firstOffset = names[number];
        var below = number + 1 < names.Count ? names[number + 1] : end;
        var isLast = below == ulong.MaxValue;
        var path = context.Folder.LogPath(firstOffset);
        var file = SegmentFile.Open(path);
        try
        {
            var info = SegmentFile.Inspect(file, path);
            if (info.Head is not { } head || head.FirstOffset != firstOffset)
                return DamagedSegment.Open(context, file, firstOffset, below);

            if (info.Seal is { } seal)
                return OpenSealed(context, file, in head, in seal, info.FileBytes, below);

            var isEnd = end == ulong.MaxValue && UnsyncedAppends.AreAll(context, names, number + 1);
            var tail = TailRecovery.Recover(context, file, in head, in info, below, isEnd);
            if (!isLast && isEnd && tail.SyncedPosition > 0 && tail.Segment.NextOffset < below)
            {
                UnsyncedAppends.Remove(context, names, number + 1, tail.Segment.NextOffset); // the roll was never acknowledged
                isLast = true;
            }
            if (!isLast)
            {
                context.Logger.SealMissing(path);
                tail.Index.Dispose();
                Seal(context, file, tail.Segment);
                Bridge(context, tail.Segment, below);
                return tail.Segment;
            }
            // Earlier openings may have acknowledged without a sync: this one starts to tell positions from one that holds.
            var isUnknown = tail.SyncedPosition == 0 && context.SyncedMark(tail.Segment.EndPosition) > 0;
            if (isUnknown)
                context.Disk.Flush(file);
            var synced = context.SyncedMark(isUnknown ? tail.Segment.EndPosition : tail.SyncedPosition);
            active = SegmentSet.Map(context, tail.Segment, file, tail.Index, 0, tail.Segment.EndPosition, tail.VerifiedFrom, tail.Sequence, synced);
            if (tail.IsCommitStale || isUnknown)
                active.Commit(records: 0);
            return tail.Segment;
        }
        finally
        {
            if (active is null)
                file.Dispose();
        }
    }

    private static Segment OpenSealed(LogContext context, SafeFileHandle file, in SegmentHead head, in SealBlock seal, long fileBytes, ulong below)
    {
        var segment = new Segment
        {
            FirstOffset = head.FirstOffset,
            Generation = head.Generation,
            NextOffset = Math.Max(seal.NextOffset, head.FirstOffset),
            EndPosition = seal.EndPosition,
            MessageBytes = seal.MessageBytes,
            Records = seal.Records,
            FirstTimestampMicros = seal.FirstTimestampMicros,
            LastTimestampMicros = seal.LastTimestampMicros,
        };
        if (fileBytes < seal.EndPosition)
            DamagedSegment.Walk(context, file, segment, fileBytes);
        if (below != ulong.MaxValue)
            Bridge(context, segment, below);
        return segment;
    }

    private static void Seal(LogContext context, SafeFileHandle file, Segment segment)
    {
        RandomAccess.SetLength(file, segment.EndPosition);
        if (context.SyncsFiles)
            context.Disk.Flush(file); // first: a seal says that what it counts is on disk
        SegmentFile.WriteSeal(file, segment);
        if (context.SyncsFiles)
            context.Disk.Flush(file);
    }

    // A missing file between two segments is damage at the end of the one before it, so every offset belongs to a segment.
    private static void Bridge(LogContext context, Segment segment, ulong below)
    {
        if (segment.NextOffset < below)
        {
            context.Losses.Segments++;
            context.Damage.Add(segment.NextOffset, below - 1, segment.EndPosition, "a segment is missing");
        }
        segment.NextOffset = below;
    }
}
