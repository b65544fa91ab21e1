using System.Buffers;
using System.Globalization;
using Iggy.Protocol;

namespace Iggy.Cli.Values;

/// <summary>Sizes such as <c>10GB</c> (decimal) or <c>512 MiB</c> (binary); a number alone is bytes.</summary>
internal static class ByteSizes
{
    private static readonly SearchValues<char> _numberCharacters = SearchValues.Create("0123456789.");

    private static readonly (string Name, ulong Bytes)[] _units =
    [
        ("", 1), ("B", 1), ("KB", 1_000), ("MB", 1_000_000), ("GB", 1_000_000_000), ("TB", 1_000_000_000_000),
        ("KIB", 1UL << 10), ("MIB", 1UL << 20), ("GIB", 1UL << 30), ("TIB", 1UL << 40),
    ];

    /// <summary>Reads the size limit of a topic.</summary>
    /// <returns>Bytes, <see cref="ProtocolLimits.ServerDefault"/> for null or <c>server_default</c>, <see cref="ProtocolLimits.Unlimited"/> for <c>unlimited</c>.</returns>
    /// <exception cref="CommandException">The text is something else.</exception>
    public static ulong Parse(string? text)
    {
        if (text is null || text.Equals(Durations.ServerDefault, StringComparison.OrdinalIgnoreCase))
            return ProtocolLimits.ServerDefault;
        if (text.Equals("unlimited", StringComparison.OrdinalIgnoreCase))
            return ProtocolLimits.Unlimited;

        var trimmed = text.Trim();
        var digits = trimmed.AsSpan().IndexOfAnyExcept(_numberCharacters);
        var (number, unit) = digits < 0 ? (trimmed, "") : (trimmed[..digits], trimmed[digits..].Trim().ToUpperInvariant());
        var match = Array.Find(_units, one => one.Name == unit);
        if (match.Bytes > 0
            && decimal.TryParse(number, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var value)
            && value <= (ProtocolLimits.Unlimited - 1) / (decimal)match.Bytes)
        {
            return (ulong)(value * match.Bytes);
        }
        throw new CommandException(ExitCode.Usage, $"'{text}' is no size; expected such as '10GB', '512 MiB', '{Durations.ServerDefault}' or 'unlimited'.");
    }
}
