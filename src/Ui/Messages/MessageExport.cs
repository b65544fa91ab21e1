using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Iggy.Ui.Messages;

/// <summary>Messages as a file: JSON, one message a line.</summary>
internal static class MessageExport
{
    private static readonly JsonWriterOptions _options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
    private static readonly UTF8Encoding _strict = new(false, throwOnInvalidBytes: true);

    /// <summary>Writes them; payloads that are text are also there as such.</summary>
    public static MemoryStream Write(IEnumerable<ConsoleMessage> messages)
    {
        var output = new MemoryStream();
        foreach (var message in messages)
        {
            using (var json = new Utf8JsonWriter(output, _options))
                Write(json, message);
            output.WriteByte((byte)'\n');
        }
        output.Position = 0;
        return output;
    }

    private static void Write(Utf8JsonWriter json, ConsoleMessage message)
    {
        json.WriteStartObject();
        json.WriteNumber("partition_id", message.PartitionId);
        json.WriteNumber("offset", message.Offset);
        json.WriteString("id", message.Id.ToString(System.Globalization.CultureInfo.InvariantCulture));
        json.WriteNumber("timestamp", message.TimestampMicros);
        json.WriteNumber("origin_timestamp", message.OriginMicros);
        json.WriteBase64String("payload", message.Payload.Span);
        if (TryReadText(message.Payload.Span) is { } text)
            json.WriteString("text", text);
        json.WriteStartObject("headers");
        foreach (var header in message.Headers.DistinctBy(static header => header.Name))
            json.WriteString(header.Name, header.Value);
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static string? TryReadText(ReadOnlySpan<byte> payload)
    {
        try
        {
            return _strict.GetString(payload);
        }
        catch (DecoderFallbackException)
        {
            return null;
        }
    }
}
