using Iggy.Silo.Hosting;

namespace Iggy.Silo.Tests;

/// <summary>The clock of a silo that watches nobody.</summary>
public sealed class QuietClockTests
{
    [Fact]
    public void Timer_ThatWouldGoOffOften_NeverDoes()
    {
        var (often, second, never) = (TimeSpan.FromMilliseconds(100), TimeSpan.FromSeconds(1), Timeout.InfiniteTimeSpan);
        var asked = new Recorder();
        var clock = new QuietClock(asked);
        foreach (var (due, period) in new[] { (often, often), (often, second), (often, never), (often, TimeSpan.Zero) })
            clock.CreateTimer(static _ => { }, null, due, period).Dispose();
        Assert.Equal([(never, never), (often, second), (often, never), (often, TimeSpan.Zero)], asked.Timers.ToArray());
        Assert.Equal((new DateTimeOffset(2026, 5, 1, 0, 0, 0, TimeSpan.Zero), 7L, 3L), (clock.GetUtcNow(), clock.GetTimestamp(), clock.TimestampFrequency));
    }

    private sealed class Recorder : TimeProvider
    {
        public List<(TimeSpan Due, TimeSpan Period)> Timers { get; } = [];

        public override long TimestampFrequency => 3;

        public override long GetTimestamp() => 7;

        public override DateTimeOffset GetUtcNow() => new(2026, 5, 1, 0, 0, 0, TimeSpan.Zero);

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            Timers.Add((dueTime, period));
            return System.CreateTimer(callback, state, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        }
    }
}
