using Iggy.Protocol.Texts;

namespace Iggy.Protocol.Vsr;

/// <summary>Durations and sizes that people write as values of options: <c>1h 30m</c>, <c>512 MiB</c>.</summary>
public static class OptionTexts
{
    private static readonly (string Unit, ulong Factor)[] Durations =
    [
        ("us", 1), ("µs", 1), ("ms", 1_000), ("s", 1_000_000), ("sec", 1_000_000), ("m", 60_000_000), ("min", 60_000_000),
        ("h", 3_600_000_000), ("d", 86_400_000_000), ("w", 7 * 86_400_000_000),
    ];

    private static readonly (string Unit, ulong Factor)[] Sizes =
    [
        ("b", 1), ("", 1), ("kb", 1_000), ("mb", 1_000_000), ("gb", 1_000_000_000), ("tb", 1_000_000_000_000),
        ("kib", 1UL << 10), ("mib", 1UL << 20), ("gib", 1UL << 30), ("tib", 1UL << 40),
    ];

    /// <summary>Reads a duration of one or more whole numbers with units, or a word for "never" or for the server's default.</summary>
    /// <param name="text">The text.</param>
    /// <param name="micros">Microseconds.</param>
    public static bool TryParseDuration(string text, out ulong micros) =>
        TryParseWord(text, out micros) || (UnitSum.TryParse(text, static unit => FactorOf(Durations, unit), int.MaxValue, out micros) && micros > 0);

    /// <summary>Reads a size: a whole number with or without a unit, or a word for "no limit" or for the server's default.</summary>
    /// <param name="text">The text.</param>
    /// <param name="bytes">Bytes.</param>
    public static bool TryParseSize(string text, out ulong bytes) =>
        TryParseWord(text, out bytes) || UnitSum.TryParse(text, static unit => FactorOf(Sizes, unit), mostParts: 1, out bytes);

    private static bool TryParseWord(string text, out ulong value)
    {
        value = text.Trim().ToLowerInvariant() switch
        {
            "never" or "never_expire" or "none" or "unlimited" => ProtocolLimits.Unlimited,
            "0" or "server_default" or "default" => ProtocolLimits.ServerDefault,
            _ => 1,
        };
        return value != 1;
    }

    // In any case, unlike the units of a configuration.
    private static ulong FactorOf((string Unit, ulong Factor)[] units, ReadOnlySpan<char> name)
    {
        foreach (var (unit, factor) in units)
        {
            if (name.Equals(unit, StringComparison.OrdinalIgnoreCase))
                return factor;
        }
        return 0;
    }
}
