using System.Globalization;
using Iggy.Client.Connections;
using Iggy.Primitives;
using Iggy.Protocol;
using Iggy.Protocol.Classic;
using Iggy.Protocol.Vsr;
using static Iggy.Client.Http.ApiCall;

namespace Iggy.Client.Http;

/// <summary>The one place where a command becomes a request of the HTTP API.</summary>
internal static class ApiCalls
{
    /// <summary>A command as a request.</summary>
    /// <exception cref="IggyException"><see cref="IggyError.FeatureUnavailable"/>: HTTP does not have it.</exception>
    /// <exception cref="ArgumentException">A value that the protocol can't carry.</exception>
    public static ApiCall Of<TBody>(CommandCode code, TBody body) where TBody : IWireValue<TBody>
    {
        Check(body);
        return body switch
        {
            NoBody => OfBare(code),
            GetClientRequest get => Get(string.Create(CultureInfo.InvariantCulture, $"/clients/{get.ClientId}")),
            GetSnapshotRequest get => Post("/snapshot", new SnapshotShape($"{get.Compression}", [.. get.Types.Select(type => $"{type}")]), ApiShapes.Wire.SnapshotShape),

            GetStreamRequest get => Get(OfStream(get.Stream)),
            CreateStreamRequest create => Post("/streams", new NameShape(create.Name), ApiShapes.Wire.NameShape),
            UpdateStreamRequest update => Put(OfStream(update.Stream), new NameShape(update.Name), ApiShapes.Wire.NameShape),
            DeleteStreamRequest delete => Delete(OfStream(delete.Stream)),
            PurgeStreamRequest purge => Delete(OfStream(purge.Stream) + "/purge"),

            GetTopicRequest get => Get(OfTopic(get.Stream, get.Topic)),
            GetTopicsRequest get => Get(OfStream(get.Stream) + "/topics"),
            CreateTopicRequest create => Post(OfStream(create.Stream) + "/topics", NewTopicShape.Of(create), ApiShapes.Wire.NewTopicShape) with { Missing = IggyError.StreamIdNotFound },
            UpdateTopicRequest update => Put(OfTopic(update.Stream, update.Topic), TopicUpdateShape.Of(update), ApiShapes.Wire.TopicUpdateShape),
            WithOptions<CreateTopicRequest> create => Post(OfStream(create.Request.Stream) + "/topics", NewTopicShape.Of(create.Request) with { Options = new(create.Options) }, ApiShapes.Wire.NewTopicShape) with { Missing = IggyError.StreamIdNotFound },
            WithOptions<UpdateTopicRequest> update => Put(OfTopic(update.Request.Stream, update.Request.Topic), TopicUpdateShape.Of(update.Request) with { Options = new(update.Options) }, ApiShapes.Wire.TopicUpdateShape),
            DescribeOptionsRequest describe => Get(describe.Scope switch { OptionScope.Topic => "/options/topic", OptionScope.Stream => "/options/stream", _ => "/options/user" }),
            DeleteTopicRequest delete => Delete(OfTopic(delete.Stream, delete.Topic)),
            PurgeTopicRequest purge => Delete(OfTopic(purge.Stream, purge.Topic) + "/purge"),
            CreatePartitionsRequest create => Post(OfTopic(create.Stream, create.Topic) + "/partitions", new PartitionsShape(create.PartitionsCount), ApiShapes.Wire.PartitionsShape),
            DeletePartitionsRequest delete => Delete(string.Create(
                CultureInfo.InvariantCulture, $"{OfTopic(delete.Stream, delete.Topic)}/partitions?partitions_count={delete.PartitionsCount}")),
            DeleteSegmentsRequest delete => Delete(string.Create(
                CultureInfo.InvariantCulture, $"{OfTopic(delete.Stream, delete.Topic)}/partitions/{delete.PartitionId}?segments_count={delete.SegmentsCount}")),

            GetConsumerGroupRequest get => Get(OfGroup(get.Stream, get.Topic, get.Group)),
            GetConsumerGroupsRequest get => Get(OfTopic(get.Stream, get.Topic) + "/consumer-groups"),
            CreateConsumerGroupRequest create => Post(OfTopic(create.Stream, create.Topic) + "/consumer-groups", new NameShape(create.Name), ApiShapes.Wire.NameShape),
            DeleteConsumerGroupRequest delete => Delete(OfGroup(delete.Stream, delete.Topic, delete.Group)),

            JoinConsumerGroupRequest join => new(HttpMethod.Put, OfGroup(join.Stream, join.Topic, join.Group) + "/membership"),
            LeaveConsumerGroupRequest leave => Delete(OfGroup(leave.Stream, leave.Topic, leave.Group) + "/membership"),

            PollMessagesRequest poll => MessageCalls.Poll(poll),
            FlushUnsavedBufferRequest flush => MessageCalls.Flush(flush),
            GetConsumerOffsetRequest get => MessageCalls.GetOffset(get),
            StoreConsumerOffsetRequest store => MessageCalls.StoreOffset(store),
            DeleteConsumerOffsetRequest delete => MessageCalls.DeleteOffset(delete),

            GetUserRequest get => Get(OfUser(get.User)),
            CreateUserRequest create => Post("/users", NewUserShape.Of(create), ApiShapes.Wire.NewUserShape),
            UpdateUserRequest update => Put(OfUser(update.User), UserUpdateShape.Of(update), ApiShapes.Wire.UserUpdateShape),
            DeleteUserRequest delete => Delete(OfUser(delete.User)),
            UpdatePermissionsRequest update => Put(
                $"/users/{Segment(update.User)}/permissions", new PermissionsUpdateShape(PermissionsShape.Of(update.Permissions)), ApiShapes.Wire.PermissionsUpdateShape),
            ChangePasswordRequest change => Put(
                $"/users/{Segment(change.User)}/password", new PasswordShape(change.CurrentPassword, change.NewPassword), ApiShapes.Wire.PasswordShape),
            CreatePersonalAccessTokenRequest create => Post("/personal-access-tokens", new NewTokenShape(create.Name, create.ExpiryMicros), ApiShapes.Wire.NewTokenShape),
            DeletePersonalAccessTokenRequest delete => Delete(OfToken(delete.Name)),

            _ => throw Unavailable($"the API has no {code}"),
        };
    }

    private static ApiCall OfBare(CommandCode code) => code switch
    {
        CommandCode.Ping => Get("/ping") with { IsPublic = true },
        CommandCode.GetStats => Get("/stats"),
        CommandCode.GetClusterMetadata => Get("/cluster/metadata"),
        CommandCode.GetClients => Get("/clients"),
        CommandCode.GetStreams => Get("/streams"),
        CommandCode.GetUsers => Get("/users"),
        CommandCode.GetPersonalAccessTokens => Get("/personal-access-tokens"),
        CommandCode.GetMe => throw Unavailable("a caller has no connection of its own that the server could tell about"),
        _ => throw Unavailable($"the API has no {code}"),
    };

    // A few words in the place of a name are routes of their own.
    private static string OfUser(Identifier user) => user.Name is "login" or "logout" or "refresh-token"
        ? throw Unavailable($"the name '{user.Name}' means another path")
        : $"/users/{Segment(user)}";

    private static string OfToken(string name) => name is "login"
        ? throw Unavailable($"the name '{name}' means another path")
        : $"/personal-access-tokens/{Segment(name)}";

    /// <summary>Refuses what the protocol can't carry as on every other transport: by the codec itself.</summary>
    /// <exception cref="ArgumentException">There is such a value.</exception>
    public static void Check<TBody>(TBody body) where TBody : IWireValue<TBody>
    {
        using var bytes = new PooledBuffer();
        body.Write(new WireWriter(bytes));
    }
}
