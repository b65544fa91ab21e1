using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Iggy.Protocol;

namespace Iggy.Client.Http;

/// <summary>One request of the HTTP API.</summary>
/// <param name="Method">GET, POST, PUT or DELETE.</param>
/// <param name="Path">From the first slash on, with the query, escaped.</param>
/// <param name="Body">JSON; empty for none.</param>
internal readonly record struct ApiCall(HttpMethod Method, string Path, ReadOnlyMemory<byte> Body = default)
{
    /// <summary>Asks for a login, or for one no more: sent without one.</summary>
    public bool IsPublic { get; init; }

    /// <summary>What the API's general 404 means here, where the protocol has a code of its own.</summary>
    public IggyError Missing { get; init; } = IggyError.ResourceNotFound;

    /// <summary>Reads something.</summary>
    public static ApiCall Get(string path) => new(HttpMethod.Get, path);

    /// <summary>Makes something.</summary>
    public static ApiCall Post<T>(string path, T body, JsonTypeInfo<T> type) => new(HttpMethod.Post, path, JsonSerializer.SerializeToUtf8Bytes(body, type));

    /// <summary>Changes something.</summary>
    public static ApiCall Put<T>(string path, T body, JsonTypeInfo<T> type) => new(HttpMethod.Put, path, JsonSerializer.SerializeToUtf8Bytes(body, type));

    /// <summary>Removes something.</summary>
    public static ApiCall Delete(string path) => new(HttpMethod.Delete, path);

    /// <summary>The path of a stream.</summary>
    public static string OfStream(Identifier stream) => $"/streams/{Segment(stream)}";

    /// <summary>The path of a topic.</summary>
    public static string OfTopic(Identifier stream, Identifier topic) => $"{OfStream(stream)}/topics/{Segment(topic)}";

    /// <summary>The path of a consumer group.</summary>
    public static string OfGroup(Identifier stream, Identifier topic, Identifier group) => $"{OfTopic(stream, topic)}/consumer-groups/{Segment(group)}";

    /// <summary>An identifier in a path or a query.</summary>
    /// <exception cref="IggyException"><see cref="IggyError.FeatureUnavailable"/>: the name would arrive as something else.</exception>
    public static string Segment(Identifier identifier)
    {
        if (identifier.Name is not { } name)
            return identifier.Number.ToString(CultureInfo.InvariantCulture);
        // The API tells numbers from names by their look, also with a plus sign in front.
        if (uint.TryParse(name.AsSpan(name.StartsWith('+') ? 1 : 0), NumberStyles.None, CultureInfo.InvariantCulture, out _))
            throw Unavailable($"the name '{name}' would be taken for a number");
        return Segment(name);
    }

    /// <summary>A name in a path or a query.</summary>
    /// <exception cref="IggyException"><see cref="IggyError.FeatureUnavailable"/>: the name would arrive as something else.</exception>
    public static string Segment(string name) => name is "." or ".."
        ? throw Unavailable($"the name '{name}' means another path")
        : Uri.EscapeDataString(name);

    /// <summary>What HTTP cannot do.</summary>
    public static IggyException Unavailable(string why) => new(IggyError.FeatureUnavailable, $"Over HTTP this is not possible: {why}.");
}
