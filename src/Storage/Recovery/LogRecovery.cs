using System.Runtime.InteropServices;
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
        if (File.Exists(folder.PurgePath))
        {
            PurgeSteps.Finish(context, GenerationOf(context) + 1).Dispose();
            context.Logger.PurgeFinished(folder.Path);
        }

        var generation = GenerationOf(context);
        var names = folder.ListSegments();
        var segments = new List<Segment>();
        ActiveSegment? active = null;
        for (var i = 0; i < names.Count; i++)
        {
            var below = i + 1 < names.Count ? names[i + 1] : ulong.MaxValue;
            var segment = OpenSegment(context, names[i], below, out active);
            if (segment is not null)
                segments.Add(segment);
        }
        if (active is null)
        {
            var next = segments.Count == 0 ? 0 : segments[^1].NextOffset;
            var segment = new Segment { FirstOffset = next, NextOffset = next, Generation = ++generation };
            active = SegmentSet.Start(context, segment, neededBytes: 0);
            segments.Add(segment);
            context.FlushFolder();
        }
        return new SegmentSet(context, segments, active, generation);
    }

    // The newest generation in the folder. What is unreadable is never reused, so its generation does not matter.
    private static uint GenerationOf(LogContext context)
    {
        var generation = 0u;
        foreach (var firstOffset in context.Folder.ListSegments())
            generation = Math.Max(generation, SegmentFile.ReadGeneration(context.Folder.LogPath(firstOffset)) ?? 0);
        if (File.Exists(context.Folder.SparePath))
        {
            var spare = SegmentFile.ReadGeneration(context.Folder.SparePath);
            if (spare is null)
                context.Disk.Delete(context.Folder.SparePath);
            generation = Math.Max(generation, spare ?? 0);
        }
        return generation;
    }

    /// <param name="context">Of the log.</param>
    /// <param name="firstOffset">The segment's name.</param>
    /// <param name="below">First offset of the segment after it; the greatest number for the last one.</param>
    /// <param name="active">The segment ready for appends, if it is the last one and was not sealed.</param>
    /// <returns>Null when nothing of the last segment could be read: its file is put aside.</returns>
    private static Segment? OpenSegment(LogContext context, ulong firstOffset, ulong below, out ActiveSegment? active)
    {
        active = null;
        var path = context.Folder.LogPath(firstOffset);
        var file = SegmentFile.Open(path);
        try
        {
            var isLast = below == ulong.MaxValue;
            var info = SegmentFile.Inspect(file, path);
            if (info.Head is not { } head || head.FirstOffset != firstOffset)
                return DamagedSegment.Open(context, file, firstOffset, below);

            if (info.Seal is { } seal)
                return OpenSealed(context, file, in head, in seal, info.FileBytes, below);

            var tail = TailRecovery.Recover(context, file, in head, in info, below);
            if (!isLast)
            {
                context.Logger.SealMissing(path);
                tail.Index.Dispose();
                Seal(context, file, tail.Segment);
                Bridge(context, tail.Segment, below);
                return tail.Segment;
            }
            active = SegmentSet.Map(context, tail.Segment, file, tail.Index, 0, tail.Segment.EndPosition, tail.VerifiedFrom, tail.Sequence);
            if (tail.IsCommitStale)
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
        var seal = segment.ToSealBlock();
        RandomAccess.Write(file, MemoryMarshal.AsBytes(new ReadOnlySpan<SealBlock>(in seal)), SealBlock.FilePosition);
        RandomAccess.SetLength(file, segment.EndPosition);
        if (context.SyncsFiles)
            context.Disk.Flush(file);
    }

    // A missing file between two segments is damage at the end of the one before it, so every offset belongs to a segment.
    private static void Bridge(LogContext context, Segment segment, ulong below)
    {
        if (segment.NextOffset < below)
            context.Damage.Add(segment.NextOffset, below - 1, segment.EndPosition, "a segment is missing");
        segment.NextOffset = below;
    }
}
