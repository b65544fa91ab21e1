namespace Iggy.Examples.MarketAnalytics.Exchange;

/// <summary>What is unusual about a trade.</summary>
internal enum AnomalyKind
{
    /// <summary>The price moved by several percent from one trade to the next.</summary>
    PriceJump,

    /// <summary>Many times the usual volume within a second.</summary>
    VolumeBurst,
}

/// <summary>What a source did on purpose: what an analysis has to find.</summary>
/// <param name="Symbol">Where.</param>
/// <param name="Kind">What.</param>
/// <param name="TimeMicros">When it began; all of it lies within one whole second.</param>
internal sealed record Injection(string Symbol, AnomalyKind Kind, long TimeMicros);

/// <summary>A trade on its way out of a market.</summary>
/// <param name="Trade">The trade.</param>
/// <param name="DeliveryMicros">When the market tells of it, in the market's time: not before it happened, and never falling.</param>
/// <param name="Injection">On the first trade of an injected anomaly.</param>
internal readonly record struct MarketEvent(Trade Trade, long DeliveryMicros, Injection? Injection = null);
