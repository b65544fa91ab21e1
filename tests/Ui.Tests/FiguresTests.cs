using Iggy.Ui.Figures;
using Iggy.Ui.Groups;
using Microsoft.Extensions.Time.Testing;

namespace Iggy.Ui.Tests;

public sealed class FiguresTests
{
    [Fact]
    public void Rates_AreOfWhatWasThereBefore_AndNeverNegative()
    {
        var clock = new FakeTimeProvider();
        var book = new RateBook<string>(clock);
        Assert.Empty(book.Look([KeyValuePair.Create("a", 100ul)]));
        clock.Advance(TimeSpan.FromSeconds(4));
        Assert.Equal(new Dictionary<string, double> { ["a"] = 25 }, book.Look([KeyValuePair.Create("a", 200ul), KeyValuePair.Create("b", 5ul)]));
        clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(new Dictionary<string, double> { ["a"] = 0, ["b"] = 1 }, book.Look([KeyValuePair.Create("a", 0ul), KeyValuePair.Create("b", 6ul)]));
        Assert.Empty(book.Look([]));
    }

    // Goal: a quantile is right to a quarter, from microseconds to seconds.
    [Theory]
    [InlineData(0.00002)]
    [InlineData(0.001)]
    [InlineData(0.3)]
    [InlineData(8)]
    public void Quantile_IsRightToAQuarter(double seconds)
    {
        var buckets = new LatencyBuckets();
        for (var i = 0; i < 99; i++)
            buckets.Add(seconds);
        buckets.Add(60);
        var counts = buckets.Take();
        Assert.InRange(LatencyBuckets.Quantile(counts, 0.5)!.Value, seconds, seconds * 1.26);
        Assert.InRange(LatencyBuckets.Quantile(counts, 1)!.Value, 8, 60);
        Assert.Null(LatencyBuckets.Quantile(buckets.Take(), 0.5));
    }

    [Theory]
    [InlineData(10, 0, 10, 0, null)]
    [InlineData(0, 10, 0, 10, 9ul)]
    [InlineData(7, 7, 0, 0, 6ul)]
    [InlineData(10, 4, 6, 0, 3ul)]
    public void ResetStep_TellsWhatItMeans(ulong next, ulong then, ulong again, ulong skipped, ulong? stored)
    {
        var step = new ResetStep(0, next, then);
        Assert.Equal((again, skipped, stored), (step.Again, step.Skipped, step.Stored));
    }
}
