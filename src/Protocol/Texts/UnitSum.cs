using System.Globalization;

namespace Iggy.Protocol.Texts;

/// <summary>Rows of whole numbers with units, as people write durations and sizes, added up.</summary>
internal static class UnitSum
{
    /// <summary>How much a unit is; 0 for what is none.</summary>
    public delegate ulong Factor(ReadOnlySpan<char> unit);

    /// <summary>Reads one or more numbers with units.</summary>
    /// <param name="text">Space may stand between numbers, units and pairs.</param>
    /// <param name="factor">Knows the units; also whether a number may go without one.</param>
    /// <param name="mostParts">How many pairs there may be.</param>
    /// <param name="sum">Their sum.</param>
    /// <returns>False for anything else, also for a sum beyond 64 bits.</returns>
    public static bool TryParse(ReadOnlySpan<char> text, Factor factor, int mostParts, out ulong sum)
    {
        sum = 0;
        var parts = 0;
        for (text = text.Trim(); !text.IsEmpty; text = text.TrimStart(), parts++)
        {
            var digits = text.IndexOfAnyExceptInRange('0', '9') is var end && end < 0 ? text.Length : end;
            if (!ulong.TryParse(text[..digits], NumberStyles.None, CultureInfo.InvariantCulture, out var number))
                return false;
            text = text[digits..].TrimStart();
            var letters = 0;
            while (letters < text.Length && text[letters] != ' ' && !char.IsAsciiDigit(text[letters]))
                letters++;
            var unit = factor(text[..letters]);
            var value = ((UInt128)number * unit) + sum;
            if (unit == 0 || value > ulong.MaxValue)
                return false;
            sum = (ulong)value;
            text = text[letters..];
        }
        return parts > 0 && parts <= mostParts;
    }
}
