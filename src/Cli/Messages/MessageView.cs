using System.Globalization;
using System.Text;
using System.Text.Unicode;
using Iggy.Cli.Output;
using Iggy.Cli.Values;
using Iggy.Client;
using Iggy.Protocol;

namespace Iggy.Cli.Messages;

/// <summary>Messages as texts and as JSON.</summary>
internal static class MessageView
{
    /// <summary>The payload as text, or as <c>base64:…</c> where it is none.</summary>
    /// <param name="payload">Bytes of anybody's.</param>
    /// <param name="isTerminal">Whether control characters are left out: whoever sent the message must not get to steer the reader's terminal. A file gets
    /// the text as it is.</param>
    public static string Show(ReadOnlySpan<byte> payload, bool isTerminal)
    {
        if (!Utf8.IsValid(payload))
            return $"base64:{Convert.ToBase64String(payload)}";
        var text = Encoding.UTF8.GetString(payload);
        return isTerminal ? Texts.WithoutControls(text) : text;
    }

    /// <summary>All headers as <c>key:kind:value</c>, joined by commas.</summary>
    public static string Headers(PolledMessage message, bool isTerminal)
    {
        var text = string.Join(", ", ToHeaders(message).Select(header => $"{header.Key.Value}:{header.Value.Kind}:{header.Value.Value}"));
        return isTerminal ? Texts.WithoutControls(text) : text;
    }

    /// <summary>The value of one header; null where there is none of this name.</summary>
    public static string? FindHeader(PolledMessage message, string name)
    {
        var walk = message.EnumerateHeaders();
        while (walk.MoveNext())
        {
            if (HeaderTexts.Format(walk.Key) == name)
                return HeaderTexts.Format(walk.Value);
        }
        return null;
    }

    /// <summary>The message for programs.</summary>
    public static MessageJson ToJson(uint partition, PolledMessage message) => new(
        partition,
        message.Offset,
        message.Id.ToString(null, CultureInfo.InvariantCulture),
        message.TimestampMicros,
        message.OriginTimestampMicros,
        Texts.Number(message.Checksum),
        Convert.ToBase64String(message.Payload.Span),
        Utf8.IsValid(message.Payload.Span) ? Encoding.UTF8.GetString(message.Payload.Span) : null,
        ToHeaders(message));

    private static List<HeaderJson> ToHeaders(PolledMessage message)
    {
        var headers = new List<HeaderJson>();
        var walk = message.EnumerateHeaders();
        while (walk.MoveNext())
            headers.Add(new(new(HeaderTexts.NameOf(walk.Key.Kind), HeaderTexts.Format(walk.Key)), new(HeaderTexts.NameOf(walk.Value.Kind), HeaderTexts.Format(walk.Value))));
        return walk.Error is IggyError.None
            ? headers
            : [new(new("raw", ""), new("raw", Convert.ToHexString(message.UserHeaders.Span)))]; // producers may write anything there
    }
}
