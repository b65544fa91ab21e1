using Iggy.Storage.Recovery;
using Iggy.Storage.Replicas;
using Iggy.Storage.Segments;

namespace Iggy.Storage.Log;

/// <summary>What a log does as one of several of its partition: takes records as they are, gives them, goes back, and begins anew. Which of that is right at a
/// moment is not decided here.</summary>
public sealed partial class PartitionLog
{
    /// <summary>Offset after the last message, whether it may be seen or not.</summary>
    public ulong EndOffset => _segments.NextOffset;

    /// <summary>First offset of the log.</summary>
    public ulong StartOffset => _segments.FirstOffset;

    /// <summary>Offset after the newest message that may be seen.</summary>
    public ulong VisibleEnd => _reader.VisibleEnd;

    /// <summary>How new the stored offsets are.</summary>
    public OffsetsMark OffsetsMark => _offsets.Mark;

    /// <summary>Everything below an offset stays: readers may see it. What may be seen never becomes less, but for a log that begins anew.</summary>
    /// <exception cref="InvalidOperationException">The log was not opened as a replica.</exception>
    public void SetCommitted(ulong end)
    {
        ThrowUnlessReplica();
        if (end > _context.CommittedEnd)
            _context.CommittedEnd = end;
        Changes.Advance();
    }

    /// <summary>Takes appends as the partition's leader from now on.</summary>
    /// <param name="epoch">Above that of every earlier leader. Records carry it, or one more than that of the last record, if that is greater.</param>
    /// <exception cref="ArgumentOutOfRangeException">2^32 epochs are used up.</exception>
    public void BeginLeading(ulong epoch)
    {
        ThrowUnlessReplica();
        ThrowIfFailed();
        _writerEpoch = checked((uint)Math.Max(epoch, (ulong)_reader.Records.EpochOfLast() + 1));
        _writer = NewWriter(NewestTimestamp(_segments));
    }

    /// <summary>Puts whole appends of another replica behind the last record, after all of their checksums and bounds were checked. As durable as an append:
    /// <see cref="CommitAsync"/> waits for it too.</summary>
    /// <param name="from">Offset of the first message.</param>
    /// <param name="end">Offset after the last.</param>
    /// <param name="records">As <see cref="CopyRecords"/> gave them.</param>
    /// <param name="mayRoll">Whether records of another segment begin one here: a log that is the beginning of another has the same segments up to its end, so what
    /// comes next is in the same or begins the next one.</param>
    public RecordsStatus AppendRecords(ulong from, ulong end, ReadOnlySpan<byte> records, bool mayRoll = false)
    {
        ThrowUnlessReplica();
        if (_isClosed)
            return RecordsStatus.Closed;
        if (_commit.HasFailed)
            return RecordsStatus.Failed;
        if (from != _segments.NextOffset)
            return RecordsStatus.OutOfOrder;
        if (!RecordRun.TryCheck(records, from, end, out var run))
            return RecordsStatus.Malformed;
        // The leader never began the segment that this log began here, before its end was known: the one before it goes on.
        if (run.Generation != _segments.Active.Segment.Generation && _segments.Count > 1 && _segments[_segments.Count - 2].Generation == run.Generation)
            DropEmptySegment();
        if (mayRoll && run.Generation != _segments.Active.Segment.Generation)
            RollTo(from, run.Generation);
        var status = new RecordAppender(_segments, _context, _commit).Append(records, in run, end, _writer.Producers);
        Changes.Advance();
        return status;
    }

    /// <summary>Looks for whole appends from an offset on.</summary>
    /// <param name="from">Where a record begins.</param>
    /// <param name="end">Offset that must not be passed.</param>
    /// <param name="maxBytes">Most bytes, unless one append is larger.</param>
    /// <returns>What <see cref="CopyRecords"/> takes, as long as nothing else was done with the log.</returns>
    /// <exception cref="IOException">A file cannot be opened, or was cut.</exception>
    public RecordsPlan PlanRecords(ulong from, ulong end, int maxBytes)
    {
        ObjectDisposedException.ThrowIf(_isClosed, this);
        return _reader.Records.Plan(from, end, maxBytes);
    }

    /// <summary>Copies records as they lie in the file; those that this process did not write are verified.</summary>
    /// <returns>False when one is damaged.</returns>
    /// <exception cref="IOException">A file cannot be opened, or was cut.</exception>
    public bool CopyRecords(in RecordsPlan plan, Span<byte> target)
    {
        ObjectDisposedException.ThrowIf(_isClosed, this);
        return _reader.Records.TryCopy(in plan, target);
    }

    /// <summary>Generation of the segment that begins at an offset; null where none begins.</summary>
    public uint? GenerationOfSegmentAt(ulong offset)
    {
        var segment = _segments[_segments.Find(offset)];
        return segment.FirstOffset == offset ? segment.Generation : null;
    }

    /// <summary>Begins another segment at the end of the log, under the leader's generation. Does nothing if it is there.</summary>
    /// <exception cref="ArgumentException">The log does not end there.</exception>
    /// <exception cref="IOException">The disk refused: the log takes no more appends until it is opened again.</exception>
    public void RollTo(ulong at, uint generation)
    {
        ThrowUnlessReplica();
        ObjectDisposedException.ThrowIf(_isClosed, this);
        ThrowIfFailed();
        if (at != _segments.NextOffset)
            throw new ArgumentException($"A segment at {at} of a log that ends at {_segments.NextOffset}.", nameof(at));
        try
        {
            new RecordAppender(_segments, _context, _commit).Roll(generation);
            _reader.Clear();
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            _commit.Fail(failure);
            throw;
        }
    }

    /// <summary>Drops the newest segment if it is empty and not the only one: the leader of now may not have begun one there. On disk when done.</summary>
    /// <exception cref="IOException">The disk refused: the log takes no more appends until it is opened again.</exception>
    public void DropEmptySegment()
    {
        ThrowUnlessReplica();
        ObjectDisposedException.ThrowIf(_isClosed, this);
        if (_segments.Active.Segment.Records == 0 && _segments.Count > 1 && !_segments[_segments.Count - 2].IsDown)
            Rebuild(() => Truncation.CutReplica(_context, _segments, _segments.NextOffset));
    }

    /// <summary>Drops all messages from an offset on; on disk when done. The files of segments that go are deleted. Stored offsets stay as they are.</summary>
    /// <param name="end">Where a record begins, or the end of the log.</param>
    /// <exception cref="ArgumentException">It is neither. Nothing changed.</exception>
    /// <exception cref="IOException">Damage at that place, then nothing changed; or the disk refused: the log takes no more appends until it is opened again, and ends there or above then.</exception>
    public void CutTo(ulong end)
    {
        ThrowUnlessReplica();
        ObjectDisposedException.ThrowIf(_isClosed, this);
        if (end < _segments.FirstOffset || end > _segments.NextOffset || !(end == _segments.NextOffset || _reader.Records.IsStart(end)))
            throw new ArgumentException($"No record begins at {end}; the log goes from {_segments.FirstOffset} to {_segments.NextOffset}.", nameof(end));
        if (end == _segments.FirstOffset)
        {
            RestartAt(end);
            return;
        }
        Rebuild(() => Truncation.CutReplica(_context, _segments, end));
        _context.CommittedEnd = Math.Min(_context.CommittedEnd, end);
        Changes.Advance();
    }

    /// <summary>Drops all messages; the log goes on at an offset. On disk when done; a death on the way leaves all or nothing. Stored offsets stay as they are.</summary>
    /// <exception cref="IOException">The disk refused: the log takes no more appends until it is opened again.</exception>
    public void RestartAt(ulong start)
    {
        ThrowUnlessReplica();
        ObjectDisposedException.ThrowIf(_isClosed, this);
        Rebuild(() =>
        {
            PurgeSteps.DecideRestart(_context, start);
            _purges++;
            var (generation, hasReaders) = (_segments.Generation + 1, _segments.HasReaders);
            _segments.Close();
            var active = PurgeSteps.Finish(_context, generation, hasReaders);
            _context.Damage.Keep(0, 0);
            return new SegmentSet(_context, [active.Segment], active, generation);
        });
        _context.CommittedEnd = start;
        Changes.Advance();
    }

    /// <summary>Drops whole segments below an offset, whatever consumers stored: the leader looked at that.</summary>
    /// <returns>Deletes their files.</returns>
    public SegmentRemoval TakeBelow(ulong start)
    {
        ThrowUnlessReplica();
        ObjectDisposedException.ThrowIf(_isClosed, this);
        ThrowIfFailed();
        var count = _segments.CountBelow(Math.Min(start, _reader.VisibleEnd));
        if (count > 0 && !_writer.Producers.TryKeepBelow(_segments.Active.Segment.FirstOffset, _segments.NextOffset))
            count = 0; // they would take with them who has written what
        return Taken(_segments.TakeOldest(count, barrier: null));
    }

    /// <summary>All stored offsets.</summary>
    public OffsetChange[] ExportOffsets() => _offsets.Export();

    /// <summary>Puts other stored offsets in place of all present ones; on disk when done.</summary>
    /// <exception cref="ArgumentException">They are no table. Nothing changed.</exception>
    /// <exception cref="IOException">The disk refused.</exception>
    public void ImportOffsets(OffsetsMark mark, ReadOnlySpan<OffsetChange> table)
    {
        ThrowUnlessReplica();
        ObjectDisposedException.ThrowIf(_isClosed, this);
        var copy = table.ToArray(); // for the change runs where a span cannot go
        Guard(() => _offsets.Import(mark, copy));
    }

    /// <summary>Makes a change of a stored offset that the leader made, under its number.</summary>
    /// <exception cref="ArgumentException">It is no change. Nothing changed.</exception>
    /// <exception cref="IOException">The disk refused.</exception>
    public void ApplyOffset(OffsetsMark mark, in OffsetChange change)
    {
        ThrowUnlessReplica();
        ObjectDisposedException.ThrowIf(_isClosed, this);
        _offsets.Apply(mark, in change);
        if (_offsets.TakeMade())
            _commit.MarkFolder();
        _commit.MarkOffsets();
        Changes.Advance();
    }

    /// <summary>Tells the stored offsets by another mark; on disk when done.</summary>
    /// <exception cref="IOException">The disk refused.</exception>
    public void RemarkOffsets(OffsetsMark mark)
    {
        ThrowUnlessReplica();
        ObjectDisposedException.ThrowIf(_isClosed, this);
        _offsets.WriteMark(mark.Epoch, mark.Sequence);
        if (_offsets.TakeMade())
            _commit.MarkFolder();
        _commit.MarkOffsets();
        _commit.FlushNow();
    }

    /// <summary>Puts everything marked since the last sync on disk, on this thread.</summary>
    /// <exception cref="FlushFailedException">Unknown what is on disk; the log takes no more appends until it is opened again.</exception>
    public void SyncNow() => _commit.FlushNow();

    /// <summary>Puts everything on disk, also what an earlier process left in the page cache.</summary>
    /// <exception cref="FlushFailedException">Unknown what is on disk; the log takes no more appends until it is opened again.</exception>
    public void SyncAll()
    {
        _commit.MarkUnsynced(_segments.FirstOffset);
        _commit.MarkActive();
        _commit.MarkOffsets();
        _commit.FlushNow();
    }

    /// <summary>Lets everything go as the death of the process would: nothing is tidied up, and the next opening recovers. For a log that failed, and for tests.</summary>
    public void LetGo() => Abandon();

    private void ThrowUnlessReplica()
    {
        if (!_context.Options.IsReplica)
            throw new InvalidOperationException("The log was not opened as a replica.");
    }

    private SegmentRemoval Taken(List<RetiredSegment> retired, ColdChange? cold = null)
    {
        if (retired.Count > 0)
        {
            _reader.Clear();
            _context.Damage.Keep(_segments.FirstOffset, _segments.NextOffset);
        }
        return new SegmentRemoval(this, retired, _segments.FirstOffset, _purges, cold);
    }
}
