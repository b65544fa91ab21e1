using Iggy.Examples.MarketAnalytics.Exchange;

namespace Iggy.Examples.Tests;

public sealed class SyntheticExchangeTests
{
    // Goal: a feed that dies goes on where it was. Method: the same market is walked twice.
    [Fact]
    public void Events_OfOneSeed_AreTheSameAlways()
    {
        Assert.Equal(new SyntheticExchange(7).Events().Take(20_000), new SyntheticExchange(7).Events().Take(20_000));
        Assert.NotEqual(new SyntheticExchange(7).Events().Take(100), new SyntheticExchange(8).Events().Take(100));
    }

    // Goal: an analysis may rely on how far trades are out of order: in time, or far too late.
    [Fact]
    public void Events_AreToldInOrderOfDelivery_AndInTimeOrTooLate()
    {
        var events = new SyntheticExchange(3).Events().Take(100_000).ToList();
        Assert.Equal(Enumerable.Range(1, events.Count).Select(static number => (long)number), events.Select(static one => one.Trade.Sequence));
        Assert.All(events.Zip(events.Skip(1)), static pair => Assert.True(pair.First.DeliveryMicros <= pair.Second.DeliveryMicros));
        var delays = events.Select(static one => one.DeliveryMicros - one.Trade.TimeMicros).ToList();
        Assert.All(delays, static delay => Assert.True(delay is >= 0 and <= SyntheticExchange.DisorderMicros or >= SyntheticExchange.LateMicros));
        Assert.InRange(delays.Count(static delay => delay >= SyntheticExchange.LateMicros), 50, 200);
        Assert.InRange(delays.Count(static delay => delay is > 0 and <= SyntheticExchange.DisorderMicros), 3000, 7000);
    }
}
