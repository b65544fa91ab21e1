using Iggy.Cli.Benchmarks;

namespace Iggy.Cli.Tests;

/// <summary>The figures of a benchmark.</summary>
public sealed class MeasurementTests
{
    [Theory]
    [InlineData(0.5, 50)]
    [InlineData(0.95, 95)]
    [InlineData(0.999, 100)]
    [InlineData(1, 100)]
    public void At_HundredTimes_IsTheOneThatSoManyDidNotExceed(double part, double expected) =>
        Assert.Equal(expected, Measurement.At([.. Enumerable.Range(1, 100).Select(i => (float)i)], part));

    [Fact]
    public void At_NoTimes_IsNothing() => Assert.Equal(0, Measurement.At([], 0.5));

    [Fact]
    public void Of_TwoWorkers_AddsThemUp()
    {
        var clock = new StepClock();
        var started = clock.GetTimestamp();
        var workers = new[] { new WorkerLog(started, clock), new WorkerLog(started, clock) };
        clock.Milliseconds = 100;
        workers[0].Note(started, 10);
        clock.Milliseconds = 300;
        workers[1].Note(started, 30);
        var run = Measurement.Of("send", workers, 1000, 2);
        Assert.Equal((40L, 40_000L, 20.0, 0.02, 2L), (run.Messages, run.PayloadBytes, run.MessagesPerSecond, run.MegabytesPerSecond, run.Requests));
        Assert.Equal([10, 30], run.PerInterval);
        Assert.Equal((100.0, 300.0), (Math.Round(run.P50Ms, 3), Math.Round(run.MaxMs, 3)));
    }

    private sealed class StepClock : TimeProvider
    {
        public long Milliseconds { get; set; }

        public override long TimestampFrequency => 1000;

        public override long GetTimestamp() => Milliseconds;
    }
}
