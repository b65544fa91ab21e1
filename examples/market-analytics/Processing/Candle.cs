using Iggy.Examples.MarketAnalytics.Exchange;

namespace Iggy.Examples.MarketAnalytics.Processing;

/// <summary>What was traded of one symbol within one window of time.</summary>
/// <param name="Symbol">The symbol.</param>
/// <param name="StartMicros">The window's first moment.</param>
/// <param name="Seconds">Its length.</param>
/// <param name="Open">The first price, in ticks.</param>
/// <param name="High">The highest.</param>
/// <param name="Low">The lowest.</param>
/// <param name="Close">The last.</param>
/// <param name="Volume">Units traded.</param>
/// <param name="Notional">The sum of price times size: with <see cref="Volume"/> the exact VWAP.</param>
/// <param name="Trades">How many.</param>
internal sealed record Candle(
    string Symbol, long StartMicros, int Seconds, long Open, long High, long Low, long Close, long Volume, long Notional, int Trades)
{
    /// <summary>The volume-weighted average price, in units of money.</summary>
    public decimal Vwap => (decimal)Notional / Volume / Trade.TicksPerUnit;
}

/// <summary>A window that still takes trades, which may come in any order.</summary>
internal sealed record OpenWindow(long StartMicros, int Seconds)
{
    /// <summary>The earliest and the latest trade so far: open and close are those, not the first and last to arrive.</summary>
    public Trade? First { get; set; }

    public Trade? Last { get; set; }

    public long High { get; set; } = long.MinValue;

    public long Low { get; set; } = long.MaxValue;

    public long Volume { get; set; }

    public long Notional { get; set; }

    public int Trades { get; set; }

    public long EndMicros => StartMicros + (Seconds * 1_000_000L);

    public void Add(Trade trade)
    {
        if (First is null || IsBefore(trade, First))
            First = trade;
        if (Last is null || IsBefore(Last, trade))
            Last = trade;
        High = Math.Max(High, trade.PriceTicks);
        Low = Math.Min(Low, trade.PriceTicks);
        checked
        {
            Volume += trade.Size;
            Notional += trade.PriceTicks * trade.Size;
            Trades++;
        }
    }

    public Candle Close(string symbol) => new(symbol, StartMicros, Seconds, First!.PriceTicks, High, Low, Last!.PriceTicks, Volume, Notional, Trades);

    private static bool IsBefore(Trade one, Trade other) =>
        (one.TimeMicros, one.Sequence).CompareTo((other.TimeMicros, other.Sequence)) < 0;
}
