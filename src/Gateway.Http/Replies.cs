using System.Text.Json.Serialization;

namespace Iggy.Gateway.Http;

/// <summary>An error. Always with all four fields.</summary>
internal sealed record ErrorReply(uint Id, string Code, string Reason, string? Field);

/// <summary>A user in a list.</summary>
internal sealed record UserReply(uint Id, ulong CreatedAt, string Status, string Username)
{
    /// <summary>There are none of users.</summary>
    public EmptyReply Options { get; } = new();
}

/// <summary>A user with what it may do.</summary>
internal sealed record UserDetailsReply(uint Id, ulong CreatedAt, string Status, string Username, PermissionsJson? Permissions)
{
    /// <summary>There are none of users.</summary>
    public EmptyReply Options { get; } = new();
}

/// <summary>A personal access token without its secret; null for one that does not expire.</summary>
internal sealed record AccessTokenEntryReply(string Name, ulong? ExpiryAt);

/// <summary>A stream in a list.</summary>
internal sealed record StreamReply(
    uint Id, ulong CreatedAt, string Name, [property: JsonConverter(typeof(SizeConverter))] ulong Size, ulong MessagesCount, uint TopicsCount)
{
    /// <summary>Which key its messages are kept under; none where they are kept in the clear.</summary>
    public required Dictionary<string, OptionReply> Options { get; init; }
}

/// <summary>A stream with its topics.</summary>
internal sealed record StreamDetailsReply(
    uint Id, ulong CreatedAt, string Name, [property: JsonConverter(typeof(SizeConverter))] ulong Size, ulong MessagesCount, uint TopicsCount, TopicReply[] Topics)
{
    /// <summary>Which key its messages are kept under; none where they are kept in the clear.</summary>
    public required Dictionary<string, OptionReply> Options { get; init; }
}

/// <summary>A topic in a list. Its replication factor is for clients up to 0.8, its options are for those since.</summary>
internal sealed record TopicReply(
    uint Id, ulong CreatedAt, string Name, [property: JsonConverter(typeof(SizeConverter))] ulong Size, ulong MessageExpiry, string CompressionAlgorithm,
    ulong MaxTopicSize, byte ReplicationFactor, ulong MessagesCount, uint PartitionsCount, Dictionary<string, OptionReply> Options);

/// <summary>A topic with its partitions.</summary>
internal sealed record TopicDetailsReply(
    uint Id, ulong CreatedAt, string Name, [property: JsonConverter(typeof(SizeConverter))] ulong Size, ulong MessageExpiry, string CompressionAlgorithm,
    ulong MaxTopicSize, byte ReplicationFactor, ulong MessagesCount, uint PartitionsCount, Dictionary<string, OptionReply> Options, PartitionReply[] Partitions);

/// <summary>A partition.</summary>
internal sealed record PartitionReply(
    uint Id, ulong CreatedAt, uint SegmentsCount, ulong CurrentOffset, [property: JsonConverter(typeof(SizeConverter))] ulong Size, ulong MessagesCount, ContextJson Context)
{
    /// <summary>Nodes that hold it.</summary>
    public uint[] Members { get; } = [0];

    /// <summary>Those of them that have all of it.</summary>
    public uint[] InSyncMembers { get; } = [0];
}

/// <summary>Which history of a partition is meant, and by whose leave it is read: clients since the 0.10 line insist on it.</summary>
internal sealed record ContextJson(ulong Incarnation, ulong OwnerGeneration = 0, ulong MetadataOp = 0);

/// <summary>Where the messages of a send went.</summary>
internal sealed record SendReply(SendConfirmationReply[] Confirmations);

/// <summary>The messages of one partition.</summary>
internal sealed record SendConfirmationReply(uint StreamId, uint TopicId, uint PartitionId, ulong BaseOffset);

/// <summary>What is stored for a consumer.</summary>
internal sealed record OffsetReply(uint PartitionId, ulong CurrentOffset, ulong StoredOffset);

/// <summary>A consumer group in a list; the partitions are the topic's.</summary>
internal sealed record GroupReply(uint Id, string Name, uint PartitionsCount, uint MembersCount);

/// <summary>A consumer group with its members.</summary>
internal sealed record GroupDetailsReply(uint Id, string Name, uint PartitionsCount, uint MembersCount, GroupMemberReply[] Members);

/// <summary>A member and what it reads.</summary>
internal sealed record GroupMemberReply(uint Id, uint PartitionsCount, uint[] Partitions);

/// <summary>A session over HTTP; null for one that has no name but its token. The timeout is in microseconds.</summary>
internal sealed record SessionReply(string? Session, ulong Timeout, SessionGroupReply[] ConsumerGroups);

/// <summary>A group that a session is in, and the partitions that it reads there.</summary>
internal sealed record SessionGroupReply(uint StreamId, uint TopicId, uint GroupId, uint ConsumerGroupId, uint[] Partitions);

/// <summary>A client of a transport that keeps connections, or a session over HTTP.</summary>
internal sealed record ClientReply(uint ClientId, uint? UserId, string Address, string Transport, uint ConsumerGroupsCount);

/// <summary>A client with the groups it is in.</summary>
internal sealed record ClientDetailsReply(
    uint ClientId, uint? UserId, string Address, string Transport, uint ConsumerGroupsCount, ClientGroupReply[] ConsumerGroups);

/// <summary>A group that a client is in. The group's id goes by two names, because the Java client reads another one than the rest.</summary>
internal sealed record ClientGroupReply(uint StreamId, uint TopicId, uint GroupId, uint ConsumerGroupId);

/// <summary>Figures of the process, its machine and what is stored.</summary>
internal sealed record StatsReplyJson
{
    public required uint ProcessId { get; init; }

    [JsonConverter(typeof(FractionConverter))]
    public required float CpuUsage { get; init; }

    [JsonConverter(typeof(FractionConverter))]
    public required float TotalCpuUsage { get; init; }

    [JsonConverter(typeof(SizeConverter))]
    public required ulong MemoryUsage { get; init; }

    [JsonConverter(typeof(SizeConverter))]
    public required ulong TotalMemory { get; init; }

    [JsonConverter(typeof(SizeConverter))]
    public required ulong AvailableMemory { get; init; }

    public required ulong RunTime { get; init; }

    public required ulong StartTime { get; init; }

    [JsonConverter(typeof(SizeConverter))]
    public required ulong ReadBytes { get; init; }

    [JsonConverter(typeof(SizeConverter))]
    public required ulong WrittenBytes { get; init; }

    [JsonConverter(typeof(SizeConverter))]
    public required ulong MessagesSizeBytes { get; init; }

    public required uint StreamsCount { get; init; }

    public required uint TopicsCount { get; init; }

    public required uint PartitionsCount { get; init; }

    public required uint SegmentsCount { get; init; }

    public required ulong MessagesCount { get; init; }

    public required uint ClientsCount { get; init; }

    public required uint ConsumerGroupsCount { get; init; }

    public required string Hostname { get; init; }

    public required string OsName { get; init; }

    public required string OsVersion { get; init; }

    public required string KernelVersion { get; init; }

    public required string IggyServerVersion { get; init; }

    public required uint IggyServerSemver { get; init; }

    /// <summary>Always empty, as the released server has it: one client fails on any entry.</summary>
    public EmptyReply CacheMetrics { get; } = new();

    public required uint ThreadsCount { get; init; }

    [JsonConverter(typeof(SizeConverter))]
    public required ulong FreeDiskSpace { get; init; }

    [JsonConverter(typeof(SizeConverter))]
    public required ulong TotalDiskSpace { get; init; }
}

/// <summary>An object without entries.</summary>
internal sealed record EmptyReply;

/// <summary>The nodes of the server.</summary>
internal sealed record ClusterReplyJson(string Name, ClusterNodeReply[] Nodes);

/// <summary>One node.</summary>
internal sealed record ClusterNodeReply(string Name, string Ip, ClusterEndpointsReply Endpoints, string Role, string Status, uint ReplicaId = 0);

/// <summary>A node's ports. WebSocket's goes by two names, because the C# client reads another one than the rest.</summary>
internal sealed record ClusterEndpointsReply(
    ushort Tcp, ushort Quic, ushort Http, ushort Websocket, [property: JsonPropertyName("web_socket")] ushort WebSocketAgain);
