namespace Iggy.Protocol.Texts;

/// <summary>Durations as people write them in Apache Iggy's configuration and at its tool: <c>30 s</c>, <c>1 m</c>, <c>7 days</c>, <c>1day 2h 3s</c>.</summary>
public static class HumanDuration
{
    /// <summary>What <see cref="TryParseMicros"/> takes, for error messages.</summary>
    public const string Allowed = "a duration such as '30 s', '1 m', '7 days' or '1day 2h 3s'";

    /// <summary>Reads a row of number-and-unit pairs and adds them up.</summary>
    /// <param name="text">Units: ns, us, ms, s, m, h, d, w, M (30.44 days), y (365.25 days) and their long names. A bare <c>0</c> is zero.</param>
    /// <param name="micros">Microseconds; what is finer is cut.</param>
    /// <returns>False for anything else, also for a sum beyond 64 bits of nanoseconds.</returns>
    public static bool TryParseMicros(ReadOnlySpan<char> text, out ulong micros)
    {
        micros = 0;
        if (text.Trim() is "0")
            return true;
        if (!UnitSum.TryParse(text, NanosOf, int.MaxValue, out var nanos))
            return false;
        micros = nanos / 1000;
        return true;
    }

    private static ulong NanosOf(ReadOnlySpan<char> unit) => unit switch
    {
        "ns" or "nsec" or "nanos" => 1,
        "us" or "µs" or "usec" or "micros" => 1_000,
        "ms" or "msec" or "millis" => 1_000_000,
        "s" or "sec" or "secs" or "second" or "seconds" => Second,
        "m" or "min" or "mins" or "minute" or "minutes" => 60 * Second,
        "h" or "hr" or "hrs" or "hour" or "hours" => 3_600 * Second,
        "d" or "day" or "days" => 86_400 * Second,
        "w" or "wk" or "wks" or "week" or "weeks" => 7 * 86_400 * Second,
        "M" or "month" or "months" => 2_630_016 * Second,
        "y" or "yr" or "yrs" or "year" or "years" => 31_557_600 * Second,
        _ => 0,
    };

    private const ulong Second = 1_000_000_000;
}
