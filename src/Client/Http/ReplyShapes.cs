using System.Text.Json.Serialization;
using Iggy.Protocol;
using Iggy.Protocol.Classic;

namespace Iggy.Client.Http;

/// <summary>An error of the API.</summary>
internal sealed record ErrorShape(uint Id, string Code, string? Reason = null);

/// <summary>A login; the expiry is in seconds since the Unix epoch.</summary>
internal sealed record LoggedInShape(uint UserId, AccessTokenShape? AccessToken);

/// <summary>A token and its end, in seconds since the Unix epoch.</summary>
internal sealed record AccessTokenShape(string Token, long Expiry)
{
    /// <summary>Without the secret, for logs.</summary>
    public override string ToString() => $"AccessTokenShape {{ Expiry = {Expiry} }}";
}

/// <summary>A stream, in a list or before its topics.</summary>
internal sealed record StreamShape(
    uint Id, ulong CreatedAt, string Name, [property: JsonConverter(typeof(SizeConverter))] ulong Size, ulong MessagesCount, uint TopicsCount, TopicShape[]? Topics = null)
{
    /// <summary>As the protocol has it.</summary>
    public StreamRecord ToRecord() => new(Id, CreatedAt, TopicsCount, Size, MessagesCount, Name);

    /// <summary>As the protocol has it.</summary>
    public StreamDetails ToDetails() => new(ToRecord(), [.. (Topics ?? []).Select(topic => topic.ToRecord())]);
}

/// <summary>A topic, in a list or before its partitions.</summary>
internal sealed record TopicShape(
    uint Id, ulong CreatedAt, string Name, [property: JsonConverter(typeof(SizeConverter))] ulong Size, ulong MessageExpiry, string CompressionAlgorithm,
    ulong MaxTopicSize, byte ReplicationFactor, ulong MessagesCount, uint PartitionsCount, PartitionShape[]? Partitions = null)
{
    /// <summary>As the protocol has it.</summary>
    public TopicRecord ToRecord() => new(
        Id, CreatedAt, PartitionsCount, MessageExpiry, ApiTexts.Compression(CompressionAlgorithm), MaxTopicSize, ReplicationFactor, Size, MessagesCount, Name);

    /// <summary>As the protocol has it.</summary>
    public TopicDetails ToDetails() => new(ToRecord(), [.. (Partitions ?? []).Select(partition => partition.ToRecord())]);
}

/// <summary>A partition.</summary>
internal sealed record PartitionShape(
    uint Id, ulong CreatedAt, uint SegmentsCount, ulong CurrentOffset, [property: JsonConverter(typeof(SizeConverter))] ulong Size, ulong MessagesCount)
{
    /// <summary>As the protocol has it.</summary>
    public PartitionRecord ToRecord() => new(Id, CreatedAt, SegmentsCount, CurrentOffset, Size, MessagesCount);
}

/// <summary>A consumer group, in a list or before its members.</summary>
internal sealed record GroupShape(uint Id, string Name, uint PartitionsCount, uint MembersCount, MemberShape[]? Members = null)
{
    /// <summary>As the protocol has it.</summary>
    public ConsumerGroupRecord ToRecord() => new(Id, PartitionsCount, MembersCount, Name);

    /// <summary>As the protocol has it.</summary>
    public ConsumerGroupDetails ToDetails() => new(ToRecord(), [.. (Members ?? []).Select(member => new ConsumerGroupMember(member.Id, [.. member.Partitions]))]);
}

/// <summary>A member of a group.</summary>
internal sealed record MemberShape(uint Id, uint[] Partitions);

/// <summary>What is stored for a consumer.</summary>
internal sealed record OffsetShape(uint PartitionId, ulong CurrentOffset, ulong StoredOffset)
{
    /// <summary>As the protocol has it.</summary>
    public ConsumerOffsetReply ToReply() => new(PartitionId, CurrentOffset, StoredOffset);
}

/// <summary>A user, in a list or before its permissions.</summary>
internal sealed record UserShape(uint Id, ulong CreatedAt, string Status, string Username, PermissionsShape? Permissions = null)
{
    /// <summary>As the protocol has it.</summary>
    public UserRecord ToRecord() => new(Id, CreatedAt, ApiTexts.Status(Status), Username);

    /// <summary>As the protocol has it.</summary>
    public UserDetails ToDetails() => new(ToRecord(), Permissions?.ToPermissions());
}

/// <summary>A personal access token without its secret; null for one that does not expire.</summary>
internal sealed record TokenEntryShape(string Name, ulong? ExpiryAt)
{
    /// <summary>As the protocol has it.</summary>
    public TokenRecord ToRecord() => new(Name, ExpiryAt ?? 0);
}

/// <summary>A client, in a list or before its groups.</summary>
internal sealed record ClientShape(uint ClientId, uint? UserId, string Address, string Transport, uint ConsumerGroupsCount, ClientGroupShape[]? ConsumerGroups = null)
{
    /// <summary>As the protocol has it.</summary>
    public ClientRecord ToRecord() => new(ClientId, UserId ?? ProtocolLimits.NoUser, ApiTexts.Transport(Transport), Address, ConsumerGroupsCount);

    /// <summary>As the protocol has it.</summary>
    public ClientDetails ToDetails() => new(ToRecord(), [.. (ConsumerGroups ?? []).Select(group => new ClientGroup(group.StreamId, group.TopicId, group.GroupId))]);
}

/// <summary>A group that a client is in.</summary>
internal sealed record ClientGroupShape(uint StreamId, uint TopicId, uint GroupId);

/// <summary>The nodes of the server.</summary>
internal sealed record ClusterShape(string Name, NodeShape[] Nodes)
{
    /// <summary>As the protocol has it.</summary>
    public ClusterReply ToReply() => new(Name, [.. Nodes.Select(node => node.ToNode())]);
}

/// <summary>One node.</summary>
internal sealed record NodeShape(string Name, string Ip, EndpointsShape Endpoints, string Role, string Status)
{
    /// <summary>As the protocol has it.</summary>
    public ClusterNode ToNode() => new(
        Name, Ip, Endpoints.Tcp, Endpoints.Quic, Endpoints.Http, Endpoints.Websocket, ApiTexts.Role(Role), ApiTexts.NodeStatus(Status));
}

/// <summary>A node's ports.</summary>
internal sealed record EndpointsShape(ushort Tcp, ushort Quic, ushort Http, ushort Websocket);
