namespace Iggy.Testing;

/// <summary>The machine's clock, which a test can set forward: what was to happen in between happens at once. For message expiry, time-outs, tokens.</summary>
public sealed class TestClock : TimeProvider
{
    private readonly Lock _lock = new();
    private readonly HashSet<Timer> _timers = [];
    private long _aheadTicks;

    /// <inheritdoc/>
    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    /// <summary>How far it is ahead of the machine's.</summary>
    public TimeSpan Ahead => new(Interlocked.Read(ref _aheadTicks));

    /// <inheritdoc/>
    public override DateTimeOffset GetUtcNow() => System.GetUtcNow() + Ahead;

    /// <inheritdoc/>
    public override long GetTimestamp() => System.GetElapsedTime(0).Ticks + Interlocked.Read(ref _aheadTicks);

    /// <summary>Sets it forward. Timers that are due by then fire once, at once.</summary>
    /// <param name="by">0 or more: a clock that runs a server never goes back here.</param>
    public void Advance(TimeSpan by)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(by, TimeSpan.Zero);
        Timer[] timers;
        lock (_lock)
        {
            Interlocked.Add(ref _aheadTicks, by.Ticks);
            timers = [.. _timers];
        }
        foreach (var timer in timers)
            timer.Arm();
    }

    /// <inheritdoc/>
    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        ArgumentNullException.ThrowIfNull(callback);
        var timer = new Timer(this, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    // A timer of the machine that is set anew whenever the clock is.
    private sealed class Timer : ITimer
    {
        private readonly Lock _lock = new();
        private readonly TestClock _clock;
        private readonly ITimer _inner;
        private long? _dueAt;
        private TimeSpan _period = Timeout.InfiniteTimeSpan;

        public Timer(TestClock clock, TimerCallback callback, object? state)
        {
            _clock = clock;
            _inner = System.CreateTimer(_ => Fire(callback, state), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        }

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            lock (_lock)
            {
                _period = period;
                _dueAt = dueTime == Timeout.InfiniteTimeSpan ? null : _clock.GetTimestamp() + dueTime.Ticks;
            }
            lock (_clock._lock)
            {
                if (dueTime == Timeout.InfiniteTimeSpan)
                    _clock._timers.Remove(this);
                else
                    _clock._timers.Add(this);
            }
            return Arm();
        }

        public bool Arm()
        {
            lock (_lock)
            {
                if (_dueAt is not { } due)
                    return _inner.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
                var left = Math.Max(due - _clock.GetTimestamp(), 0);
                return _inner.Change(new TimeSpan(left), Timeout.InfiniteTimeSpan);
            }
        }

        public void Dispose()
        {
            Forget();
            _inner.Dispose();
        }

        public ValueTask DisposeAsync()
        {
            Forget();
            return _inner.DisposeAsync();
        }

        private void Fire(TimerCallback callback, object? state)
        {
            lock (_lock)
            {
                if (_dueAt is not { } due || due > _clock.GetTimestamp())
                    return; // set anew while it was about to fire; whoever did that armed it
                _dueAt = _period <= TimeSpan.Zero ? null : _clock.GetTimestamp() + _period.Ticks;
            }
            if (_dueAt is null)
                Forget();
            else
                Arm();
            callback(state);
        }

        private void Forget()
        {
            lock (_clock._lock)
                _clock._timers.Remove(this);
        }
    }
}
