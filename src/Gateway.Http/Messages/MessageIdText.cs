using System.Globalization;
using System.Text.Json;

namespace Iggy.Gateway.Http.Messages;

/// <summary>A message's 128-bit id in JSON: a number, the same as a text, or 32 hexadecimal digits with or without hyphens.</summary>
internal static class MessageIdText
{
    private const int MostDigits = 39;

    /// <summary>Reads the value that follows; null is 0.</summary>
    /// <exception cref="JsonException">It is no id.</exception>
    public static UInt128 Read(ref Utf8JsonReader json)
    {
        json.Read();
        return json.TokenType switch
        {
            JsonTokenType.Null => 0,
            JsonTokenType.Number when UInt128.TryParse(json.ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture, out var number) => number,
            JsonTokenType.String when TryParse(json.GetString()!, out var id) => id,
            _ => throw new JsonException("an id is neither a number nor its text"),
        };
    }

    /// <summary>Writes an id as a number.</summary>
    public static void Write(Utf8JsonWriter json, UInt128 id)
    {
        Span<byte> digits = stackalloc byte[MostDigits];
        id.TryFormat(digits, out var written, default, CultureInfo.InvariantCulture);
        json.WriteRawValue(digits[..written], skipInputValidation: true);
    }

    private static bool TryParse(string text, out UInt128 id)
    {
        if (UInt128.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out id))
            return true;
        var digits = text.Replace("-", "", StringComparison.Ordinal);
        return digits.Length == 32 && UInt128.TryParse(digits, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out id);
    }
}
