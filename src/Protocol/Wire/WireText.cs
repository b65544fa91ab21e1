using System.Text;
using System.Text.Unicode;

namespace Iggy.Protocol;

/// <summary>Text on the wire: UTF-8 without a mark, strict in both directions.</summary>
internal static class WireText
{
    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>Whether the bytes are UTF-8.</summary>
    public static bool IsValid(ReadOnlySpan<byte> bytes) => Utf8.IsValid(bytes);

    /// <summary>Text of bytes that are known to be UTF-8.</summary>
    public static string Decode(ReadOnlySpan<byte> bytes) => Strict.GetString(bytes);

    /// <exception cref="ArgumentException">Half a surrogate pair, which UTF-8 can't say.</exception>
    public static byte[] Encode(string text) => Strict.GetBytes(text);

    /// <exception cref="ArgumentException">Half a surrogate pair.</exception>
    public static int CountBytes(string text) => Strict.GetByteCount(text);

    /// <exception cref="ArgumentException">Half a surrogate pair.</exception>
    public static void Encode(string text, Span<byte> destination) => Strict.GetBytes(text, destination);
}
