namespace Iggy.Silo.Hosting;

/// <summary>Another clock, without timers that go off several times a second.</summary>
/// <remarks>Orleans takes samples ten times a second to know whether a probe of another silo was late by its own fault. A silo that is alone probes nobody, and
/// each sample wakes two threads of a server that has nothing to do. Without samples no stall is found, which is what a silo alone has to say anyway.</remarks>
internal sealed class QuietClock(TimeProvider inner) : TimeProvider
{
    private static readonly TimeSpan _shortest = TimeSpan.FromSeconds(1);

    public override TimeZoneInfo LocalTimeZone => inner.LocalTimeZone;

    public override long TimestampFrequency => inner.TimestampFrequency;

    public override DateTimeOffset GetUtcNow() => inner.GetUtcNow();

    public override long GetTimestamp() => inner.GetTimestamp();

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) => period > TimeSpan.Zero && period < _shortest
        ? inner.CreateTimer(callback, state, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan)
        : inner.CreateTimer(callback, state, dueTime, period);
}
