using System.Globalization;
using System.Text;
using System.Text.Json;
using Iggy.Cli.Output;
using Iggy.Cli.Values;
using Iggy.Client;

namespace Iggy.Cli.Messages;

/// <summary>A text with placeholders such as <c>{offset}</c> that becomes one text for each message.</summary>
internal sealed class MessageTemplate
{
    /// <summary>All placeholders, for help.</summary>
    public const string Placeholders = "{partition}, {offset}, {id}, {timestamp}, {timestamp_us}, {origin_timestamp}, {origin_timestamp_us}, {checksum}, {size}, {key}, {headers}, {header:NAME}, {payload}, {payload_base64}, {payload_hex}, {json}";

    private delegate void Part(StringBuilder text, uint partition, PolledMessage message);

    private readonly List<Part> _parts = [];
    private readonly bool _isTerminal;

    private MessageTemplate(bool isTerminal) => _isTerminal = isTerminal;

    /// <summary>Reads a template.</summary>
    /// <param name="text">Also with <c>\n</c>, <c>\r</c>, <c>\t</c>, <c>\0</c> and <c>\\</c>; <c>{{</c> and <c>}}</c> are braces. A line end follows each message
    /// unless the template has an end of its own: <c>\n</c> or <c>\0</c>.</param>
    /// <param name="isTerminal">As for <see cref="MessageView.Show"/>.</param>
    /// <exception cref="CommandException">It has a placeholder that there is not.</exception>
    public static MessageTemplate Parse(string text, bool isTerminal)
    {
        var template = new MessageTemplate(isTerminal);
        var literal = new StringBuilder();
        for (var i = 0; i < text.Length; i++)
        {
            var next = i + 1 < text.Length ? text[i + 1] : '\0';
            if (text[i] == '\\' && "nrt0\\".Contains(next, StringComparison.Ordinal) && i + 1 < text.Length)
            {
                literal.Append(next switch { 'n' => '\n', 'r' => '\r', 't' => '\t', '0' => '\0', _ => '\\' });
                i++;
            }
            else if (text[i] is '{' or '}' && next == text[i])
            {
                literal.Append(text[i++]);
            }
            else if (text[i] == '{')
            {
                var end = text.IndexOf('}', i);
                if (end < 0)
                    throw new CommandException(ExitCode.Usage, $"--format has a '{{' without '}}' at character {i + 1}; '{{{{' is a brace.");
                template.AddLiteral(literal);
                template._parts.Add(template.PartOf(text[(i + 1)..end]));
                i = end;
            }
            else
            {
                literal.Append(text[i]);
            }
        }
        if (!text.EndsWith("\\n", StringComparison.Ordinal) && !text.EndsWith("\\0", StringComparison.Ordinal))
            literal.Append('\n');
        template.AddLiteral(literal);
        return template;
    }

    /// <summary>Writes a message.</summary>
    public void Write(StringBuilder text, uint partition, PolledMessage message)
    {
        foreach (var part in _parts)
            part(text, partition, message);
    }

    private void AddLiteral(StringBuilder literal)
    {
        if (literal.Length == 0)
            return;
        var text = literal.ToString();
        literal.Clear();
        _parts.Add((output, _, _) => output.Append(text));
    }

    private Part PartOf(string name)
    {
        if (name.StartsWith("header:", StringComparison.Ordinal))
            return HeaderPart(name["header:".Length..]);
        return name switch
        {
            "partition" => static (text, partition, _) => text.Append(CultureInfo.InvariantCulture, $"{partition}"),
            "offset" => static (text, _, message) => text.Append(CultureInfo.InvariantCulture, $"{message.Offset}"),
            "id" => static (text, _, message) => text.Append(message.Id.ToString(null, CultureInfo.InvariantCulture)),
            "timestamp" => static (text, _, message) => text.Append(Texts.Time(message.TimestampMicros)),
            "timestamp_us" => static (text, _, message) => text.Append(CultureInfo.InvariantCulture, $"{message.TimestampMicros}"),
            "origin_timestamp" => static (text, _, message) => text.Append(Texts.Time(message.OriginTimestampMicros)),
            "origin_timestamp_us" => static (text, _, message) => text.Append(CultureInfo.InvariantCulture, $"{message.OriginTimestampMicros}"),
            "checksum" => static (text, _, message) => text.Append(CultureInfo.InvariantCulture, $"{message.Checksum}"),
            "size" => static (text, _, message) => text.Append(CultureInfo.InvariantCulture, $"{message.Payload.Length}"),
            "key" => HeaderPart("key"), // the key that chose the partition is not kept with a message; who needs it sends it as a header
            "headers" => (text, _, message) => text.Append(MessageView.Headers(message, _isTerminal)),
            "payload" => (text, _, message) => text.Append(MessageView.Show(message.Payload.Span, _isTerminal)),
            "payload_base64" => static (text, _, message) => text.Append(Convert.ToBase64String(message.Payload.Span)),
            "payload_hex" => static (text, _, message) => text.Append(Convert.ToHexStringLower(message.Payload.Span)),
            "json" => static (text, partition, message) => text.Append(JsonSerializer.Serialize(MessageView.ToJson(partition, message), CliJson.Default.MessageJson)),
            _ => throw new CommandException(ExitCode.Usage, $"--format knows no '{{{name}}}'; there are {Placeholders}. '{{{{' is a brace."),
        };
    }

    private Part HeaderPart(string name) => (text, _, message) =>
    {
        var value = MessageView.FindHeader(message, name) ?? "";
        text.Append(_isTerminal ? Texts.WithoutControls(value) : value);
    };
}
