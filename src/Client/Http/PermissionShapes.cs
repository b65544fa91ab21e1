using Iggy.Protocol;

namespace Iggy.Client.Http;

/// <summary>What a user may do, as JSON has it: each flag by name, streams and topics keyed by id.</summary>
internal sealed record PermissionsShape(GlobalPermissionsShape Global, SortedDictionary<uint, StreamPermissionsShape>? Streams = null)
{
    /// <summary>From the protocol; null stays null.</summary>
    public static PermissionsShape? Of(Permissions? permissions)
    {
        if (permissions is null)
            return null;
        var streams = new SortedDictionary<uint, StreamPermissionsShape>();
        foreach (var stream in permissions.Streams.IsDefault ? [] : permissions.Streams)
            streams[stream.StreamId] = StreamPermissionsShape.Of(stream);
        return new(GlobalPermissionsShape.Of(permissions.Global), streams.Count == 0 ? null : streams);
    }

    /// <summary>As the protocol has it.</summary>
    public Permissions ToPermissions() => new(Global.ToFlags(), [.. (Streams ?? []).Select(stream => stream.Value.ToPermissions(stream.Key))]);
}

/// <summary>On the whole server.</summary>
internal sealed record GlobalPermissionsShape(
    bool ManageServers, bool ReadServers, bool ManageUsers, bool ReadUsers, bool ManageStreams, bool ReadStreams, bool ManageTopics, bool ReadTopics,
    bool PollMessages, bool SendMessages)
{
    /// <summary>From the protocol.</summary>
    public static GlobalPermissionsShape Of(GlobalPermissions flags) => new(
        flags.HasFlag(GlobalPermissions.ManageServers), flags.HasFlag(GlobalPermissions.ReadServers),
        flags.HasFlag(GlobalPermissions.ManageUsers), flags.HasFlag(GlobalPermissions.ReadUsers),
        flags.HasFlag(GlobalPermissions.ManageStreams), flags.HasFlag(GlobalPermissions.ReadStreams),
        flags.HasFlag(GlobalPermissions.ManageTopics), flags.HasFlag(GlobalPermissions.ReadTopics),
        flags.HasFlag(GlobalPermissions.PollMessages), flags.HasFlag(GlobalPermissions.SendMessages));

    /// <summary>As the protocol has it.</summary>
    public GlobalPermissions ToFlags() =>
        (ManageServers ? GlobalPermissions.ManageServers : 0) | (ReadServers ? GlobalPermissions.ReadServers : 0)
        | (ManageUsers ? GlobalPermissions.ManageUsers : 0) | (ReadUsers ? GlobalPermissions.ReadUsers : 0)
        | (ManageStreams ? GlobalPermissions.ManageStreams : 0) | (ReadStreams ? GlobalPermissions.ReadStreams : 0)
        | (ManageTopics ? GlobalPermissions.ManageTopics : 0) | (ReadTopics ? GlobalPermissions.ReadTopics : 0)
        | (PollMessages ? GlobalPermissions.PollMessages : 0) | (SendMessages ? GlobalPermissions.SendMessages : 0);
}

/// <summary>On one stream.</summary>
internal sealed record StreamPermissionsShape(
    bool ManageStream, bool ReadStream, bool ManageTopics, bool ReadTopics, bool PollMessages, bool SendMessages,
    SortedDictionary<uint, TopicPermissionsShape>? Topics = null)
{
    /// <summary>From the protocol.</summary>
    public static StreamPermissionsShape Of(StreamPermissions stream)
    {
        var topics = new SortedDictionary<uint, TopicPermissionsShape>();
        foreach (var topic in stream.Topics.IsDefault ? [] : stream.Topics)
            topics[topic.TopicId] = TopicPermissionsShape.Of(topic.Flags);
        var flags = stream.Flags;
        return new(
            flags.HasFlag(StreamPermissionFlags.ManageStream), flags.HasFlag(StreamPermissionFlags.ReadStream),
            flags.HasFlag(StreamPermissionFlags.ManageTopics), flags.HasFlag(StreamPermissionFlags.ReadTopics),
            flags.HasFlag(StreamPermissionFlags.PollMessages), flags.HasFlag(StreamPermissionFlags.SendMessages), topics.Count == 0 ? null : topics);
    }

    /// <summary>As the protocol has it.</summary>
    public StreamPermissions ToPermissions(uint streamId) => new(
        streamId,
        (ManageStream ? StreamPermissionFlags.ManageStream : 0) | (ReadStream ? StreamPermissionFlags.ReadStream : 0)
        | (ManageTopics ? StreamPermissionFlags.ManageTopics : 0) | (ReadTopics ? StreamPermissionFlags.ReadTopics : 0)
        | (PollMessages ? StreamPermissionFlags.PollMessages : 0) | (SendMessages ? StreamPermissionFlags.SendMessages : 0),
        [.. (Topics ?? []).Select(topic => new TopicPermissions(topic.Key, topic.Value.ToFlags()))]);
}

/// <summary>On one topic.</summary>
internal sealed record TopicPermissionsShape(bool ManageTopic, bool ReadTopic, bool PollMessages, bool SendMessages)
{
    /// <summary>From the protocol.</summary>
    public static TopicPermissionsShape Of(TopicPermissionFlags flags) => new(
        flags.HasFlag(TopicPermissionFlags.ManageTopic), flags.HasFlag(TopicPermissionFlags.ReadTopic),
        flags.HasFlag(TopicPermissionFlags.PollMessages), flags.HasFlag(TopicPermissionFlags.SendMessages));

    /// <summary>As the protocol has it.</summary>
    public TopicPermissionFlags ToFlags() =>
        (ManageTopic ? TopicPermissionFlags.ManageTopic : 0) | (ReadTopic ? TopicPermissionFlags.ReadTopic : 0)
        | (PollMessages ? TopicPermissionFlags.PollMessages : 0) | (SendMessages ? TopicPermissionFlags.SendMessages : 0);
}
