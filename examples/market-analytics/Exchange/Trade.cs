namespace Iggy.Examples.MarketAnalytics.Exchange;

/// <summary>One trade. Prices are whole ticks, so that sums are exact in any order.</summary>
/// <param name="Sequence">Counts the trades of a source, from 1, in the order in which it tells of them.</param>
/// <param name="Symbol">What was traded.</param>
/// <param name="TimeMicros">When, since 1970: the time of the event, not of its arrival.</param>
/// <param name="PriceTicks">Ten-thousandths of a unit of money.</param>
/// <param name="Size">Units traded, 1 or more.</param>
internal sealed record Trade(long Sequence, string Symbol, long TimeMicros, long PriceTicks, long Size)
{
    public const long TicksPerUnit = 10_000;
}
