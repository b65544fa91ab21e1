using System.Collections.Immutable;
using System.Text.Json.Serialization;
using Iggy.Protocol.Classic;

namespace Iggy.Cli.Output;

// The records that the tool prints as JSON. Property names are part of its promise: snake_case, as in the HTTP API; sizes are bytes, times
// microseconds since 1970, so that programs need not read texts.

internal sealed record StreamJson(uint Id, ulong CreatedAt, string Name, ulong SizeBytes, ulong MessagesCount, uint TopicsCount, IReadOnlyList<TopicJson>? Topics)
{
    public static StreamJson Of(StreamRecord stream, ImmutableArray<TopicRecord>? topics = null) =>
        new(stream.Id, stream.CreatedAtMicros, stream.Name, stream.SizeBytes, stream.MessagesCount, stream.TopicsCount, topics?.Select(topic => TopicJson.Of(topic)).ToArray());
}

internal sealed record TopicJson(
    uint Id,
    ulong CreatedAt,
    string Name,
    ulong SizeBytes,
    ulong MessageExpiry,
    string CompressionAlgorithm,
    ulong MaxTopicSize,
    byte ReplicationFactor,
    ulong MessagesCount,
    uint PartitionsCount,
    IReadOnlyList<PartitionJson>? Partitions)
{
    public static TopicJson Of(TopicRecord topic, ImmutableArray<PartitionRecord>? partitions = null) => new(
        topic.Id,
        topic.CreatedAtMicros,
        topic.Name,
        topic.SizeBytes,
        topic.MessageExpiryMicros,
        topic.Compression is Protocol.CompressionAlgorithm.Gzip ? "gzip" : "none",
        topic.MaxTopicSizeBytes,
        topic.ReplicationFactor,
        topic.MessagesCount,
        topic.PartitionsCount,
        partitions?.Select(PartitionJson.Of).ToArray());
}

internal sealed record PartitionJson(uint Id, ulong CreatedAt, uint SegmentsCount, ulong CurrentOffset, ulong SizeBytes, ulong MessagesCount)
{
    public static PartitionJson Of(PartitionRecord partition) =>
        new(partition.Id, partition.CreatedAtMicros, partition.SegmentsCount, partition.CurrentOffset, partition.SizeBytes, partition.MessagesCount);
}

internal sealed record ClientJson(
    uint ClientId, uint? UserId, string Address, string Transport, uint ConsumerGroupsCount, IReadOnlyList<ClientGroupJson>? ConsumerGroups)
{
    public static ClientJson Of(ClientRecord client, ImmutableArray<ClientGroup>? groups = null) => new(
        client.ClientId,
        client.UserId == Protocol.ProtocolLimits.NoUser ? null : client.UserId,
        client.Address,
        Names.Of(client.Transport),
        client.ConsumerGroupsCount,
        groups?.Select(group => new ClientGroupJson(group.StreamId, group.TopicId, group.GroupId)).ToArray());
}

internal sealed record ClientGroupJson(uint StreamId, uint TopicId, uint GroupId);

internal sealed record OffsetJson(uint PartitionId, ulong CurrentOffset, ulong StoredOffset);

internal sealed record ClusterJson(string Name, IReadOnlyList<NodeJson> Nodes);

internal sealed record NodeJson(string Name, string Ip, EndpointsJson Endpoints, string Role, string Status)
{
    public static NodeJson Of(ClusterNode node) =>
        new(node.Name, node.Ip, new(node.TcpPort, node.QuicPort, node.HttpPort, node.WebSocketPort), Names.Of(node.Role), Names.Of(node.Status));
}

internal sealed record EndpointsJson(ushort Tcp, ushort Quic, ushort Http, ushort Websocket);

internal sealed record PingJson(int Count, double MinMs, double AvgMs, double MaxMs, double MdevMs);

internal sealed record SentJson(long MessagesCount, long PayloadBytes);

internal sealed record WrittenJson(string File, long Count);

internal sealed record MessagesJson(IReadOnlyList<MessageJson> Messages);

internal sealed record MessageJson(
    uint PartitionId, ulong Offset, string Id, ulong Timestamp, ulong OriginTimestamp, string Checksum, string Payload, string? Text, IReadOnlyList<HeaderJson> UserHeaders);

internal sealed record HeaderJson(HeaderFieldJson Key, HeaderFieldJson Value);

internal sealed record HeaderFieldJson(string Kind, string Value);

/// <summary>Words for enumerations, as the HTTP API has them.</summary>
internal static class Names
{
    /// <summary>The value's name in lower case.</summary>
#pragma warning disable CA1308 // the names are lower-case
    public static string Of<T>(T value) where T : struct, Enum => value.ToString().ToLowerInvariant();
#pragma warning restore CA1308
}

/// <summary>Serialisation of everything above, generated at compile time.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(StreamJson))]
[JsonSerializable(typeof(IReadOnlyList<StreamJson>))]
[JsonSerializable(typeof(TopicJson))]
[JsonSerializable(typeof(IReadOnlyList<TopicJson>))]
[JsonSerializable(typeof(IReadOnlyList<PartitionJson>))]
[JsonSerializable(typeof(ClientJson))]
[JsonSerializable(typeof(IReadOnlyList<ClientJson>))]
[JsonSerializable(typeof(UserJson))]
[JsonSerializable(typeof(IReadOnlyList<UserJson>))]
[JsonSerializable(typeof(IReadOnlyList<TokenJson>))]
[JsonSerializable(typeof(NewTokenJson))]
[JsonSerializable(typeof(GroupJson))]
[JsonSerializable(typeof(IReadOnlyList<GroupJson>))]
[JsonSerializable(typeof(IReadOnlyList<ContextJson>))]
[JsonSerializable(typeof(GroupProgressJson))]
[JsonSerializable(typeof(OffsetChangesJson))]
[JsonSerializable(typeof(IReadOnlyList<SettingJson>))]
[JsonSerializable(typeof(SessionJson))]
[JsonSerializable(typeof(IReadOnlyList<MirroredJson>))]
[JsonSerializable(typeof(CopiedJson))]
[JsonSerializable(typeof(IReadOnlyList<DeadLetterJson>))]
[JsonSerializable(typeof(ReplayedJson))]
[JsonSerializable(typeof(BenchmarkJson))]
[JsonSerializable(typeof(IReadOnlyList<OptionJson>))]
[JsonSerializable(typeof(SnapshotJson))]
[JsonSerializable(typeof(OffsetJson))]
[JsonSerializable(typeof(ClusterJson))]
[JsonSerializable(typeof(PingJson))]
[JsonSerializable(typeof(SentJson))]
[JsonSerializable(typeof(WrittenJson))]
[JsonSerializable(typeof(MessagesJson))]
[JsonSerializable(typeof(MessageJson))]
[JsonSerializable(typeof(StatsReply))]
internal sealed partial class CliJson : JsonSerializerContext;
