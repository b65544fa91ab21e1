using Iggy.Protocol;

namespace Iggy.Gateway.Grpc.Admin;

/// <summary>What a user may do, as messages have it: each flag by name, streams and topics by number.</summary>
internal static class PermissionMessages
{
    /// <summary>For a command.</summary>
    public static Permissions? ToProtocol(V1.Permissions? message) => message is null ? null : new Permissions(
        (message.ManageServers ? GlobalPermissions.ManageServers : 0) | (message.ReadServers ? GlobalPermissions.ReadServers : 0)
        | (message.ManageUsers ? GlobalPermissions.ManageUsers : 0) | (message.ReadUsers ? GlobalPermissions.ReadUsers : 0)
        | (message.ManageStreams ? GlobalPermissions.ManageStreams : 0) | (message.ReadStreams ? GlobalPermissions.ReadStreams : 0)
        | (message.ManageTopics ? GlobalPermissions.ManageTopics : 0) | (message.ReadTopics ? GlobalPermissions.ReadTopics : 0)
        | (message.PollMessages ? GlobalPermissions.PollMessages : 0) | (message.SendMessages ? GlobalPermissions.SendMessages : 0),
        [.. message.Streams.Select(static stream => ToProtocol(stream.Key, stream.Value))]);

    /// <summary>For an answer.</summary>
    public static V1.Permissions? Of(Permissions? permissions)
    {
        if (permissions is null)
            return null;
        var flags = permissions.Global;
        var message = new V1.Permissions
        {
            ManageServers = flags.HasFlag(GlobalPermissions.ManageServers), ReadServers = flags.HasFlag(GlobalPermissions.ReadServers),
            ManageUsers = flags.HasFlag(GlobalPermissions.ManageUsers), ReadUsers = flags.HasFlag(GlobalPermissions.ReadUsers),
            ManageStreams = flags.HasFlag(GlobalPermissions.ManageStreams), ReadStreams = flags.HasFlag(GlobalPermissions.ReadStreams),
            ManageTopics = flags.HasFlag(GlobalPermissions.ManageTopics), ReadTopics = flags.HasFlag(GlobalPermissions.ReadTopics),
            PollMessages = flags.HasFlag(GlobalPermissions.PollMessages), SendMessages = flags.HasFlag(GlobalPermissions.SendMessages),
        };
        foreach (var stream in permissions.Streams)
            message.Streams[stream.StreamId] = Of(stream);
        return message;
    }

    private static StreamPermissions ToProtocol(uint id, V1.StreamPermissions message) => new(
        id,
        (message.ManageStream ? StreamPermissionFlags.ManageStream : 0) | (message.ReadStream ? StreamPermissionFlags.ReadStream : 0)
        | (message.ManageTopics ? StreamPermissionFlags.ManageTopics : 0) | (message.ReadTopics ? StreamPermissionFlags.ReadTopics : 0)
        | (message.PollMessages ? StreamPermissionFlags.PollMessages : 0) | (message.SendMessages ? StreamPermissionFlags.SendMessages : 0),
        [.. message.Topics.Select(static topic => new TopicPermissions(topic.Key, ToFlags(topic.Value)))]);

    private static TopicPermissionFlags ToFlags(V1.TopicPermissions message) =>
        (message.ManageTopic ? TopicPermissionFlags.ManageTopic : 0) | (message.ReadTopic ? TopicPermissionFlags.ReadTopic : 0)
        | (message.PollMessages ? TopicPermissionFlags.PollMessages : 0) | (message.SendMessages ? TopicPermissionFlags.SendMessages : 0);

    private static V1.StreamPermissions Of(StreamPermissions stream)
    {
        var flags = stream.Flags;
        var message = new V1.StreamPermissions
        {
            ManageStream = flags.HasFlag(StreamPermissionFlags.ManageStream), ReadStream = flags.HasFlag(StreamPermissionFlags.ReadStream),
            ManageTopics = flags.HasFlag(StreamPermissionFlags.ManageTopics), ReadTopics = flags.HasFlag(StreamPermissionFlags.ReadTopics),
            PollMessages = flags.HasFlag(StreamPermissionFlags.PollMessages), SendMessages = flags.HasFlag(StreamPermissionFlags.SendMessages),
        };
        foreach (var topic in stream.Topics)
        {
            message.Topics[topic.TopicId] = new V1.TopicPermissions
            {
                ManageTopic = topic.Flags.HasFlag(TopicPermissionFlags.ManageTopic), ReadTopic = topic.Flags.HasFlag(TopicPermissionFlags.ReadTopic),
                PollMessages = topic.Flags.HasFlag(TopicPermissionFlags.PollMessages), SendMessages = topic.Flags.HasFlag(TopicPermissionFlags.SendMessages),
            };
        }
        return message;
    }
}
