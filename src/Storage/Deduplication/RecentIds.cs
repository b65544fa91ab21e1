namespace Iggy.Storage.Deduplication;

/// <summary>
/// The ids of the newest messages, in the order in which they came: a ring for the order, chained buckets for the search. The memory follows
/// what is remembered, up to the bound; once it has grown, nothing here allocates.
/// </summary>
internal sealed class RecentIds(DeduplicationWindow window)
{
    private readonly ulong _expiryMicros = (ulong)(window.Expiry.Ticks / TimeSpan.TicksPerMicrosecond);
    private Entry[] _ring = new Entry[64];  // a power of two
    private int[] _newest = new int[128];   // of each bucket: place in the ring + 1, or 0; twice as many as places
    private long _first, _next;             // numbers of the oldest entry and of the one to come; modulo the length of the ring their places

    private struct Entry
    {
        public ulong Low, High, TimestampMicros;
        public int Older; // in the same bucket: place + 1, or 0
    }

    public int Count => (int)(_next - _first);

    /// <summary>Forgets what is expired at a time.</summary>
    public void Expire(ulong nowMicros)
    {
        while (Count > 0 && _ring[PlaceOf(_first)].TimestampMicros + _expiryMicros <= nowMicros)
            RemoveOldest();
    }

    /// <summary>Lowers times above this one to it.</summary>
    public void LimitTimes(ulong nowMicros)
    {
        for (var number = _first; number < _next; number++)
        {
            ref var entry = ref _ring[PlaceOf(number)];
            entry.TimestampMicros = Math.Min(entry.TimestampMicros, nowMicros);
        }
    }

    /// <summary>Remembers an id that is new. More than the bound may be remembered until <see cref="Trim"/>.</summary>
    /// <returns>False when the id is remembered already.</returns>
    public bool TryAdd(ulong low, ulong high, ulong nowMicros)
    {
        for (var place = _newest[BucketOf(low, high)]; place != 0; place = _ring[place - 1].Older)
        {
            if (_ring[place - 1].Low == low && _ring[place - 1].High == high)
                return false;
        }
        if (Count == _ring.Length)
            Grow();
        Link(PlaceOf(_next++), low, high, nowMicros);
        return true;
    }

    /// <summary>Forgets the newest entries: their messages were not appended.</summary>
    public void TakeBack(int count)
    {
        for (; count > 0; count--)
        {
            ref readonly var entry = ref _ring[PlaceOf(--_next)];
            _newest[BucketOf(entry.Low, entry.High)] = entry.Older; // the newest of all is the newest of its bucket
        }
    }

    /// <summary>Forgets the oldest entries above the bound.</summary>
    public void Trim()
    {
        while (Count > window.MaxEntries)
            RemoveOldest();
    }

    private int PlaceOf(long number) => (int)(number & (_ring.Length - 1));

    // The hash has a seed for each process: who chooses ids must not choose buckets.
    private int BucketOf(ulong low, ulong high) => HashCode.Combine(low, high) & (_newest.Length - 1);

    private void Link(int place, ulong low, ulong high, ulong timestampMicros)
    {
        ref var newest = ref _newest[BucketOf(low, high)];
        _ring[place] = new Entry { Low = low, High = high, TimestampMicros = timestampMicros, Older = newest };
        newest = place + 1;
    }

    private void RemoveOldest()
    {
        var place = PlaceOf(_first++);
        ref var link = ref _newest[BucketOf(_ring[place].Low, _ring[place].High)];
        while (link != place + 1)
            link = ref _ring[link - 1].Older;
        link = 0; // the oldest of all is the oldest of its bucket
    }

    private void Grow()
    {
        var (old, count) = (_ring, Count);
        var from = PlaceOf(_first);
        _ring = new Entry[old.Length * 2];
        _newest = new int[_ring.Length * 2];
        (_first, _next) = (0, count);
        for (var i = 0; i < count; i++)
        {
            ref readonly var entry = ref old[(from + i) & (old.Length - 1)];
            Link(i, entry.Low, entry.High, entry.TimestampMicros);
        }
    }
}
