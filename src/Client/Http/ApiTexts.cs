using System.Text.Json;
using System.Text.Json.Serialization;
using Iggy.Protocol;
using Iggy.Protocol.Texts;

namespace Iggy.Client.Http;

/// <summary>Small values by the texts that the API has for them.</summary>
internal static class ApiTexts
{
    /// <summary>Compression of a topic.</summary>
    public static string Of(CompressionAlgorithm compression) => compression switch
    {
        CompressionAlgorithm.None => "none",
        CompressionAlgorithm.Gzip => "gzip",
        _ => throw ApiCall.Unavailable($"the API has no compression {compression}"),
    };

    /// <summary>Compression of a topic.</summary>
    public static CompressionAlgorithm Compression(string text) => text switch
    {
        "none" => CompressionAlgorithm.None,
        "gzip" => CompressionAlgorithm.Gzip,
        _ => throw Unknown("compression", text),
    };

    /// <summary>Whether a user may log in.</summary>
    public static string Of(UserStatus status) => status switch
    {
        UserStatus.Active => "active",
        UserStatus.Inactive => "inactive",
        _ => throw ApiCall.Unavailable($"the API has no status {status}"),
    };

    /// <summary>Whether a user may log in.</summary>
    public static UserStatus Status(string text) => text switch
    {
        "active" => UserStatus.Active,
        "inactive" => UserStatus.Inactive,
        _ => throw Unknown("status of a user", text),
    };

    /// <summary>How a client came.</summary>
    public static TransportKind Transport(string text) => text switch
    {
        "tcp" => TransportKind.Tcp,
        "quic" => TransportKind.Quic,
        "http" => TransportKind.Http,
        "ws" => TransportKind.WebSocket,
        "grpc" => TransportKind.Grpc,
        _ => throw Unknown("transport", text),
    };

    /// <summary>A node's role.</summary>
    public static ClusterNodeRole Role(string text) => text switch
    {
        "leader" => ClusterNodeRole.Leader,
        "follower" => ClusterNodeRole.Follower,
        _ => throw Unknown("role of a node", text),
    };

    /// <summary>How a node is.</summary>
    public static ClusterNodeStatus NodeStatus(string text) => text switch
    {
        "healthy" => ClusterNodeStatus.Healthy,
        "starting" => ClusterNodeStatus.Starting,
        "stopping" => ClusterNodeStatus.Stopping,
        "unreachable" => ClusterNodeStatus.Unreachable,
        "maintenance" => ClusterNodeStatus.Maintenance,
        _ => throw Unknown("status of a node", text),
    };

    /// <summary>A number of bytes: <c>1.5 KB</c>, exact to the byte.</summary>
    /// <exception cref="JsonException">It is none.</exception>
    public static ulong Size(string text) => HumanSize.TryParseBytes(text, out var bytes, nearest: true) ? bytes : throw Unknown("size", text);

    private static JsonException Unknown(string what, string text) => new($"'{text}' is no {what}");
}

/// <summary>Reads a size as the API writes it; a plain number is bytes.</summary>
internal sealed class SizeConverter : JsonConverter<ulong>
{
    /// <inheritdoc/>
    public override ulong Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.TokenType is JsonTokenType.String ? ApiTexts.Size(reader.GetString()!) : reader.GetUInt64();

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, ulong value, JsonSerializerOptions options) => writer.WriteNumberValue(value);
}
