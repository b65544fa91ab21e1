using System.Diagnostics.CodeAnalysis;
using Iggy.Primitives;
using Iggy.Storage.Context;
using Iggy.Storage.Files;
using Microsoft.Win32.SafeHandles;

namespace Iggy.Storage.Segments;

/// <summary>A segment that left its log.</summary>
/// <param name="FirstOffset">Which its files are named by.</param>
/// <param name="HasReaders">Whether somebody reads its file beside the log.</param>
internal readonly record struct RetiredSegment(ulong FirstOffset, bool HasReaders);

/// <summary>
/// The segments of a log in offset order. The last one is active, the others are sealed: a few numbers in memory, and open
/// files only for the ones read lately.
/// </summary>
internal sealed class SegmentSet(LogContext context, List<Segment> segments, ActiveSegment active, uint generation) : ISegments, IDisposable
{
    private readonly List<OpenFiles> _opened = []; // most recently used last
    private uint _generation = generation;         // of the newest segment made
    private ulong? _heldOffset;                    // of the segment whose barrier was logged last
    private ulong _sealedMessageBytes = Sum(segments, static segment => segment.MessageBytes) - active.Segment.MessageBytes;
    private ulong _sealedRecords = Sum(segments, static segment => segment.Records) - active.Segment.Records;

    private sealed record OpenFiles(Segment Segment, SharedFile Log, SegmentIndex Index);

    public ActiveSegment Active { get; private set; } = active;

    public int Count => segments.Count;

    public ulong FirstOffset => segments[0].FirstOffset;

    public ulong NextOffset => Active.Segment.NextOffset;

    public ulong MessageBytes => _sealedMessageBytes + Active.Segment.MessageBytes;

    /// <summary>Records in all segments; none for those of a segment that cannot be read.</summary>
    public ulong Records => _sealedRecords + Active.Segment.Records;

    public uint Generation => _generation;

    public Segment this[int number] => segments[number];

    /// <summary>Number of the segment that holds an offset, or of the last one.</summary>
    public int Find(ulong offset)
    {
        var (low, high) = (0, segments.Count - 1);
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (segments[middle].NextOffset > offset)
                high = middle;
            else
                low = middle + 1;
        }
        return low;
    }

    /// <inheritdoc/>
    public SegmentCursor OpenCursor(Segment segment, uint position, ulong offset, int chunkBytes)
    {
        if (segment == Active.Segment)
        {
            Active.RequireWhole();
            var mapped = new RecordReader(Active.Log, segment.Generation, segment.EndPosition, Active.Map, Active.VerifiedFrom, chunkBytes);
            return new SegmentCursor(mapped, segment, position, offset, context.Damage);
        }
        // A segment that is down is not read: the cursor says so before it touches the file.
        var log = TryOpen(segment, out var files) ? files.Log.Handle : Active.Log;
        var reader = new RecordReader(log, segment.Generation, segment.EndPosition, null, 0, chunkBytes);
        return new SegmentCursor(reader, segment, position, offset, context.Damage);
    }

    /// <summary>The index of a segment; null when the segment is down.</summary>
    public SegmentIndex? IndexOf(Segment segment)
        => segment == Active.Segment ? Active.Index : TryOpen(segment, out var files) ? files.Index : null;

    /// <summary>Whether somebody reads a segment beside the log.</summary>
    public bool HasReaders => segments.Exists(static segment => segment.HasReaders);

    /// <summary>Takes what a reply may need: segments from a number on, as they are now.</summary>
    /// <param name="number">Of the first one.</param>
    /// <param name="offset">Of the first message wanted, which lies in it.</param>
    /// <param name="count">Most messages.</param>
    /// <param name="bytes">Most bytes of messages.</param>
    /// <exception cref="IOException">A file cannot be opened, although it is there.</exception>
    public SegmentSnapshot TakeSnapshot(int number, ulong offset, uint count, long bytes)
    {
        var snapshot = new SegmentSnapshot(context.Damage);
        try
        {
            var left = (double)bytes;
            for (var next = offset; number < segments.Count && snapshot.Count < SegmentSnapshot.MaxSegments && next - offset < count && left > 0; number++)
            {
                var segment = segments[number];
                left -= snapshot.Count == 0 ? 0 : segment.MessageBytes; // of the first one perhaps only the end is wanted
                next = segment.NextOffset;
                // The active one too: through a file of its own, for its mapping goes when it is full.
                var file = TryOpen(segment, out var files) ? files.Log : null;
                if (file is null && segment == Active.Segment)
                {
                    segment.IsDown = false; // appends go on in the mapping of a file without a name: opening the log anew is to tell what is left
                    throw new FileNotFoundException("The file of the active segment is gone.", context.Folder.LogPath(segment.FirstOffset));
                }
                snapshot.Add(segment, file);
            }
            return snapshot;
        }
        catch
        {
            snapshot.Dispose();
            throw;
        }
    }

    /// <summary>Starts the next segment.</summary>
    /// <param name="neededBytes">What has to fit into it at once.</param>
    /// <param name="generation">Of its file; null takes the next one.</param>
    /// <returns>The one that was active: cut to its records, not sealed yet, its files open and the caller's from now on.</returns>
    /// <exception cref="IOException">Nothing changed.</exception>
    public ActiveSegment Roll(ulong neededBytes, uint? generation = null)
    {
        var segment = new Segment { FirstOffset = NextOffset, NextOffset = NextOffset, Generation = generation ?? _generation + 1 };
        var next = Start(context, segment, neededBytes); // first: if it fails the old one goes on
        try
        {
            context.FlushFolder(); // first: after a power failure the inventory must not name a file that is not there
            context.Inventory.SetNewest(segment.FirstOffset, segment.Generation);
        }
        catch
        {
            next.Dispose();
            context.Disk.Delete(context.Folder.LogPath(segment.FirstOffset));
            throw;
        }
        var old = Active;
        old.Trim();

        _generation = Math.Max(_generation, segment.Generation);
        _sealedMessageBytes += old.Segment.MessageBytes;
        _sealedRecords += old.Segment.Records;
        segments.Add(segment);
        Active = next;
        return old;
    }

    /// <summary>Maps more of the active segment.</summary>
    /// <param name="neededBytes">What has to fit into it at once.</param>
    /// <exception cref="IOException">Nothing changed.</exception>
    public void Enlarge(ulong neededBytes)
    {
        var (old, segment) = (Active, Active.Segment);
        var file = SegmentFile.Open(context.Folder.LogPath(segment.FirstOffset));
        var index = new SegmentIndex(context.Folder, segment.FirstOffset, context.Disk);
        Active = Map(context, segment, file, index, neededBytes, segment.EndPosition, old.VerifiedFrom, old.Sequence, old.SyncedPosition);
        old.Dispose();
    }

    /// <summary>Makes the active segment, which is empty, one of another generation.</summary>
    /// <exception cref="IOException">Nothing changed, or only the file: a log that is opened then has a segment of this generation.</exception>
    public void Restamp(uint generation)
    {
        var old = Active;
        var segment = new Segment { FirstOffset = NextOffset, NextOffset = NextOffset, Generation = generation };
        var next = Start(context, segment, neededBytes: 0, isInPlace: true);
        context.FlushFolder();
        _generation = Math.Max(_generation, generation);
        context.Inventory.SetNewest(segment.FirstOffset, _generation);
        Forget(old.Segment);
        (segments[^1], Active) = (segment, next);
        old.Dispose();
    }

    /// <summary>Makes the file of a new, empty segment and maps it.</summary>
    /// <param name="context">Of the log.</param>
    /// <param name="segment">The new one.</param>
    /// <param name="neededBytes">What has to fit into it at once.</param>
    /// <param name="isInPlace">Whether it takes the place of a file, which stays if this fails.</param>
    public static ActiveSegment Start(LogContext context, Segment segment, ulong neededBytes, bool isInPlace = false)
    {
        context.Disk.Delete(context.Folder.IndexPath(segment.FirstOffset)); // none may be left from a purge or a truncation
        var (file, reserved) = SegmentFile.Create(context, segment);
        try
        {
            var index = new SegmentIndex(context.Folder, segment.FirstOffset, context.Disk);
            return Map(context, segment, file, index, neededBytes, reserved, SegmentFormat.HeadBytes, sequence: 0, context.SyncedMark(SegmentFormat.HeadBytes));
        }
        catch
        {
            if (!isInPlace)
                context.Disk.Delete(context.Folder.LogPath(segment.FirstOffset)); // or it would stand in the way of the segment that goes on
            throw;
        }
    }

    /// <summary>Maps a segment for appends.</summary>
    public static ActiveSegment Map(LogContext context, Segment segment, SafeFileHandle file, SegmentIndex index, ulong neededBytes,
        uint reservedBytes, uint verifiedFrom, ulong sequence, uint syncedPosition)
    {
        try
        {
            var capacity = context.CapacityFor(segment.EndPosition, neededBytes);
            return new ActiveSegment(segment, file, index, capacity, reservedBytes, verifiedFrom, sequence, syncedPosition, context.Disk, context.Clock, context.Logger);
        }
        catch
        {
            index.Dispose();
            file.Dispose();
            throw;
        }
    }

    /// <summary>The oldest segment that takes no more appends; null when only the active one is left.</summary>
    /// <param name="barrier">Smallest stored offset, or null.</param>
    public SealedSegment? OldestSealed(ulong? barrier)
    {
        if (segments.Count < 2)
            return null;
        var oldest = segments[0];
        return new SealedSegment(oldest.FirstOffset, oldest.Records > 0 ? oldest.FirstTimestampMicros : 0, NewestTimestamp(0), IsHeld(oldest, barrier));
    }

    /// <summary>How many of the oldest sealed segments hold nothing newer than a time.</summary>
    public uint CountExpired(ulong newestMicros)
    {
        var count = 0;
        while (count < segments.Count - 1 && NewestTimestamp(count) <= newestMicros)
            count++;
        return (uint)count;
    }

    /// <summary>How many of the oldest sealed segments end at an offset or below it.</summary>
    public uint CountBelow(ulong offset)
    {
        var count = 0;
        while (count < segments.Count - 1 && segments[count].NextOffset <= offset)
            count++;
        return (uint)count;
    }

    /// <summary>Takes the oldest sealed segments whose messages all consumers have passed out of the log. Their files stay for now.</summary>
    /// <param name="count">Most segments to take.</param>
    /// <param name="barrier">Smallest stored offset, or null.</param>
    /// <returns>The oldest first.</returns>
    public List<RetiredSegment> TakeOldest(uint count, ulong? barrier)
    {
        var taken = new List<RetiredSegment>();
        while (taken.Count < count && segments.Count > 1)
        {
            var oldest = segments[0];
            if (IsHeld(oldest, barrier))
            {
                if (_heldOffset != oldest.FirstOffset) // once, for retention comes back every minute
                    context.Logger.BarrierHeld(context.Folder.Path, oldest.FirstOffset, barrier!.Value);
                _heldOffset = oldest.FirstOffset;
                break;
            }
            taken.Add(TakeFirst());
        }
        return taken;
    }

    /// <summary>Takes the oldest sealed segment out, whoever stands in it: it can be read elsewhere. Its files stay for now.</summary>
    public RetiredSegment TakeFirst()
    {
        var oldest = segments[0];
        Forget(oldest);
        segments.RemoveAt(0);
        _sealedMessageBytes -= oldest.MessageBytes;
        _sealedRecords -= oldest.Records;
        return new RetiredSegment(oldest.FirstOffset, oldest.HasReaders);
    }

    /// <summary>Deletes a segment's files; the log file becomes the spare one if there is none yet, and nobody reads it.</summary>
    public static void Retire(LogContext context, ulong firstOffset, bool hasReaders = false, bool keepsIndex = false)
    {
        var folder = context.Folder;
        var path = folder.LogPath(firstOffset);
        // Only a file whose generation is known can be used again: its old records must be told from new ones.
        if (!hasReaders && File.Exists(path) && !File.Exists(folder.SparePath) && SegmentFile.ReadHead(path) is not null)
            context.Disk.Rename(path, folder.SparePath);
        else
            context.Disk.Delete(path);
        if (!keepsIndex)
            context.Disk.Delete(folder.IndexPath(firstOffset));
    }

    /// <summary>Closes the readers' files of a segment that goes away or changes.</summary>
    public void Forget(Segment segment)
    {
        for (var i = _opened.Count - 1; i >= 0; i--)
        {
            if (_opened[i].Segment == segment)
                CloseAt(i);
        }
    }

    /// <summary>Closes the active segment, its file cut to its records.</summary>
    public void Close()
    {
        Active.Close();
        Dispose();
    }

    /// <summary>Closes all files as they are.</summary>
    public void Dispose()
    {
        Active.Dispose();
        while (_opened.Count > 0)
            CloseAt(_opened.Count - 1);
    }

    // Where no time is known, or one that is still to come since the clock was wrong, the segment is no newer than what follows it.
    private ulong NewestTimestamp(int number)
    {
        var now = context.Clock.UnixMicros();
        var newest = ulong.MaxValue;
        if (segments[number].Records > 0 && (newest = segments[number].LastTimestampMicros) <= now)
            return newest;
        while (++number < segments.Count)
        {
            if (segments[number].Records > 0 && (newest = Math.Min(newest, segments[number].FirstTimestampMicros)) <= now)
                return newest;
        }
        return newest;
    }

    private static bool IsHeld(Segment segment, ulong? barrier)
        => barrier is { } limit && segment.NextOffset > 0 && segment.NextOffset - 1 > limit;

    private static ulong Sum(List<Segment> segments, Func<Segment, ulong> figure)
    {
        ulong sum = 0;
        foreach (var segment in segments)
            sum += figure(segment);
        return sum;
    }

    private bool TryOpen(Segment segment, [NotNullWhen(true)] out OpenFiles? files)
    {
        files = null;
        if (segment.IsDown)
            return false;

        for (var i = _opened.Count - 1; i >= 0; i--)
        {
            if (_opened[i].Segment != segment)
                continue;
            files = _opened[i];
            _opened.RemoveAt(i);
            _opened.Add(files);
            return true;
        }
        try
        {
            var log = SegmentFile.Open(context.Folder.LogPath(segment.FirstOffset));
            files = new OpenFiles(segment, new SharedFile(log), new SegmentIndex(context.Folder, segment.FirstOffset, context.Disk));
        }
        catch (FileNotFoundException)
        {
            segment.IsDown = true; // somebody deleted it under us: all of it is damage, which the cursor reports
            return false;
        }
        if (_opened.Count == context.Options.MaxOpenSegments)
            CloseAt(0);
        _opened.Add(files);
        return true;
    }

    private void CloseAt(int i)
    {
        _opened[i].Log.LetGo();
        _opened[i].Index.Dispose();
        _opened.RemoveAt(i);
    }
}
