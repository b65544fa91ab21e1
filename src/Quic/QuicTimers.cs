namespace Iggy.Quic;

/// <summary>Which connections are due when, without looking at all of them. For one thread.</summary>
/// <remarks>A connection's time mostly moves away, with every packet. So it keeps its one early entry and is asked anew when that comes up; only a
/// time that moves nearer costs a new entry, and the entry it replaces is dropped when it surfaces.</remarks>
internal sealed class QuicTimers
{
    private readonly PriorityQueue<QuicTimer, ulong> _queue = new();

    /// <summary>When the first entry is up; <see cref="ulong.MaxValue"/> when there is none.</summary>
    public ulong Next => _queue.TryPeek(out _, out var due) ? due : ulong.MaxValue;

    /// <summary>Entries held, for tests.</summary>
    public int Count => _queue.Count;

    /// <summary>Sets when a timer is due; <see cref="ulong.MaxValue"/> for never.</summary>
    public void Set(QuicTimer timer, ulong due)
    {
        timer.Due = due;
        if (due >= timer.Entry)
            return;
        timer.Entry = due;
        _queue.Enqueue(timer, due);
    }

    /// <summary>Takes out a timer that is due.</summary>
    public bool TryTake(ulong now, out QuicTimer timer)
    {
        while (_queue.TryPeek(out timer!, out var entry) && entry <= now)
        {
            _queue.Dequeue();
            if (entry != timer.Entry)
                continue; // replaced by a nearer one
            timer.Entry = ulong.MaxValue;
            if (timer.Due <= now)
            {
                timer.Due = ulong.MaxValue;
                return true;
            }
            Set(timer, timer.Due);
        }
        return false;
    }
}

/// <summary>One thing that is due at some time.</summary>
internal abstract class QuicTimer
{
    /// <summary>When, in nanoseconds of the endpoint's clock.</summary>
    internal ulong Due { get; set; } = ulong.MaxValue;

    /// <summary>The time of the entry in the queue that counts.</summary>
    internal ulong Entry { get; set; } = ulong.MaxValue;

    /// <summary>Its time has come.</summary>
    internal abstract void OnDue(ulong now);
}
