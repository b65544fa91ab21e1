using System.Globalization;
using System.Text;
using System.Text.Json;
using Iggy.Cli.Help;
using Iggy.Client;
using Iggy.Protocol;

namespace Iggy.Cli.Values;

/// <summary>A message of one line, and where it goes if the line says so.</summary>
internal readonly record struct Outgoing(Message Message, Partitioning? To);

/// <summary>How a line becomes a message.</summary>
internal static class OutgoingLines
{
    /// <summary>A line is the payload.</summary>
    public static Outgoing Plain(ReadOnlyMemory<byte> line, ReadOnlyMemory<byte> userHeaders) => new(new Message(line) { UserHeaders = userHeaders }, null);

    /// <summary>A line is key, separator and payload. Without the separator it has no key.</summary>
    /// <exception cref="CommandException">The key is empty or too long.</exception>
    public static Outgoing Keyed(ReadOnlyMemory<byte> line, ReadOnlySpan<byte> separator, ReadOnlyMemory<byte> userHeaders)
    {
        var at = line.Span.IndexOf(separator);
        if (at < 0)
            return Plain(line, userHeaders);
        return at is >= 1 and <= ProtocolLimits.MaxNameBytes
            ? new(new Message(line[(at + separator.Length)..]) { UserHeaders = userHeaders }, Partitioning.ByKey(line[..at]))
            : throw new CommandException(ExitCode.Usage, $"A line has a key of {at} bytes; allowed: 1 to {ProtocolLimits.MaxNameBytes}.");
    }

    /// <summary>A line is a JSON object: <c>value</c> (a text, or any JSON), <c>text</c> or <c>payload</c> (base64); <c>key</c> or <c>partition_id</c>;
    /// <c>headers</c> (<c>{"name": value}</c>) or <c>user_headers</c> as a poll prints them; <c>id</c>; <c>origin_timestamp</c>. Others are passed over,
    /// so that what a poll printed can be sent.</summary>
    /// <exception cref="CommandException">It is something else.</exception>
    public static Outgoing Json(ReadOnlyMemory<byte> line, ReadOnlyMemory<byte> userHeaders)
    {
        try
        {
            using var document = JsonDocument.Parse(line);
            var root = document.RootElement;
            if (root.ValueKind is not JsonValueKind.Object)
                throw new CommandException(ExitCode.Usage, "A line is no JSON object.");
            var message = new Message(PayloadOf(root))
            {
                UserHeaders = HeadersOf(root) ?? userHeaders,
                Id = Find(root, "id") is { } id ? UInt128.Parse(TextOf(id), CultureInfo.InvariantCulture) : default,
                OriginTimestampMicros = Find(root, "origin_timestamp")?.GetUInt64() ?? 0,
            };
            Partitioning? to = Find(root, "key") is { } key ? Partitioning.ByKey(Encoding.UTF8.GetBytes(TextOf(key)))
                : Find(root, "partition_id") is { } partition ? Partitioning.ToPartition(partition.GetUInt32()) : null;
            return new(message, to);
        }
        catch (Exception e) when (e is JsonException or FormatException or InvalidOperationException or ArgumentException or OverflowException)
        {
            throw new CommandException(ExitCode.Usage, $"A line can't be sent as JSON: {PlainWords.Of(e)}");
        }
    }

    private static ReadOnlyMemory<byte> PayloadOf(JsonElement root)
    {
        if (Find(root, "text") is { } text)
            return Encoding.UTF8.GetBytes(text.GetString()!);
        if (Find(root, "payload") is { } payload)
            return payload.GetBytesFromBase64();
        return root.TryGetProperty("value", out var value) && value.ValueKind is not JsonValueKind.Null
            ? Encoding.UTF8.GetBytes(TextOf(value))
            : throw new CommandException(ExitCode.Usage, "A line has neither value nor text nor payload.");
    }

    private static ReadOnlyMemory<byte>? HeadersOf(JsonElement root)
    {
        var headers = new MessageHeaders();
        if (Find(root, "headers") is { } plain)
        {
            foreach (var one in plain.EnumerateObject())
                Add(headers, one.Name, one.Value);
            return headers.ToMemory();
        }
        if (Find(root, "user_headers") is not { } printed)
            return null;
        foreach (var one in printed.EnumerateArray())
        {
            var (key, value) = (one.GetProperty("key"), one.GetProperty("value"));
            var kind = value.GetProperty("kind").GetString()!;
            if (key.GetProperty("kind").GetString() is not "string")
                throw new CommandException(ExitCode.Usage, "A line has a header whose key is no text; such messages are sent with 'message copy'.");
            HeaderTexts.Add(headers, key.GetProperty("value").GetString()!, kind, value.GetProperty("value").GetString()!, isRawHex: true);
        }
        return headers.ToMemory();
    }

    private static void Add(MessageHeaders headers, string name, JsonElement value)
    {
        if (value.ValueKind is JsonValueKind.True or JsonValueKind.False)
            headers.Add(name, value.GetBoolean());
        else if (value.ValueKind is JsonValueKind.Number && value.TryGetInt64(out var whole))
            headers.Add(name, whole);
        else if (value.ValueKind is JsonValueKind.Number)
            headers.Add(name, value.GetDouble());
        else
            headers.Add(name, TextOf(value));
    }

    private static string TextOf(JsonElement value) => value.ValueKind is JsonValueKind.String ? value.GetString()! : value.GetRawText();

    private static JsonElement? Find(JsonElement root, string name) => root.TryGetProperty(name, out var value) && value.ValueKind is not JsonValueKind.Null ? value : null;
}
