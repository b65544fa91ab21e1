using Iggy.Examples.MarketAnalytics.Exchange;

namespace Iggy.Examples.Tests;

public sealed class HistoricalReplayTests
{
    private const string Names = "date,open,high,low,close,adjclose,volume";

    [Fact]
    public void Events_OfTwoDays_AreFourTradesEach()
    {
        var events = HistoricalReplay.Events("SP500", [Names, "2000-01-03,1469.250000,1478.000000,1438.359985,1455.219971,1455.219971,931800000",
            "2000-01-04,1455.219971,1455.219971,1397.430054,1399.420044,1399.420044,1009000000"], 5_000_000).ToList();
        Assert.Equal([1, 2, 3, 4, 5, 6, 7, 8], events.Select(static one => one.Trade.Sequence));
        Assert.Equal([14_692_500, 14_780_000, 14_383_600, 14_552_200], events.Take(4).Select(static one => one.Trade.PriceTicks));
        Assert.Equal([5_000_000, 5_250_000, 5_500_000, 5_750_000, 6_000_000], events.Take(5).Select(static one => one.Trade.TimeMicros));
        Assert.Equal(931 / 4, events[0].Trade.Size);
    }

    [Theory]
    [InlineData("2000-01-03,1,2,3")]
    [InlineData("2000-01-03,one,2,3,4,5,6")]
    [InlineData("2000-01-03,-1,2,3,4,5,6")]
    public void Events_OfABadLine_NameIt(string line)
    {
        var refusal = Assert.Throws<FormatException>(() => HistoricalReplay.Events("SP500", [Names, line], 0).ToList());
        Assert.Contains($"line 2 is '{line}'", refusal.Message, StringComparison.Ordinal);
    }
}
