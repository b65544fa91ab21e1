using System.Runtime.InteropServices;
using Iggy.Storage.Context;
using Iggy.Storage.Records;
using Iggy.Storage.Segments;
using Microsoft.Win32.SafeHandles;

namespace Iggy.Storage.Recovery;

/// <summary>
/// Drops the newest messages of a log. Segments above the cut go first, newest first, then the one that holds it is cut, so a death on
/// the way leaves a log that ends at the cut or above it.
/// </summary>
internal static class Truncation
{
    private const int ChunkBytes = 256 << 10;

    /// <param name="context">Of the log.</param>
    /// <param name="segments">Closed by this.</param>
    /// <param name="nextOffset">First offset to drop: above the log's first one, below its end.</param>
    /// <returns>The segments that are left, opened again.</returns>
    public static SegmentSet Cut(LogContext context, SegmentSet segments, ulong nextOffset)
    {
        var number = segments.Find(nextOffset);
        var segment = segments[number];
        if (segment.IsDown)
            throw new IOException($"Offset {nextOffset} lies in a segment that is down; the log cannot be cut there.");

        var isWhole = nextOffset == segment.FirstOffset; // the segment goes as a whole
        var (kept, shortened) = isWhole ? (segment, null) : Measure(context, segments, segment, nextOffset);
        segments.Active.RequireWhole(); // what was measured through its mapping counts
        var doomed = FirstOffsetsFrom(segments, isWhole ? number : number + 1);
        var hasReaders = segments.HasReaders;
        var newest = isWhole ? segments[number - 1] : segment;
        segments.Close();
        context.Inventory.Set(context.Inventory.FirstOffset, newest.FirstOffset, context.Inventory.Generation, ceiling: nextOffset);
        context.Disk.Flush(context.Inventory.File); // before the files that it named go
        Delete(context, doomed, hasReaders);
        if (!isWhole)
            Shorten(context, kept, shortened, hasReaders);
        context.Damage.Keep(0, nextOffset);
        return LogRecovery.Open(context);
    }

    /// <summary>Drops the newest messages of a replica. The segment of the last one that stays takes the appends that follow, sealed or not: whether another
    /// begins behind it is the leader's to say. Files that go are deleted and never used again.</summary>
    /// <param name="context">Of the log.</param>
    /// <param name="segments">Closed by this.</param>
    /// <param name="nextOffset">First offset to drop: where a record begins, or the end of the log; above its first offset.</param>
    /// <returns>The segments that are left, opened again.</returns>
    public static SegmentSet CutReplica(LogContext context, SegmentSet segments, ulong nextOffset)
    {
        var number = segments.Find(nextOffset - 1);
        var segment = segments[number];
        if (segment.IsDown)
            throw new IOException($"Offset {nextOffset - 1} lies in a segment that is down; the log cannot be cut there.");

        var kept = nextOffset == segment.NextOffset ? segment.Copy() : Measure(context, segments, segment, nextOffset).Kept;
        segments.Active.RequireWhole(); // as above
        var doomed = FirstOffsetsFrom(segments, number + 1);
        var hasReaders = segments.HasReaders;
        segments.Close();
        context.Inventory.Set(context.Inventory.FirstOffset, segment.FirstOffset, context.Inventory.Generation, ceiling: nextOffset);
        context.Disk.Flush(context.Inventory.File);
        Delete(context, doomed, isKeptFromReuse: true);
        Shorten(context, kept, shortened: null, hasReaders);
        context.Damage.Keep(0, nextOffset);
        return LogRecovery.Open(context);
    }

    // The newest first. Above the cut; what a death leaves of them is in the log again.
    private static void Delete(LogContext context, List<ulong> doomed, bool isKeptFromReuse)
    {
        for (var i = doomed.Count - 1; i >= 0; i--)
        {
            SegmentSet.Retire(context, doomed[i], isKeptFromReuse);
            context.FlushFolder();
        }
    }

    private static List<ulong> FirstOffsetsFrom(SegmentSet segments, int number)
    {
        var offsets = new List<ulong>();
        for (; number < segments.Count; number++)
            offsets.Add(segments[number].FirstOffset);
        return offsets;
    }

    // The state of the segment up to the cut, and the record that holds the cut, shortened, if it falls into one.
    private static (Segment Kept, byte[]? Shortened) Measure(LogContext context, SegmentSet segments, Segment segment, ulong nextOffset)
    {
        var kept = new Segment { FirstOffset = segment.FirstOffset, Generation = segment.Generation, NextOffset = segment.FirstOffset };
        using var cursor = segments.OpenCursor(segment, SegmentFormat.HeadBytes, segment.FirstOffset, ChunkBytes);
        while (kept.NextOffset < nextOffset)
        {
            var step = cursor.Peek();
            if (step is CursorStep.Record && cursor.Header.NextOffset > nextOffset)
            {
                if (cursor.TryReadBody(out var body))
                    return (kept, ShortenRecord(context, in cursor.Header, body, (uint)(nextOffset - cursor.Header.BaseOffset)));
                step = CursorStep.Damage;
            }
            if (step is CursorStep.End || (step is CursorStep.Damage && cursor.Damage.LastOffset >= nextOffset))
            {
                kept.NextOffset = nextOffset; // what is left of the damage stays damage
                break;
            }
            if (step is CursorStep.Record)
                kept.Add(in cursor.Header, cursor.ReadFramesBytes());
            cursor.Skip(step);
            (kept.EndPosition, kept.NextOffset) = (cursor.Position, cursor.Offset);
        }
        return (kept, null);
    }

    private static byte[] ShortenRecord(LogContext context, in RecordHeader header, ReadOnlySpan<byte> body, uint count)
    {
        using var opened = context.Bodies.Open(in header, body);
        if (opened.Failure is { } failure)
            throw new IOException($"The log cannot be cut at offset {header.BaseOffset + count}: {failure}.");

        var frames = opened.Frames;
        var framesBytes = 0;
        for (var i = 0u; i < count; i++)
        {
            ref readonly var frame = ref MemoryMarshal.AsRef<MessageFrame>(frames[framesBytes..]);
            framesBytes += MessageFrame.SizeInBytes + (int)frame.ContentBytes;
        }
        var record = new byte[RecordFormat.Align((uint)(RecordHeader.SizeInBytes + framesBytes)) + context.Bodies.MaxGrowthBytes];
        var head = RecordWriter.Head(count, header.OriginTimestampMicros, header.BaseOffset, RecordFlags.None,
            new RecordStamp(header.BaseTimestampMicros, header.Epoch, header.Generation));
        return record[..(int)context.Bodies.Write(record, frames[..framesBytes], head)];
    }

    private static void Shorten(LogContext context, Segment kept, byte[]? shortened, bool hasReaders)
    {
        var path = context.Folder.LogPath(kept.FirstOffset);
        using var file = SegmentFile.Open(path);
        if (shortened is null && !hasReaders)
        {
            ShortenInPlace(context, file, path, kept);
            return;
        }
        // A record cannot be made shorter in place in one step, and nothing can under the eyes of a reader, so the segment is written anew and renamed
        // over the old one.
        using (var copy = File.OpenHandle(context.Folder.NewSegmentPath, FileMode.Create, FileAccess.ReadWrite))
        {
            CopyRecords(file, copy, kept.EndPosition);
            if (shortened is not null)
                Append(copy, kept, shortened);
            SegmentFile.WriteHead(context, copy, kept);
            context.Disk.Flush(copy);
        }
        context.Disk.Rename(context.Folder.NewSegmentPath, path);
        context.FlushFolder();
    }

    private static void Append(SafeFileHandle copy, Segment kept, byte[] record)
    {
        RandomAccess.Write(copy, record, kept.EndPosition);
        var header = MemoryMarshal.Read<RecordHeader>(record);
        kept.Add(in header, header.HasEnvelope ? RecordEnvelope.FramesBytes(record.AsSpan(RecordHeader.SizeInBytes)) : header.BodyBytes);
    }

    private static void ShortenInPlace(LogContext context, SafeFileHandle file, string path, Segment kept)
    {
        // The seal first: as long as it is there it says where the segment ends.
        RandomAccess.Write(file, new byte[SealBlock.SizeInBytes], SealBlock.FilePosition);
        context.Disk.Flush(file);
        var sequence = (SegmentFile.Inspect(file, path).Commit?.Sequence ?? 0) + 1;
        var slot = kept.ToCommitSlot(sequence, context.SyncedMark(kept.EndPosition));
        RandomAccess.Write(file, MemoryMarshal.AsBytes(new ReadOnlySpan<CommitSlot>(in slot)),
            CommitSlot.FirstPosition + (long)(sequence % 2 * CommitSlot.SizeInBytes));
        context.Disk.Flush(file);
        RandomAccess.SetLength(file, kept.EndPosition);
        context.Disk.Flush(file);
    }

    private static void CopyRecords(SafeFileHandle from, SafeFileHandle to, uint endPosition)
    {
        var buffer = new byte[ChunkBytes];
        for (long position = SegmentFormat.HeadBytes; position < endPosition;)
        {
            var read = RandomAccess.Read(from, buffer.AsSpan(0, (int)Math.Min(buffer.Length, endPosition - position)), position);
            if (read == 0)
                break; // a damaged file may end early; its missing records are damage in the copy too
            RandomAccess.Write(to, buffer.AsSpan(0, read), position);
            position += read;
        }
    }
}
