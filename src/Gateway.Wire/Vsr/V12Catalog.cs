using Iggy.Gateway.Commands;
using Iggy.Gateway.Errors;
using Iggy.Gateway.Routing;
using Iggy.Gateway.Wire.Frames;
using Iggy.Protocol;
using Iggy.Protocol.Classic;
using Iggy.Protocol.Vsr;
using Iggy.Protocol.Vsr12;
using Microsoft.Extensions.Options;

namespace Iggy.Gateway.Wire.Vsr;

/// <summary>Streams, topics, users and the cluster where their bodies differ from those of the 0.11 line.</summary>
internal sealed class V12Catalog(
    SystemCommands system, StreamCommands streams, TopicCommands topics, UserCommands users, ResourcePatches patches, Positions positions,
    IOptions<VsrOptions> options)
{
    /// <summary>Enters the commands.</summary>
    public void AddTo(CommandTable table)
    {
        table.Map(CommandCode.GetStats, async (session, reply) =>
            V12Replies.Stats(VsrReplies.Stats(system.HostFigures(session), await system.TotalsAsync(session), await system.CountClientsAsync())).Write(reply));
        table.Map<DescribeOptionsRequest>(static (_, request, reply) =>
        {
            V12Replies.Describe(request.Scope).Write(reply);
            return default;
        });
        table.Map(CommandCode.GetClusterMetadata, (session, reply) =>
        {
            V12Replies.Roster(system.Alone(session, options.Value.AdvertisedAddress)).Write(reply);
            return default;
        });
        // A server without the feed says so; no client asks by itself.
        table.Map<MetadataChangesRequest>(static (_, _, _) => throw new CommandRefusedException(IggyError.FeatureUnavailable));
        table.Map<UpdateResourceRequest>((session, request, _) => patches.ApplyAsync(session, request));
        AddStreams(table);
        AddTopics(table);
        AddUsers(table);
    }

    private void AddStreams(CommandTable table)
    {
        table.Map<GetStreamRequest>(async (session, request, reply) =>
        {
            if (await streams.FindAsync(session, request.Stream) is { } stream)
                V12Replies.StreamDetails(stream).Write(reply);
        });
        table.Map(CommandCode.GetStreams, async (session, reply) =>
        {
            foreach (var stream in await streams.ListAsync(session))
                V12Replies.Stream(stream).Write(reply);
        });
        table.Map<CreateOptionedStreamRequest>(async (session, request, reply) =>
        {
            CommandRefusedException.ThrowIf(ResourcePatches.CheckNewStream(request.Options));
            V12Replies.Stream(await streams.CreateAsync(session, request.Name)).Write(reply);
        });
    }

    private void AddTopics(CommandTable table)
    {
        table.Map<GetTopicRequest>(async (session, request, reply) =>
        {
            if (await topics.FindAsync(session, request.Stream, request.Topic) is { } topic)
                V12Replies.TopicDetails(topic, positions.Current).Write(reply);
        });
        table.Map<GetTopicsRequest>(async (session, request, reply) => V12Replies.Topics(await topics.ListAsync(session, request.Stream) ?? []).Write(reply));
        table.Map<CreateOptionedTopicRequest>(async (session, request, reply) =>
        {
            CommandRefusedException.ThrowIf(TopicOptionRules.Check(request.Options, request.PartitionsCount));
            var settings = TopicOptionRules.ToSettings(request.Options);
            var topic = await topics.CreateAsync(session, request.Stream, request.Name, settings, request.PartitionsCount);
            V12Replies.NewTopicDetails(topic, positions.Current).Write(reply);
        });
    }

    private void AddUsers(CommandTable table)
    {
        table.Map<GetUserRequest>(async (session, request, reply) =>
        {
            if (await users.FindAsync(session, request.User) is { } user)
                V12Replies.UserDetails(user).Write(reply);
        });
        table.Map(CommandCode.GetUsers, async (session, reply) =>
        {
            foreach (var user in await users.ListAsync(session))
                V12Replies.User(user).Write(reply);
        });
        table.Map<WithoutOptions<CreateUserRequest>>(async (session, request, reply) =>
        {
            var user = request.Request;
            V12Replies.UserDetails(await users.CreateAsync(session, user.Username, user.Password, user.Status, user.Permissions)).Write(reply);
        });
    }
}
