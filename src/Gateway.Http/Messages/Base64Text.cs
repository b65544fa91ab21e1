using System.Buffers;
using System.Buffers.Text;
using System.Text.Json;

namespace Iggy.Gateway.Http.Messages;

/// <summary>Base64 in JSON texts, in the standard alphabet.</summary>
internal static class Base64Text
{
    /// <summary>Most bytes that the present text can stand for.</summary>
    public static int MostBytes(ref readonly Utf8JsonReader json) => Base64.GetMaxDecodedFromUtf8Length(json.ValueSpan.Length);

    /// <summary>Decodes a text with its padding.</summary>
    /// <param name="json">At the text.</param>
    /// <param name="into">Of <see cref="MostBytes"/>.</param>
    /// <returns>Bytes written.</returns>
    /// <exception cref="JsonException">It is no Base64.</exception>
    public static int DecodeStrict(ref Utf8JsonReader json, Span<byte> into) =>
        Decode(json.ValueIsEscaped ? Unescape(ref json) : json.ValueSpan, into);

    /// <summary>Decodes a short text that may leave its padding out.</summary>
    /// <exception cref="JsonException">It is no Base64.</exception>
    public static byte[] DecodeLoose(ref Utf8JsonReader json)
    {
        var text = json.ValueIsEscaped ? Unescape(ref json) : json.ValueSpan;
        if (text.Length % 4 is not 0 and var rest)
        {
            var padded = new byte[text.Length + 4 - rest];
            text.CopyTo(padded);
            padded.AsSpan(text.Length).Fill((byte)'=');
            text = padded;
        }
        var bytes = new byte[Base64.GetMaxDecodedFromUtf8Length(text.Length)];
        return bytes[..Decode(text, bytes)];
    }

    private static int Decode(ReadOnlySpan<byte> text, Span<byte> into)
    {
        // The decoder skips white space, which is no Base64 here.
        if (text.IndexOfAny(" \t\r\n"u8) >= 0 || Base64.DecodeFromUtf8(text, into, out var read, out var written) is not OperationStatus.Done || read != text.Length)
            throw new JsonException("a text is no Base64");
        return written;
    }

    private static ReadOnlySpan<byte> Unescape(ref Utf8JsonReader json)
    {
        var text = new byte[json.ValueSpan.Length];
        return text.AsSpan(0, json.CopyString(text));
    }
}
