namespace Iggy.Quic.Tests;

/// <summary>Timers without looking at all of them.</summary>
public sealed class TimerTests
{
    // Goal: each timer fires once at its last set time, whatever it was set to before. Method: against a plain list, by a seed.
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Timers_SetAtRandom_FireAtTheirLastTime(int seed)
    {
        var random = new Random(seed);
        var timers = new QuicTimers();
        var all = Enumerable.Range(0, 50).Select(_ => new Recorder()).ToArray();
        for (ulong now = 1; now < 5000; now++)
        {
            for (var i = 0; i < 10; i++)
            {
                var one = all[random.Next(all.Length)];
                one.Expected = random.Next(10) == 0 ? ulong.MaxValue : now + (ulong)random.Next(1, 500);
                timers.Set(one, one.Expected);
            }
            var due = all.Where(one => one.Expected <= now).ToHashSet();
            while (timers.TryTake(now, out var timer))
            {
                Assert.True(due.Remove((Recorder)timer));
                ((Recorder)timer).Expected = ulong.MaxValue;
            }
            Assert.Empty(due);
        }
    }

    // Goal: a timer that only moves away costs one entry.
    [Fact]
    public void Timers_MovedAway_CostNoEntry()
    {
        var timers = new QuicTimers();
        var one = new Recorder();
        for (ulong due = 100; due < 100_000; due++)
            timers.Set(one, due);
        Assert.Equal(1, timers.Count);
    }

    private sealed class Recorder : QuicTimer
    {
        public ulong Expected { get; set; } = ulong.MaxValue;

        internal override void OnDue(ulong now)
        {
        }
    }
}
