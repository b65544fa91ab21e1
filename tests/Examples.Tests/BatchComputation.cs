using Iggy.Examples.MarketAnalytics.Exchange;
using Iggy.Examples.MarketAnalytics.Processing;

namespace Iggy.Examples.Tests;

/// <summary>The same candles by other means: all trades of a partition at once, grouped and sorted. What the analysis makes of a stream is compared with it.</summary>
internal static class BatchComputation
{
    /// <summary>The candles that are closed once the last of the trades came.</summary>
    public static IReadOnlyList<Candle> Candles(IReadOnlyList<Trade> trades)
    {
        var watermark = 0L;
        var counted = new List<Trade>();
        foreach (var trade in trades)
        {
            if (trade.TimeMicros >= watermark)
                counted.Add(trade);
            watermark = Math.Max(watermark, trade.TimeMicros - Analysis.LatenessMicros);
        }
        return
        [
            .. from seconds in (int[])[1, 60]
               from trade in counted
               group trade by (trade.Symbol, Start: trade.TimeMicros / (seconds * 1_000_000L) * seconds * 1_000_000L, seconds) into window
               where window.Key.Start + (window.Key.seconds * 1_000_000L) <= watermark
               let inOrder = window.OrderBy(static trade => trade.TimeMicros).ThenBy(static trade => trade.Sequence).ToList()
               orderby window.Key.Start, window.Key.Symbol, window.Key.seconds
               select new Candle(
                   window.Key.Symbol, window.Key.Start, window.Key.seconds, inOrder[0].PriceTicks, inOrder.Max(static trade => trade.PriceTicks),
                   inOrder.Min(static trade => trade.PriceTicks), inOrder[^1].PriceTicks, inOrder.Sum(static trade => trade.Size),
                   inOrder.Sum(static trade => trade.PriceTicks * trade.Size), inOrder.Count),
        ];
    }

    /// <summary>In the order in which they are compared.</summary>
    public static IReadOnlyList<Candle> InOrder(IEnumerable<Candle> candles) =>
        [.. candles.OrderBy(static candle => candle.StartMicros).ThenBy(static candle => candle.Symbol, StringComparer.Ordinal).ThenBy(static candle => candle.Seconds)];
}
