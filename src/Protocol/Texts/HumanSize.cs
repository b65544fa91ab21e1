using System.Globalization;

namespace Iggy.Protocol.Texts;

/// <summary>Sizes as people write them in Apache Iggy's configuration and at its tool: <c>2 MB</c> is decimal, <c>1 MiB</c> binary, a bare number bytes.</summary>
public static class HumanSize
{
    /// <summary>What <see cref="TryParseBytes"/> takes, for error messages.</summary>
    public const string Allowed = "a size such as '1048576', '2 MB' (decimal) or '1 MiB' (binary)";

    /// <summary>Reads a number, with or without decimal places, and a unit.</summary>
    /// <param name="text">Units in any case: B, KB to EB, KiB to EiB.</param>
    /// <param name="bytes">Whole bytes; a fraction of one is cut.</param>
    /// <param name="nearest">Whether a fraction of one is rounded instead: where a text was rounded that stood for whole bytes.</param>
    /// <returns>False for anything else, also for more than 64 bits hold.</returns>
    public static bool TryParseBytes(ReadOnlySpan<char> text, out ulong bytes, bool nearest = false)
    {
        bytes = 0;
        text = text.Trim();
        var letters = text.Length;
        while (letters > 0 && char.IsAsciiLetter(text[letters - 1]))
            letters--;

        var number = text[..letters].TrimEnd();
        var factor = BytesOf(text[letters..]);
        if (factor == 0 || number.IsEmpty)
            return false;
        // decimal holds 28 digits, so a fraction of an exbibyte keeps its last byte.
        if (!decimal.TryParse(number, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var value) || value > ulong.MaxValue / factor)
            return false;
        bytes = (ulong)(nearest ? decimal.Round(value * factor) : value * factor);
        return true;
    }

    private static ulong BytesOf(ReadOnlySpan<char> unit)
    {
        Span<char> upper = stackalloc char[4];
        if (unit.Length > upper.Length)
            return 0;
        return upper[..unit.ToUpperInvariant(upper)] switch
        {
            "" or "B" => 1,
            "KB" or "K" => 1_000,
            "MB" or "M" => 1_000_000,
            "GB" or "G" => 1_000_000_000,
            "TB" or "T" => 1_000_000_000_000,
            "PB" => 1_000_000_000_000_000,
            "EB" => 1_000_000_000_000_000_000,
            "KIB" => 1UL << 10,
            "MIB" => 1UL << 20,
            "GIB" => 1UL << 30,
            "TIB" => 1UL << 40,
            "PIB" => 1UL << 50,
            "EIB" => 1UL << 60,
            _ => 0,
        };
    }
}
