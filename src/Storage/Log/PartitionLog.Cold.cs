using System.Collections.Immutable;
using Iggy.Storage.Cold;
using Iggy.Storage.Segments;

namespace Iggy.Storage.Log;

/// <summary>The cold part: the oldest segments, whose files lie in an archive. They belong to the log as the others do, and are read through blocks that others fetch.</summary>
public sealed partial class PartitionLog
{
    private readonly ColdSet _cold;

    /// <summary>First offset of the segments in the folder; below it messages come from the archive.</summary>
    public ulong LocalFirstOffset => _segments.FirstOffset;

    private ulong FirstOffset => _cold.Count > 0 ? _cold.FirstOffset : _segments.FirstOffset;

    /// <summary>The segments in the folder that are to go to the archive, the oldest first.</summary>
    public ImmutableArray<LocalSegment> ListGoing(in LocalLimits limits)
    {
        if (_context.Options.IsReplica)
            return []; // the others have the segments too, and ask each other for them
        var sealedOnes = new List<LocalSegment>();
        for (var i = 0; i < _segments.Count - 1 && !_segments[i].IsDown; i++) // what cannot be read is in no archive, and nothing may pass it
        {
            var segment = _segments[i];
            sealedOnes.Add(new LocalSegment(segment.FirstOffset, segment.Generation, segment.NextOffset, segment.EndPosition, segment.LastTimestampMicros));
        }
        return [.. sealedOnes.Take(Math.Min(ColdPlan.CountGoing(sealedOnes, _segments.Active.Segment.EndPosition, in limits), _context.Options.MaxColdSegments - _cold.Count))];
    }

    /// <summary>Makes the oldest segment in the folder a cold one. From now on it is read from the archive.</summary>
    /// <param name="local">Which is meant; nothing happens when it is not the oldest any more.</param>
    /// <param name="createdMicros">When its file was made.</param>
    /// <param name="place">Where in the archive it is, as a whole, for sure.</param>
    /// <param name="blockHashes">Of its file.</param>
    /// <returns>Writes the list of cold segments, then deletes the file.</returns>
    /// <exception cref="InvalidOperationException">The log takes no more changes.</exception>
    public SegmentRemoval TakeCold(in LocalSegment local, ulong createdMicros, in ArchivePlace place, ImmutableArray<ulong> blockHashes)
    {
        ObjectDisposedException.ThrowIf(_isClosed, this);
        ThrowIfFailed();
        var oldest = _segments[0];
        if (_segments.Count < 2 || (oldest.FirstOffset, oldest.Generation, oldest.NextOffset, oldest.EndPosition) != (local.FirstOffset, local.Generation, local.NextOffset, local.EndPosition)
            || oldest.IsDown || !KeepsProducers() || _cold.Count >= _context.Options.MaxColdSegments || blockHashes.Length != ColdSegment.BlocksOf(oldest.EndPosition))
        {
            return new SegmentRemoval(this, [], _segments.FirstOffset, _purges);
        }
        _cold.Add(ColdSegment.Of(oldest, createdMicros, in place, blockHashes));
        var retired = _segments.TakeFirst();
        _reader.Clear();
        return new SegmentRemoval(this, [retired], _segments.FirstOffset, _purges, new ColdChange(_cold.Segments, [], IsMove: true));
    }

    private uint CountExpired(ulong newestMicros)
    {
        var cold = _cold.CountExpired(newestMicros);
        return cold < _cold.Count ? cold : cold + _segments.CountExpired(newestMicros);
    }

    private ColdChange? TakeOldestCold(uint count) => _cold.TakeOldest(count, SmallestStored) is { IsEmpty: false } gone ? new ColdChange(_cold.Segments, gone, IsMove: false) : null;

    private void WriteCold(ColdChange? change)
    {
        if (change is null)
            return;
        ColdList.Write(_context.Folder, _context.LogId, change.List, _context.Disk);
        foreach (var gone in change.Gone)
            _context.Disk.Delete(_context.Folder.IndexPath(gone));
    }

    // The log begins at 0 again, so what a death here leaves of the list reaches above it and is dropped at the opening.
    private void PurgeCold()
    {
        if (_cold.Count == 0)
            return;
        var gone = _cold.Segments;
        _cold.Clear();
        ColdList.Write(_context.Folder, _context.LogId, [], _context.Disk);
        foreach (var segment in gone)
        {
            if (segment.FirstOffset > 0) // the new log has made that one's anew
                _context.Disk.Delete(_context.Folder.IndexPath(segment.FirstOffset));
        }
    }

    /// <summary>Prepares a read that begins in the cold part.</summary>
    /// <returns>Null when it does not.</returns>
    private ReadResult? PrepareCold(in ReadRequest request)
    {
        var (first, local, next) = (_cold.FirstOffset, _segments.FirstOffset, _segments.NextOffset);
        var offset = request.From switch
        {
            ReadFrom.Offset => Math.Max(request.Value, first),
            ReadFrom.Last => next - Math.Min(request.Count, next - first),
            _ => first,
        };
        var number = request.From is ReadFrom.Timestamp ? _cold.FindTime(request.Value) : offset < local ? _cold.Find(offset) : _cold.Count;
        if (number == _cold.Count || request.Count == 0)
            return null;

        var maxBytes = Math.Min(request.MaxBytes > 0 ? request.MaxBytes : _context.Options.MaxReplyBytes, _context.Options.PieceBytes);
        var segments = new ColdSegments(_context, _cold.Segments, number, maxBytes);
        if (segments.ReachesEnd)
            segments.Join(_segments.TakeSnapshot(0, local, request.Count, maxBytes));
        var read = new ColdRead(segments, _context, request with { MaxBytes = maxBytes }, offset);
        return new ReadResult(ReadStatus.Ok, null, 0, 0, 0, next - 1, read);
    }

    // To the stride of the index: a lag in time does not fetch anything.
    private ulong TimestampOfCold(ulong offset)
    {
        var segment = _cold.Segments[_cold.Find(offset)];
        using var index = new SegmentIndex(_context.Folder, segment.FirstOffset, _context.Disk);
        return index.FindOffset((uint)(offset - segment.FirstOffset)) is { } entry && entry.TimestampMicros <= segment.LastMicros ? Math.Max(entry.TimestampMicros, segment.FirstMicros) : segment.FirstMicros;
    }
}
