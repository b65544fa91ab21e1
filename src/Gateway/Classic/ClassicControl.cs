using Iggy.Gateway.Commands;
using Iggy.Grains.Interfaces.Topics;
using Iggy.Protocol;
using Iggy.Protocol.Classic;

namespace Iggy.Gateway.Classic;

/// <summary>The control path of the classic dialect: everything but messages and offsets.</summary>
internal sealed class ClassicControl(SystemCommands system, UserCommands users, StreamCommands streams, TopicCommands topics, GatewayEndpoints endpoints)
{
    /// <summary>Enters the commands.</summary>
    public void AddTo(ClassicCommandTable table)
    {
        AddSystem(table);
        AddUsers(table);
        AddStreams(table);
        AddTopics(table);
        AddNotBuiltYet(table);
    }

    private void AddSystem(ClassicCommandTable table)
    {
        table.Add(CommandCode.Ping, static (_, _, _) => new(new Outcome(IggyError.None)));
        table.Map(CommandCode.GetStats, async (_, reply) => ClassicReplies.Stats(system.HostFigures(), await system.TotalsAsync(), system.ClientsCount).Write(reply));
        table.Map(CommandCode.GetClusterMetadata, (_, reply) =>
        {
            ClassicReplies.Cluster(endpoints).Write(reply);
            return default;
        });
        table.Map(CommandCode.GetMe, static (session, reply) =>
        {
            if (session.Groups.IsEnded)
                throw new CommandRefusedException(IggyError.ClientNotFound); // sent away; the connection is about to end
            ClassicReplies.ClientDetails(session).Write(reply);
            return default;
        });
        table.Map<GetClientRequest>((_, request, reply) =>
        {
            if (system.FindClient(request.ClientId) is { } client)
                ClassicReplies.ClientDetails(client).Write(reply);
            return default;
        });
        table.Map(CommandCode.GetClients, (_, reply) =>
        {
            foreach (var client in system.ListClients())
                ClassicReplies.Client(client).Write(reply);
            return default;
        });
    }

    private void AddUsers(ClassicCommandTable table)
    {
        table.MapPublic<LoginUserRequest>(async (session, request, reply) =>
            new IdentityReply(await users.LogInAsync(session, request.Username, request.Password)).Write(reply));
        table.Map(CommandCode.LogoutUser, static (session, _) =>
        {
            session.LogOut();
            return default;
        });
    }

    private void AddStreams(ClassicCommandTable table)
    {
        table.Map<GetStreamRequest>(async (_, request, reply) =>
        {
            if (await streams.FindAsync(request.Stream) is { } stream)
                ClassicReplies.StreamDetails(stream).Write(reply);
        });
        table.Map(CommandCode.GetStreams, async (_, reply) =>
        {
            foreach (var stream in await streams.ListAsync())
                ClassicReplies.Stream(stream).Write(reply);
        });
        table.Map<CreateStreamRequest>(async (_, request, reply) => ClassicReplies.Stream(await streams.CreateAsync(request.Name)).Write(reply));
        table.Map<UpdateStreamRequest>((_, request, _) => streams.UpdateAsync(request.Stream, request.Name));
        table.Map<DeleteStreamRequest>((_, request, _) => streams.DeleteAsync(request.Stream));
        table.Map<PurgeStreamRequest>((_, request, _) => streams.PurgeAsync(request.Stream));
    }

    private void AddTopics(ClassicCommandTable table)
    {
        table.Map<GetTopicRequest>(async (_, request, reply) =>
        {
            if (await topics.FindAsync(request.Stream, request.Topic) is { } topic)
                ClassicReplies.TopicDetails(topic).Write(reply);
        });
        table.Map<GetTopicsRequest>(async (_, request, reply) =>
        {
            foreach (var topic in await topics.ListAsync(request.Stream) ?? [])
                ClassicReplies.Topic(topic).Write(reply);
        });
        table.Map<CreateTopicRequest>(async (_, request, reply) =>
        {
            var settings = new TopicSettings(request.MessageExpiryMicros, request.MaxTopicSizeBytes, (byte)request.Compression, request.ReplicationFactor);
            ClassicReplies.NewTopicDetails(await topics.CreateAsync(request.Stream, request.Name, settings, request.PartitionsCount)).Write(reply);
        });
        table.Map<UpdateTopicRequest>((_, request, _) => topics.UpdateAsync(request.Stream, request.Topic, request.Name,
            new TopicSettings(request.MessageExpiryMicros, request.MaxTopicSizeBytes, (byte)request.Compression, request.ReplicationFactor)));
        table.Map<DeleteTopicRequest>((_, request, _) => topics.DeleteAsync(request.Stream, request.Topic));
        table.Map<PurgeTopicRequest>((_, request, _) => topics.PurgeAsync(request.Stream, request.Topic));
        table.Map<CreatePartitionsRequest>((_, request, _) => topics.AddPartitionsAsync(request.Stream, request.Topic, request.PartitionsCount));
        table.Map<DeletePartitionsRequest>((_, request, _) => topics.RemovePartitionsAsync(request.Stream, request.Topic, request.PartitionsCount));
        table.Map<DeleteSegmentsRequest>((_, request, _) => topics.DeleteSegmentsAsync(request.Stream, request.Topic, request.PartitionId, request.SegmentsCount));
    }

    // The rest of the 0.8.0 table. A client that asks hears so, and its connection stays usable.
    private static void AddNotBuiltYet(ClassicCommandTable table)
    {
        table.MapUnavailable<GetSnapshotRequest>();
        table.MapUnavailable<GetUserRequest>();
        table.MapUnavailable(CommandCode.GetUsers);
        table.MapUnavailable<CreateUserRequest>();
        table.MapUnavailable<DeleteUserRequest>();
        table.MapUnavailable<UpdateUserRequest>();
        table.MapUnavailable<UpdatePermissionsRequest>();
        table.MapUnavailable<ChangePasswordRequest>();
        table.MapUnavailable(CommandCode.GetPersonalAccessTokens);
        table.MapUnavailable<CreatePersonalAccessTokenRequest>();
        table.MapUnavailable<DeletePersonalAccessTokenRequest>();
        table.MapUnavailable<LoginWithPersonalAccessTokenRequest>(isPublic: true);
    }
}
