using System.Text;
using System.Text.Json;

namespace Iggy.Orleans.Streaming;

/// <summary>Texts as UTF-8, bytes as they are, everything else as JSON: what producers and consumers in other languages write and read.</summary>
/// <param name="options">For JSON; null for the defaults of the web.</param>
public sealed class JsonEventSerializer(JsonSerializerOptions? options = null) : IIggyEventSerializer
{
    private readonly JsonSerializerOptions _options = options ?? JsonSerializerOptions.Web;

    /// <inheritdoc/>
    public ReadOnlyMemory<byte> Serialize<T>(T value) => value switch
    {
        string text => Encoding.UTF8.GetBytes(text),
        byte[] bytes => bytes,
        ReadOnlyMemory<byte> bytes => bytes,
        _ => JsonSerializer.SerializeToUtf8Bytes(value, _options),
    };

    /// <inheritdoc/>
    public IEnumerable<T> Deserialize<T>(ReadOnlyMemory<byte> payload)
    {
        if (typeof(T) == typeof(string))
            return [(T)(object)Encoding.UTF8.GetString(payload.Span)];
        if (typeof(T) == typeof(byte[]))
            return [(T)(object)payload.ToArray()];
        if (typeof(T) == typeof(ReadOnlyMemory<byte>))
            return [(T)(object)payload];
        return [JsonSerializer.Deserialize<T>(payload.Span, _options)!];
    }
}
