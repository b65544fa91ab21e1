using System.Collections.Immutable;
using Iggy.Protocol;
using Microsoft.AspNetCore.Http;

namespace Iggy.Gateway.Http;

/// <summary>What a user may do, as JSON has it: each flag by name, streams and topics keyed by id.</summary>
internal sealed record PermissionsJson(GlobalPermissionsJson Global, SortedDictionary<uint, StreamPermissionsJson>? Streams = null)
{
    /// <summary>For a command.</summary>
    /// <exception cref="RequestRejectedException">A stream or topic is null: the reader of the JSON lets that pass inside of objects.</exception>
    public static Permissions? ToProtocol(PermissionsJson? json) => json is null ? null : new Permissions(json.Global.ToFlags(),
        [.. (json.Streams ?? []).Select(static stream => new StreamPermissions(stream.Key, Given(stream.Value).ToFlags(),
            [.. (stream.Value.Topics ?? []).Select(static topic => new TopicPermissions(topic.Key, Given(topic.Value).ToFlags()))]))]);

    /// <summary>For an answer. A user without any grant has null for the streams, and a stream without any for its topics.</summary>
    public static PermissionsJson? Of(Permissions? permissions)
    {
        if (permissions is null)
            return null;
        var streams = new SortedDictionary<uint, StreamPermissionsJson>();
        foreach (var stream in permissions.Streams)
            streams[stream.StreamId] = StreamPermissionsJson.Of(stream.Flags, Topics(stream.Topics));
        return new PermissionsJson(GlobalPermissionsJson.Of(permissions.Global), streams.Count == 0 ? null : streams);
    }

    private static T Given<T>(T? value) where T : class =>
        value ?? throw new RequestRejectedException(StatusCodes.Status422UnprocessableEntity, "Permissions on a stream or topic are null.");

    private static SortedDictionary<uint, TopicPermissionsJson>? Topics(ImmutableArray<TopicPermissions> granted)
    {
        var topics = new SortedDictionary<uint, TopicPermissionsJson>();
        foreach (var topic in granted)
            topics[topic.TopicId] = TopicPermissionsJson.Of(topic.Flags);
        return topics.Count == 0 ? null : topics;
    }
}

/// <summary>On the whole server. All flags have to be given.</summary>
internal sealed record GlobalPermissionsJson(
    bool ManageServers, bool ReadServers, bool ManageUsers, bool ReadUsers, bool ManageStreams, bool ReadStreams, bool ManageTopics, bool ReadTopics,
    bool PollMessages, bool SendMessages)
{
    public GlobalPermissions ToFlags() =>
        (ManageServers ? GlobalPermissions.ManageServers : 0) | (ReadServers ? GlobalPermissions.ReadServers : 0)
        | (ManageUsers ? GlobalPermissions.ManageUsers : 0) | (ReadUsers ? GlobalPermissions.ReadUsers : 0)
        | (ManageStreams ? GlobalPermissions.ManageStreams : 0) | (ReadStreams ? GlobalPermissions.ReadStreams : 0)
        | (ManageTopics ? GlobalPermissions.ManageTopics : 0) | (ReadTopics ? GlobalPermissions.ReadTopics : 0)
        | (PollMessages ? GlobalPermissions.PollMessages : 0) | (SendMessages ? GlobalPermissions.SendMessages : 0);

    public static GlobalPermissionsJson Of(GlobalPermissions flags) => new(
        flags.HasFlag(GlobalPermissions.ManageServers), flags.HasFlag(GlobalPermissions.ReadServers),
        flags.HasFlag(GlobalPermissions.ManageUsers), flags.HasFlag(GlobalPermissions.ReadUsers),
        flags.HasFlag(GlobalPermissions.ManageStreams), flags.HasFlag(GlobalPermissions.ReadStreams),
        flags.HasFlag(GlobalPermissions.ManageTopics), flags.HasFlag(GlobalPermissions.ReadTopics),
        flags.HasFlag(GlobalPermissions.PollMessages), flags.HasFlag(GlobalPermissions.SendMessages));
}

/// <summary>On one stream. All flags have to be given.</summary>
internal sealed record StreamPermissionsJson(
    bool ManageStream, bool ReadStream, bool ManageTopics, bool ReadTopics, bool PollMessages, bool SendMessages,
    SortedDictionary<uint, TopicPermissionsJson>? Topics = null)
{
    public StreamPermissionFlags ToFlags() =>
        (ManageStream ? StreamPermissionFlags.ManageStream : 0) | (ReadStream ? StreamPermissionFlags.ReadStream : 0)
        | (ManageTopics ? StreamPermissionFlags.ManageTopics : 0) | (ReadTopics ? StreamPermissionFlags.ReadTopics : 0)
        | (PollMessages ? StreamPermissionFlags.PollMessages : 0) | (SendMessages ? StreamPermissionFlags.SendMessages : 0);

    public static StreamPermissionsJson Of(StreamPermissionFlags flags, SortedDictionary<uint, TopicPermissionsJson>? topics) => new(
        flags.HasFlag(StreamPermissionFlags.ManageStream), flags.HasFlag(StreamPermissionFlags.ReadStream),
        flags.HasFlag(StreamPermissionFlags.ManageTopics), flags.HasFlag(StreamPermissionFlags.ReadTopics),
        flags.HasFlag(StreamPermissionFlags.PollMessages), flags.HasFlag(StreamPermissionFlags.SendMessages), topics);
}

/// <summary>On one topic. All flags have to be given.</summary>
internal sealed record TopicPermissionsJson(bool ManageTopic, bool ReadTopic, bool PollMessages, bool SendMessages)
{
    public TopicPermissionFlags ToFlags() =>
        (ManageTopic ? TopicPermissionFlags.ManageTopic : 0) | (ReadTopic ? TopicPermissionFlags.ReadTopic : 0)
        | (PollMessages ? TopicPermissionFlags.PollMessages : 0) | (SendMessages ? TopicPermissionFlags.SendMessages : 0);

    public static TopicPermissionsJson Of(TopicPermissionFlags flags) => new(
        flags.HasFlag(TopicPermissionFlags.ManageTopic), flags.HasFlag(TopicPermissionFlags.ReadTopic),
        flags.HasFlag(TopicPermissionFlags.PollMessages), flags.HasFlag(TopicPermissionFlags.SendMessages));
}
