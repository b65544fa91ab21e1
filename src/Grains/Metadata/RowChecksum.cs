using System.Buffers.Text;
using System.IO.Hashing;

namespace Iggy.Grains.Metadata;

/// <summary>The last line of a row: 16 hexadecimal digits, the XXH3-64 of the JSON before it. SQLite itself would hand flipped bits out.</summary>
internal static class RowChecksum
{
    private const byte LineFeed = (byte)'\n';
    private const int Digits = 16;

    /// <summary>The row of a state.</summary>
    public static byte[] Append(ReadOnlySpan<byte> json)
    {
        var row = new byte[json.Length + 1 + Digits];
        json.CopyTo(row);
        row[json.Length] = LineFeed;
        Utf8Formatter.TryFormat(XxHash3.HashToUInt64(json), row.AsSpan(json.Length + 1), out _, new System.Buffers.StandardFormat('x', Digits));
        return row;
    }

    /// <summary>The JSON of a row that is as it was written. Rows of earlier servers have no checksum and end with their brace.</summary>
    /// <returns>False when it is damaged.</returns>
    public static bool TryRemove(ReadOnlySpan<byte> row, out ReadOnlySpan<byte> json)
    {
        json = row;
        if (!row.IsEmpty && row[^1] == (byte)'}')
            return true;
        if (row.Length <= Digits || row[^(Digits + 1)] != LineFeed)
            return false;

        json = row[..^(Digits + 1)];
        return Utf8Parser.TryParse(row[^Digits..], out ulong checksum, out var used, 'x') && used == Digits && checksum == XxHash3.HashToUInt64(json);
    }
}
