using System.Globalization;

namespace Iggy.Examples.MarketAnalytics.Exchange;

/// <summary>Days of a real index, told as trades: a day becomes a second. The file has a line for each day, <c>date,open,high,low,close,adjclose,volume</c>,
/// beneath a line of names.</summary>
internal static class HistoricalReplay
{
    private const long DayMicros = 1_000_000;
    private const long VolumeUnit = 1_000_000; // the file counts single shares

    /// <summary>The trades of a file, four for each day, and then no more.</summary>
    /// <param name="symbol">How the index is called.</param>
    /// <param name="lines">The file's lines.</param>
    /// <param name="beginMicros">The time of the first trade.</param>
    /// <exception cref="FormatException">A line is not as above; the message has its number.</exception>
    public static IEnumerable<MarketEvent> Events(string symbol, IEnumerable<string> lines, long beginMicros)
    {
        long sequence = 0;
        long day = 0;
        foreach (var line in lines.Skip(1))
        {
            var (open, high, low, close, volume) = Read(line, day + 2);
            var time = beginMicros + (day++ * DayMicros);
            long[] prices = [open, high, low, close];
            for (var i = 0; i < prices.Length; i++)
            {
                var at = time + (i * DayMicros / prices.Length);
                yield return new MarketEvent(new Trade(++sequence, symbol, at, prices[i], Math.Max(1, volume / prices.Length)), at);
            }
        }
    }

    private static (long Open, long High, long Low, long Close, long Volume) Read(string line, long number)
    {
        var fields = line.Split(',');
        if (fields.Length < 7 || !Ticks(fields[1], out var open) || !Ticks(fields[2], out var high) || !Ticks(fields[3], out var low)
            || !Ticks(fields[4], out var close) || !long.TryParse(fields[6], NumberStyles.None, CultureInfo.InvariantCulture, out var volume))
            throw new FormatException($"line {number} is '{line}'; expected: date,open,high,low,close,adjclose,volume");
        return (open, high, low, close, volume / VolumeUnit);
    }

    private static bool Ticks(string text, out long ticks)
    {
        var isNumber = decimal.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var value) && value is > 0 and < 1_000_000_000;
        ticks = isNumber ? (long)decimal.Round(value * Trade.TicksPerUnit) : 0;
        return isNumber;
    }
}
