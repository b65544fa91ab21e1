using System.Globalization;
using System.Text;
using Iggy.Protocol;

namespace Iggy.Cli.Values;

/// <summary>Durations as upstream's tool takes them: numbers with units, as many as wanted, such as <c>1day 2hours 30min</c>.</summary>
internal static class Durations
{
    /// <summary>The word for leaving it to the server.</summary>
    public const string ServerDefault = "server_default";

    private static readonly (string[] Names, ulong Micros)[] _units =
    [
        (["us", "usec"], 1),
        (["ms", "msec", "millisecond", "milliseconds"], 1_000),
        (["s", "sec", "secs", "second", "seconds"], 1_000_000),
        (["m", "min", "mins", "minute", "minutes"], 60_000_000),
        (["h", "hr", "hrs", "hour", "hours"], 3_600_000_000),
        (["d", "day", "days"], 86_400_000_000),
        (["w", "week", "weeks"], 604_800_000_000),
    ];

    /// <summary>Reads the words of an expiry.</summary>
    /// <returns>Microseconds, <see cref="ProtocolLimits.ServerDefault"/> for none or <c>server_default</c>, <see cref="ProtocolLimits.Unlimited"/> for
    /// <c>never</c> or <c>unlimited</c>.</returns>
    /// <exception cref="CommandException">The words are something else.</exception>
    public static ulong ParseExpiry(IReadOnlyList<string> words)
    {
        var text = string.Concat(words.SelectMany(word => word.Split(' ', StringSplitOptions.RemoveEmptyEntries)));
        if (text.Length == 0 || text.Equals(ServerDefault, StringComparison.OrdinalIgnoreCase))
            return ProtocolLimits.ServerDefault;
        if (text.Equals("never", StringComparison.OrdinalIgnoreCase) || text.Equals("unlimited", StringComparison.OrdinalIgnoreCase))
            return ProtocolLimits.Unlimited;

        var total = 0UL;
        var rest = text.AsSpan();
        while (!rest.IsEmpty)
        {
            var digits = rest.IndexOfAnyExceptInRange('0', '9');
            var unitLength = digits > 0 ? LettersAt(rest[digits..]) : 0;
            if (unitLength == 0
                || !ulong.TryParse(rest[..digits], NumberStyles.None, CultureInfo.InvariantCulture, out var number)
                || MicrosOf(rest.Slice(digits, unitLength)) is not { } unit
                || number > (ProtocolLimits.Unlimited - 1 - total) / unit)
            {
                throw new CommandException(ExitCode.Usage, $"'{string.Join(' ', words)}' is no duration; expected such as '1day 2hours', '{ServerDefault}' or 'never'.");
            }
            total += number * unit;
            rest = rest[(digits + unitLength)..];
        }
        return total;
    }

    /// <summary>Writes a duration so that <see cref="ParseExpiry"/> can read it.</summary>
    public static string Format(ulong micros)
    {
        var text = new StringBuilder();
        for (var i = _units.Length - 1; i >= 0; i--)
        {
            var count = micros / _units[i].Micros;
            if (count > 0)
                text.Append(text.Length > 0 ? " " : "").Append(CultureInfo.InvariantCulture, $"{count}{_units[i].Names[0]}");
            micros %= _units[i].Micros;
        }
        return text.Length > 0 ? text.ToString() : "0s";
    }

    private static int LettersAt(ReadOnlySpan<char> text)
    {
        var end = text.IndexOfAnyInRange('0', '9');
        return end < 0 ? text.Length : end;
    }

    private static ulong? MicrosOf(ReadOnlySpan<char> name)
    {
        foreach (var (names, micros) in _units)
        {
            foreach (var known in names)
            {
                if (name.Equals(known, StringComparison.OrdinalIgnoreCase))
                    return micros;
            }
        }
        return null;
    }
}
