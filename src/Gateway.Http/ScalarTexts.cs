using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Iggy.Gateway.Errors;
using Iggy.Protocol;
using Iggy.Protocol.Vsr;

namespace Iggy.Gateway.Http;

/// <summary>Options with values of any simple type, as texts: clients up to the 0.9 line send texts, those since also numbers and truths.</summary>
internal sealed class ScalarTextsConverter : JsonConverter<Dictionary<string, string>>
{
    public override Dictionary<string, string> Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType is not JsonTokenType.StartObject)
            throw new JsonException();
        var texts = new Dictionary<string, string>(StringComparer.Ordinal);
        while (reader.Read() && reader.TokenType is JsonTokenType.PropertyName)
        {
            var key = reader.GetString()!;
            reader.Read();
            texts[key] = reader.TokenType switch
            {
                JsonTokenType.String => reader.GetString()!,
                JsonTokenType.True => "true",
                JsonTokenType.False => "false",
                JsonTokenType.Number when reader.TryGetUInt64(out _) => Encoding.UTF8.GetString(reader.ValueSpan),
                _ => throw new JsonException(),
            };
        }
        return texts;
    }

    public override void Write(Utf8JsonWriter writer, Dictionary<string, string> value, JsonSerializerOptions options)
    {
        writer.WriteStartObject();
        foreach (var (key, text) in value)
            writer.WriteString(key, text);
        writer.WriteEndObject();
    }
}

/// <summary>A number, or a text that people write for it.</summary>
internal abstract class NumberOrTextConverter : JsonConverter<ulong?>
{
    public override ulong? Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => reader.TokenType switch
    {
        JsonTokenType.Null => null,
        JsonTokenType.Number => reader.GetUInt64(),
        JsonTokenType.String when OptionsJson.IsNumber(reader.GetString()!, out var number) => number,
        JsonTokenType.String when TryParse(reader.GetString()!, out var value) => value,
        JsonTokenType.String => throw new CommandRefusedException(IggyError.InvalidOptionValue),
        _ => throw new JsonException(),
    };

    public override void Write(Utf8JsonWriter writer, ulong? value, JsonSerializerOptions options)
    {
        if (value is { } number)
            writer.WriteNumberValue(number);
        else
            writer.WriteNullValue();
    }

    /// <summary>Reads a text that is no number.</summary>
    protected abstract bool TryParse(string text, out ulong value);
}

/// <summary>Microseconds, or a text such as <c>1 h</c>.</summary>
internal sealed class DurationConverter : NumberOrTextConverter
{
    protected override bool TryParse(string text, out ulong value) => OptionTexts.TryParseDuration(text, out value);
}

/// <summary>Bytes, or a text such as <c>1 GiB</c>.</summary>
internal sealed class SizeTextConverter : NumberOrTextConverter
{
    protected override bool TryParse(string text, out ulong value) => OptionTexts.TryParseSize(text, out value);
}
