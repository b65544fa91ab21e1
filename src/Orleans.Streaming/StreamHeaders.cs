using System.Globalization;
using System.Text;
using System.Text.Json;
using Iggy.Client;
using Iggy.Protocol;

namespace Iggy.Orleans.Streaming;

/// <summary>Which Orleans stream a message belongs to, as its headers say: texts that producers in any language can write.</summary>
/// <remarks>Without <see cref="Key"/> a message belongs to the stream whose key is the number of its partition.</remarks>
public static class StreamHeaders
{
    /// <summary>The stream's key. A producer sends with the same bytes as the message key, so that the message lands in the stream's partition.</summary>
    public const string Key = "orleans-key";

    /// <summary>The stream's namespace, where it is not <see cref="IggyStreamOptions.Namespace"/>.</summary>
    public const string Namespace = "orleans-namespace";

    /// <summary>Texts of the producer's request context, a JSON object.</summary>
    public const string Context = "orleans-context";

    internal static ReadOnlyMemory<byte> Write(StreamId stream, string ownNamespace, Dictionary<string, object>? context)
    {
        var headers = new MessageHeaders().Add(Key, stream.GetKeyAsString());
        if (stream.GetNamespace() is { Length: > 0 } name && name != ownNamespace)
            headers.Add(Namespace, name);
        var texts = context?.Where(static entry => entry.Value is string).ToDictionary(static entry => entry.Key, static entry => (string)entry.Value);
        if (texts is { Count: > 0 } && JsonSerializer.Serialize(texts) is { } json && Encoding.UTF8.GetByteCount(json) <= ProtocolLimits.MaxNameBytes)
            headers.Add(Context, json);
        return headers.ToMemory();
    }

    internal static StreamId StreamOf(PolledMessage message, uint partition, string ownNamespace) => StreamId.Create(
        message.TryGetHeader(Namespace, out var name) ? name : ownNamespace,
        message.TryGetHeader(Key, out var key) ? key : partition.ToString(CultureInfo.InvariantCulture));

    /// <summary>What a producer's request context held; null for nothing, or for what is not of this provider.</summary>
    internal static Dictionary<string, string>? ContextOf(PolledMessage message)
    {
        if (!message.TryGetHeader(Context, out var json))
            return null;
        try
        {
            return JsonSerializer.Deserialize<Dictionary<string, string>>(json);
        }
        catch (JsonException)
        {
            return null; // somebody else's header of that name
        }
    }
}
