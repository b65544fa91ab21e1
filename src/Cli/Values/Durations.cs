using System.Globalization;
using System.Text;
using Iggy.Protocol;
using Iggy.Protocol.Texts;

namespace Iggy.Cli.Values;

/// <summary>Durations as upstream's tool takes them: numbers with units, as many as wanted, such as <c>1day 2hours 30min</c>.</summary>
internal static class Durations
{
    /// <summary>The word for leaving it to the server.</summary>
    public const string ServerDefault = "server_default";

    private const ulong Year = 31_536_000_000_000;

    private static readonly (string Name, ulong Micros)[] _units =
    [
        ("us", 1), ("ms", 1_000), ("s", 1_000_000), ("m", 60_000_000), ("h", 3_600_000_000), ("d", 86_400_000_000), ("w", 604_800_000_000),
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

        return HumanDuration.TryParseMicros(text, out var micros)
            ? micros
            : throw new CommandException(ExitCode.Usage, $"'{string.Join(' ', words)}' is no duration; expected {HumanDuration.Allowed}, '{ServerDefault}' or 'never'.");
    }

    /// <summary>Reads how long something may take.</summary>
    /// <param name="text">Such as <c>90s</c>.</param>
    /// <param name="option">Who asks, for the message.</param>
    /// <exception cref="CommandException">It is no duration, none at all, or more than a year.</exception>
    public static TimeSpan ParseSpan(string text, string option) => HumanDuration.TryParseMicros(text.Replace(" ", "", StringComparison.Ordinal), out var micros) && micros is > 0 and <= Year
        ? TimeSpan.FromMicroseconds(micros)
        : throw new CommandException(ExitCode.Usage, $"'{text}' can't be the duration of {option}; expected such as 500ms, 90s or 2min, up to a year.");

    /// <summary>Writes a duration so that <see cref="ParseExpiry"/> can read it.</summary>
    public static string Format(ulong micros)
    {
        var text = new StringBuilder();
        for (var i = _units.Length - 1; i >= 0; i--)
        {
            var count = micros / _units[i].Micros;
            if (count > 0)
                text.Append(text.Length > 0 ? " " : "").Append(CultureInfo.InvariantCulture, $"{count}{_units[i].Name}");
            micros %= _units[i].Micros;
        }
        return text.Length > 0 ? text.ToString() : "0s";
    }
}
