using System.Collections.Frozen;
using Iggy.Gateway.Errors;
using Iggy.Grains.Interfaces.Users;
using Iggy.Protocol;

namespace Iggy.Gateway.Authorization;

/// <summary>What one user may do: the one place where flags become a yes or a no. One method for each row of the protocol's permission table.</summary>
/// <remarks>Made once for each user and change, immutable, and asked on every request: no method allocates. The rule is a union: any flag of the
/// row at any level allows, and no flag takes anything away.</remarks>
internal sealed class UserAccess
{
    private const GlobalPermissions ReadTopicsGlobal =
        GlobalPermissions.ManageStreams | GlobalPermissions.ReadStreams | GlobalPermissions.ManageTopics | GlobalPermissions.ReadTopics;
    private const StreamPermissionFlags ReadTopicsStream =
        StreamPermissionFlags.ManageStream | StreamPermissionFlags.ReadStream | StreamPermissionFlags.ManageTopics | StreamPermissionFlags.ReadTopics;
    private const GlobalPermissions ManageTopicsGlobal = GlobalPermissions.ManageStreams | GlobalPermissions.ManageTopics;
    private const StreamPermissionFlags ManageTopicsStream = StreamPermissionFlags.ManageStream | StreamPermissionFlags.ManageTopics;

    private readonly GlobalPermissions _global;
    private readonly FrozenDictionary<uint, StreamPermissionFlags> _streams;
    private readonly FrozenDictionary<ulong, TopicPermissionFlags> _topics;

    private UserAccess(UserPermissions permissions)
    {
        _global = (GlobalPermissions)permissions.Global;
        var (streams, topics) = (new Dictionary<uint, StreamPermissionFlags>(), new Dictionary<ulong, TopicPermissionFlags>());
        foreach (var stream in permissions.Streams)
        {
            streams[stream.StreamId] = (StreamPermissionFlags)stream.Flags;
            foreach (var topic in stream.Topics)
                topics[TopicKey(stream.StreamId, topic.TopicId)] = (TopicPermissionFlags)topic.Flags;
        }

        (_streams, _topics) = (streams.ToFrozenDictionary(), topics.ToFrozenDictionary());
    }

    /// <summary>May do what needs a login and no more.</summary>
    public static UserAccess None { get; } = new(new UserPermissions());

    /// <summary>What a permission block allows.</summary>
    public static UserAccess Of(UserPermissions? permissions) => permissions is null ? None : new(permissions);

    /// <summary>Refuses a command that is not allowed.</summary>
    /// <exception cref="CommandRefusedException"><see cref="IggyError.Unauthorized"/>.</exception>
    public static void Demand(bool allowed)
    {
        if (!allowed)
            throw new CommandRefusedException(IggyError.Unauthorized);
    }

    /// <summary>get_stats, get_clients, get_client.</summary>
    public bool MayReadServer() => Has(GlobalPermissions.ManageServers | GlobalPermissions.ReadServers);

    /// <summary>get_snapshot: shows the names of all folders, the processes of the machine and the log, so not everybody may as in the released server.</summary>
    public bool MayTakeSnapshot() => MayReadServer();

    /// <summary>get_users; get_user of another user.</summary>
    public bool MayReadUsers() => Has(GlobalPermissions.ManageUsers | GlobalPermissions.ReadUsers);

    /// <summary>create_user, update_user, delete_user, update_permissions; change_password of another user.</summary>
    public bool MayManageUsers() => Has(GlobalPermissions.ManageUsers);

    /// <summary>get_streams.</summary>
    public bool MayListStreams() => Has(GlobalPermissions.ManageStreams | GlobalPermissions.ReadStreams);

    /// <summary>get_stream.</summary>
    public bool MayReadStream(uint streamId) =>
        MayListStreams() || Has(streamId, StreamPermissionFlags.ManageStream | StreamPermissionFlags.ReadStream);

    /// <summary>create_stream.</summary>
    public bool MayCreateStream() => Has(GlobalPermissions.ManageStreams);

    /// <summary>update_stream, delete_stream, purge_stream.</summary>
    public bool MayManageStream(uint streamId) => MayCreateStream() || Has(streamId, StreamPermissionFlags.ManageStream);

    /// <summary>get_topics.</summary>
    public bool MayListTopics(uint streamId) => Has(ReadTopicsGlobal) || Has(streamId, ReadTopicsStream);

    /// <summary>get_topic, and every command on consumer groups.</summary>
    public bool MayReadTopic(uint streamId, uint topicId) =>
        MayListTopics(streamId) || Has(streamId, topicId, TopicPermissionFlags.ManageTopic | TopicPermissionFlags.ReadTopic);

    /// <summary>create_topic.</summary>
    public bool MayCreateTopic(uint streamId) => Has(ManageTopicsGlobal) || Has(streamId, ManageTopicsStream);

    /// <summary>update_topic, delete_topic, purge_topic, create_partitions, delete_partitions, delete_segments.</summary>
    public bool MayManageTopic(uint streamId, uint topicId) =>
        MayCreateTopic(streamId) || Has(streamId, topicId, TopicPermissionFlags.ManageTopic);

    /// <summary>poll_messages; get, store and delete of a consumer offset. Who may read a topic may poll it.</summary>
    public bool MayPoll(uint streamId, uint topicId) =>
        Has(ReadTopicsGlobal | GlobalPermissions.PollMessages)
        || Has(streamId, ReadTopicsStream | StreamPermissionFlags.PollMessages)
        || Has(streamId, topicId, TopicPermissionFlags.ManageTopic | TopicPermissionFlags.ReadTopic | TopicPermissionFlags.PollMessages);

    /// <summary>send_messages, flush_unsaved_buffer. Who may manage a topic may send to it, who may read it may not.</summary>
    public bool MaySend(uint streamId, uint topicId) =>
        Has(ManageTopicsGlobal | GlobalPermissions.SendMessages)
        || Has(streamId, ManageTopicsStream | StreamPermissionFlags.SendMessages)
        || Has(streamId, topicId, TopicPermissionFlags.ManageTopic | TopicPermissionFlags.SendMessages);

    /// <summary>A command on messages or offsets.</summary>
    public bool May(MessageAction action, uint streamId, uint topicId) =>
        action is MessageAction.Send ? MaySend(streamId, topicId) : MayPoll(streamId, topicId);

    private bool Has(GlobalPermissions any) => (_global & any) != 0;

    private bool Has(uint streamId, StreamPermissionFlags any) => _streams.TryGetValue(streamId, out var flags) && (flags & any) != 0;

    private bool Has(uint streamId, uint topicId, TopicPermissionFlags any) =>
        _topics.TryGetValue(TopicKey(streamId, topicId), out var flags) && (flags & any) != 0;

    private static ulong TopicKey(uint streamId, uint topicId) => ((ulong)streamId << 32) | topicId;
}

/// <summary>What a command on a partition needs leave for.</summary>
internal enum MessageAction : byte
{
    /// <summary>Reading messages; reading and changing offsets.</summary>
    Poll,

    /// <summary>Appending and flushing.</summary>
    Send,
}
