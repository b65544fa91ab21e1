using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Iggy.Ui.Messages;

/// <summary>How a payload is shown.</summary>
internal enum PayloadView
{
    /// <summary>As JSON where it is JSON, as text where it is text, else as bytes.</summary>
    Auto,

    /// <summary>UTF-8.</summary>
    Text,

    /// <summary>JSON with a line for each member.</summary>
    Json,

    /// <summary>Bytes in rows of sixteen.</summary>
    Hex,
}

/// <summary>Payloads in words.</summary>
internal static class PayloadText
{
    /// <summary>What is shown of a payload at most; the whole of it is exported.</summary>
    public const int MostShownBytes = 64 * 1024;

    private static readonly UTF8Encoding _strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);
    private static readonly JsonWriterOptions _indented = new() { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>One line of it.</summary>
    public static string Glimpse(ReadOnlySpan<byte> payload, int mostCharacters = 160)
    {
        var head = payload[..Math.Min(payload.Length, mostCharacters * 4)];
        if (!TryReadText(head, payload.Length > head.Length, out var text))
            return Convert.ToHexString(head[..Math.Min(head.Length, mostCharacters / 2)]);
        var line = new StringBuilder(Math.Min(text.Length, mostCharacters) + 1);
        foreach (var letter in text.AsSpan(0, Math.Min(text.Length, mostCharacters)))
            line.Append(char.IsControl(letter) ? ' ' : letter);
        return (text.Length > mostCharacters ? line.Append('…') : line).ToString();
    }

    /// <summary>The view that fits a payload.</summary>
    public static PayloadView Fitting(ReadOnlySpan<byte> payload) =>
        TryReadJson(payload, out _) ? PayloadView.Json : TryReadText(payload, isCut: false, out _) ? PayloadView.Text : PayloadView.Hex;

    /// <summary>The payload in a view; in one that does not fit, as far as it goes.</summary>
    public static string Show(ReadOnlySpan<byte> payload, PayloadView view)
    {
        if (view is PayloadView.Auto)
            view = Fitting(payload);
        if (view is PayloadView.Json && TryReadJson(payload, out var json))
            return Cut(json);
        var shown = payload[..Math.Min(payload.Length, MostShownBytes)];
        return Cut(view is PayloadView.Hex ? Hex(shown) : Encoding.UTF8.GetString(shown), payload.Length > shown.Length);
    }

    /// <summary>Rows of sixteen bytes: position, bytes, letters.</summary>
    public static string Hex(ReadOnlySpan<byte> bytes)
    {
        var text = new StringBuilder(bytes.Length * 5);
        for (var row = 0; row < bytes.Length; row += 16)
        {
            text.Append(row.ToString("x8", CultureInfo.InvariantCulture)).Append("  ");
            for (var i = row; i < row + 16; i++)
            {
                text.Append(i < bytes.Length ? bytes[i].ToString("x2", CultureInfo.InvariantCulture) : "  ").Append(' ');
                if (i == row + 7)
                    text.Append(' ');
            }
            text.Append(' ');
            for (var i = row; i < Math.Min(row + 16, bytes.Length); i++)
                text.Append(bytes[i] is >= 32 and < 127 ? (char)bytes[i] : '.');
            text.Append('\n');
        }
        return text.ToString();
    }

    /// <summary>Reads bytes that are typed as hex digits, with spaces or without.</summary>
    public static bool TryReadHex(string text, out byte[] bytes)
    {
        var digits = string.Concat(text.Where(static letter => !char.IsWhiteSpace(letter)));
        bytes = [];
        if (digits.Length % 2 != 0 || !digits.All(char.IsAsciiHexDigit))
            return false;
        bytes = Convert.FromHexString(digits);
        return true;
    }

    private static string Cut(string text, bool isCut = false) => text.Length > MostShownBytes * 5 || isCut ? string.Concat(text.AsSpan(0, Math.Min(text.Length, MostShownBytes * 5)), "\n…") : text;

    private static bool TryReadJson(ReadOnlySpan<byte> payload, out string text)
    {
        text = "";
        if (payload.Length is 0 or > MostShownBytes || payload.TrimStart(" \t\r\n"u8) is not [(byte)'{' or (byte)'[', ..])
            return false;
        try
        {
            using var document = JsonDocument.Parse(payload.ToArray());
            using var output = new MemoryStream();
            using (var writer = new Utf8JsonWriter(output, _indented))
                document.WriteTo(writer);
            text = Encoding.UTF8.GetString(output.GetBuffer(), 0, (int)output.Length);
            return true;
        }
        catch (Exception none) when (none is JsonException or InvalidOperationException or ArgumentException)
        {
            return false; // no JSON, or one with texts that are none
        }
    }

    private static bool TryReadText(ReadOnlySpan<byte> bytes, bool isCut, out string text)
    {
        text = "";
        for (var dropped = 0; dropped <= (isCut ? 3 : 0); dropped++) // a cut may be within a character
        {
            try
            {
                text = _strict.GetString(bytes[..Math.Max(0, bytes.Length - dropped)]);
                return !text.Any(static letter => char.IsControl(letter) && letter is not ('\n' or '\r' or '\t'));
            }
            catch (DecoderFallbackException)
            {
                // Not at this cut.
            }
        }
        return false;
    }
}
