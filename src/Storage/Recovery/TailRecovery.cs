using System.Runtime.InteropServices;
using Iggy.Storage.Context;
using Iggy.Storage.Records;
using Iggy.Storage.Segments;
using Microsoft.Extensions.Logging;
using Microsoft.Win32.SafeHandles;

namespace Iggy.Storage.Recovery;

/// <summary>What recovery found in a segment that was being written.</summary>
internal readonly record struct RecoveredTail(
    Segment Segment, SegmentIndex Index, uint VerifiedFrom, ulong Sequence, uint SyncedPosition, bool IsCommitStale);

/// <summary>
/// Finds the end of a segment that was not sealed. Up to the synced position, or the committed one where none is told, every record
/// was acknowledged, so an invalid one is damage; behind it whole appends are kept and the first invalid record ends the log: that append was never acknowledged.
/// </summary>
internal static class TailRecovery
{
    private const int ChunkBytes = 256 << 10;

    /// <param name="context">Of the log.</param>
    /// <param name="file">The segment's.</param>
    /// <param name="head">Its head, which is intact.</param>
    /// <param name="info">What else its head block says.</param>
    /// <param name="below">First offset of the segment behind it; the greatest number for the last one.</param>
    /// <param name="isEnd">Whether no sync reached anything behind this segment.</param>
    public static RecoveredTail Recover(LogContext context, SafeFileHandle file, in SegmentHead head, in SegmentInfo info, ulong below, bool isEnd)
    {
        var limit = (uint)Math.Min(info.FileBytes, FileFormat.MaxEndPosition);
        var index = new SegmentIndex(context.Folder, head.FirstOffset, context.Disk);
        var segment = FromCommit(in head, info.Commit);
        if (info.Commit is null)
            context.Logger.CommitUnreadable(context.Folder.LogPath(head.FirstOffset));
        var synced = info.Commit?.SyncedPosition ?? 0;
        if (isEnd && synced > 0)
            segment = UnsyncedAppends.Cut(context, file, segment, index, synced, limit);

        var reader = new RecordReader(file, head.Generation, limit, null, 0, ChunkBytes);
        var (verifiedFrom, epoch) = VerifyCommitted(context, file, segment, index, limit);
        try
        {
            var isAllUncommitted = info.Commit is null;
            while (TryKeepAppend(ref reader, segment, index, below, ref epoch, context.Logger)
                || (isAllUncommitted && TrySkipDamage(ref reader, segment, below, context, ref verifiedFrom)))
            {
            }
            WarnOfTornAppend(context, file, segment, limit);
        }
        finally
        {
            reader.Dispose();
        }
        // What lies behind may be whole records of an append that does not count; zeros cannot be mistaken for any.
        RandomAccess.SetLength(file, segment.EndPosition);
        var isStale = segment.EndPosition != info.Commit?.Position;
        return new RecoveredTail(segment, index, verifiedFrom, info.Commit?.Sequence ?? 0, synced, isStale);
    }

    private static Segment FromCommit(in SegmentHead head, CommitSlot? commit) => new()
    {
        FirstOffset = head.FirstOffset,
        Generation = head.Generation,
        NextOffset = Math.Max(commit?.NextOffset ?? 0, head.FirstOffset),
        EndPosition = commit?.Position ?? SegmentFormat.HeadBytes,
        MessageBytes = commit?.MessageBytes ?? 0,
        Records = commit?.Records ?? 0,
        FirstTimestampMicros = commit?.FirstTimestampMicros ?? 0,
        LastTimestampMicros = commit?.LastTimestampMicros ?? 0,
    };

    // Walks from the last index entry that holds to the committed end. Returns from where on every record was found good, and
    // the epoch of the last one.
    private static (uint VerifiedFrom, uint Epoch) VerifyCommitted(LogContext context, SafeFileHandle file, Segment segment, SegmentIndex index, uint limit)
    {
        var end = Math.Min(limit, segment.EndPosition);
        var (position, offset) = LastGoodEntry(context, file, segment, index, end);
        var (verifiedFrom, epoch) = (position, 0u);
        var reader = new RecordReader(file, segment.Generation, end, null, 0, ChunkBytes);
        using var cursor = new SegmentCursor(reader, segment, position, offset, context.Damage);
        while (cursor.Peek() is var step and not CursorStep.End)
        {
            if (step is CursorStep.Record && cursor.TryReadBody(out _))
            {
                AddToIndex(index, segment, cursor.Position, in cursor.Header, context.Logger);
                epoch = cursor.Header.Epoch;
                cursor.SkipRecord();
                continue;
            }
            cursor.SkipDamage();
            verifiedFrom = cursor.Position;
        }
        return (verifiedFrom, epoch);
    }

    private static (uint Position, ulong Offset) LastGoodEntry(LogContext context, SafeFileHandle file, Segment segment, SegmentIndex index, uint end)
    {
        using var reader = new RecordReader(file, segment.Generation, end, null, 0, RecordHeader.SizeInBytes);
        var (found, kept) = (index.Count, index.Count);
        for (; kept > 0; kept--)
        {
            var entry = index.Read(kept - 1);
            var offset = segment.FirstOffset + entry.OffsetInSegment;
            if (entry.Position % RecordFormat.Alignment == 0 && entry.Position >= SegmentFormat.HeadBytes
                && reader.TryReadHeader(entry.Position, out var header) && header.BaseOffset == offset)
            {
                if (kept < found)
                    context.Logger.IndexEntriesDropped(index.Path, found - kept);
                index.Cut(kept);
                return (entry.Position, offset);
            }
        }
        index.Cut(0);
        if (found > 0)
            context.Logger.IndexEntriesDropped(index.Path, found);
        return (SegmentFormat.HeadBytes, segment.FirstOffset);
    }

    // Takes the next append over if all its records are whole. Epochs never fall along a log, so older left-overs end it.
    private static bool TryKeepAppend(ref RecordReader reader, Segment segment, SegmentIndex index, ulong below, ref uint lastEpoch, ILogger logger)
    {
        var (position, offset, epoch, records) = (segment.EndPosition, segment.NextOffset, lastEpoch, 0u);
        RecordHeader header;
        do
        {
            if (!reader.TryReadHeader(position, out header) || header.BaseOffset != offset || header.Epoch < epoch
                || header.NextOffset > below || !reader.TryReadBody(position, in header, out _)
                || !reader.TryReadFramesBytes(position, in header, out _))
                return false;
            (position, offset, epoch) = (position + header.AlignedBytes, header.NextOffset, header.Epoch);
            records++;
        }
        while (header.Flags.HasFlag(RecordFlags.MoreFollow));

        lastEpoch = epoch;
        for (; records > 0; records--)
        {
            // Read again rather than remembered: an append may have any number of records.
            if (!reader.TryReadHeader(segment.EndPosition, out header) || !reader.TryReadFramesBytes(segment.EndPosition, in header, out var framesBytes))
                throw new IOException("A record that was read a moment ago cannot be read again.");
            AddToIndex(index, segment, segment.EndPosition, in header, logger);
            segment.Add(in header, framesBytes);
        }
        return true;
    }

    // Without a commit slot nobody knows what was acknowledged, so what can be read behind a bad record is kept.
    private static bool TrySkipDamage(ref RecordReader reader, Segment segment, ulong below, LogContext context, ref uint verifiedFrom)
    {
        var position = segment.EndPosition;
        do
        {
            if (!reader.TryFindNext(ref position, segment.NextOffset + 1, below, out var next))
                return false;
            if (reader.TryReadBody(position, in next, out _))
            {
                context.Damage.Add(segment.NextOffset, next.BaseOffset - 1, position, "no record where one should be");
                (segment.EndPosition, segment.NextOffset, verifiedFrom) = (position, next.BaseOffset, position);
                return true;
            }
            position += next.AlignedBytes;
        }
        while (true);
    }

    private static void WarnOfTornAppend(LogContext context, SafeFileHandle file, Segment segment, uint limit)
    {
        Span<byte> bytes = stackalloc byte[RecordHeader.SizeInBytes];
        var read = limit <= segment.EndPosition ? 0 : RandomAccess.Read(file, bytes, segment.EndPosition);
        if (!bytes[..read].ContainsAnyExcept((byte)0))
            return;

        var header = MemoryMarshal.Read<RecordHeader>(bytes);
        var isOurs = read < bytes.Length || (header.Magic == RecordHeader.ExpectedMagic && header.Generation == segment.Generation);
        if (isOurs) // else left-overs of the file's earlier use
            context.Logger.TailCut(context.Folder.Path, Math.Min(limit - segment.EndPosition, Math.Max(header.RecordBytes, (uint)read)), segment.NextOffset);
    }

    private static void AddToIndex(SegmentIndex index, Segment segment, uint position, in RecordHeader header, ILogger logger)
    {
        if (!SegmentIndex.IsDue(position, index.LastPosition))
            return;
        try
        {
            index.Append(new IndexEntry
            {
                OffsetInSegment = (uint)(header.BaseOffset - segment.FirstOffset),
                Position = position,
                TimestampMicros = header.BaseTimestampMicros,
            });
        }
        catch (IOException failure)
        {
            logger.IndexNotWritten(index.Path, failure);
        }
    }
}
