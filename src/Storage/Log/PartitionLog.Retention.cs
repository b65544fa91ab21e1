using Iggy.Storage.Segments;

namespace Iggy.Storage.Log;

/// <summary>Retention: sealed segments go, the oldest first, so that offsets stay dense. They leave the log at once, their files when somebody has time.</summary>
public sealed partial class PartitionLog
{
    private readonly Lock _removing = new(); // held while files go, and while something else changes the files; before the lock of syncs
    private int _purges;                     // under it

    /// <summary>The oldest segment that takes no more appends; null when only the active one is left.</summary>
    public SealedSegment? OldestSealed => _cold.Count > 0 ? _cold.Oldest(SmallestStored) : _segments.OldestSealed(SmallestStored);

    private ulong? SmallestStored => _offsets.TryGetSmallest(out var smallest) ? smallest : null;

    /// <summary>Takes the oldest sealed segments out, but none with a message above the smallest stored consumer offset.</summary>
    /// <param name="count">Most segments to take.</param>
    /// <returns>Deletes their files.</returns>
    /// <exception cref="InvalidOperationException">The log takes no more changes.</exception>
    public SegmentRemoval TakeOldest(uint count)
    {
        ObjectDisposedException.ThrowIf(_isClosed, this);
        ThrowIfFailed();
        if (_context.Options.IsReplica) // only what has a committed message behind it: whoever leads next has that message, and so begins a segment there too
            count = Math.Min(count, _reader.VisibleEnd == 0 ? 0 : _segments.CountBelow(_reader.VisibleEnd - 1));
        if (count > 0 && !KeepsProducers())
            count = 0; // they would take with them who has written what
        var cold = _cold.Count > 0 ? TakeOldestCold(count) : null;
        return Taken(_cold.Count > 0 ? [] : _segments.TakeOldest(count - (uint)(cold?.Gone.Length ?? 0), SmallestStored), cold);
    }

    /// <summary>Takes the oldest sealed segments without a message newer than a time, as <see cref="TakeOldest(uint)"/> does.</summary>
    /// <param name="newestMicros">Append time of the newest message that may go, in microseconds since 1970.</param>
    public SegmentRemoval TakeExpired(ulong newestMicros) => TakeOldest(CountExpired(newestMicros));

    /// <summary>Takes the oldest sealed segment if it is still the one meant, as <see cref="TakeOldest(uint)"/> does.</summary>
    /// <param name="firstOffset">Its first offset.</param>
    public SegmentRemoval TakeIfOldest(ulong firstOffset) => TakeOldest(OldestSealed?.FirstOffset == firstOffset ? 1u : 0u);

    private bool KeepsProducers() => _writer.Producers.TryKeepBelow(_segments.Active.Segment.FirstOffset, _segments.NextOffset);

    internal void Remove(SegmentRemoval removal)
    {
        if (removal.Count == 0)
            return;
        lock (_removing)
        {
            if (_isClosed || removal.Purges != _purges)
                return; // the next opening finds them; or they are gone
            try
            {
                WriteCold(removal.Cold); // first: at any moment a segment is in the folder or in the list
                if (removal.Segments.Count > 0)
                    _commit.RunAlone(() => // seals wait for nobody who is gone
                    {
                        _context.Inventory.SetFirst(removal.FirstOffset);
                        _context.Disk.Flush(_context.Inventory.File); // or a power failure could leave it naming what is gone
                    });
                foreach (var segment in removal.Segments)
                {
                    lock (_context.SpareGate) // until it has its new name for sure, nobody may make it another segment under the old one
                    {
                        SegmentSet.Retire(_context, segment.FirstOffset, segment.HasReaders, keepsIndex: removal.Cold is { IsMove: true });
                        _context.FlushFolder(); // one by one, so that a power failure cannot leave a hole
                    }
                }
            }
            catch (Exception failure) // whatever it is, files and memory may differ now
            {
                _commit.Fail(failure);
                throw;
            }
        }
    }
}
