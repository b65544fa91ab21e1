using Iggy.Gateway.Commands;
using Iggy.Gateway.Errors;
using Iggy.Gateway.Wire.Classic;
using Iggy.Gateway.Wire.Frames;
using Iggy.Grains.Interfaces.Topics;
using Iggy.Protocol;
using Iggy.Protocol.Classic;
using Iggy.Protocol.Vsr;
using Microsoft.Extensions.Options;

namespace Iggy.Gateway.Wire.Vsr;

/// <summary>Streams, topics, users and the cluster where their bodies differ from the classic ones.</summary>
internal sealed class VsrCatalog(SystemCommands system, StreamCommands streams, TopicCommands topics, UserCommands users, ConsumerGroupCommands groups,
    IOptions<VsrOptions> options)
{
    /// <summary>Enters the commands.</summary>
    public void AddTo(CommandTable table)
    {
        AddStreams(table);
        AddTopics(table);
        AddUsers(table);
        AddGroups(table);
        table.Map(CommandCode.GetStats, async (session, reply) =>
            VsrReplies.Stats(system.HostFigures(session), await system.TotalsAsync(session), await system.CountClientsAsync()).Write(reply));
        table.Map<DescribeOptionsRequest>(static (_, request, reply) =>
        {
            DescribeOptionsReply.Of(request.Scope).Write(reply);
            return default;
        });
        table.Map(CommandCode.GetClusterMetadata, (session, reply) =>
        {
            system.Alone(session, options.Value.AdvertisedAddress).Write(reply);
            return default;
        });
    }

    private void AddStreams(CommandTable table)
    {
        table.Map<GetStreamRequest>(async (session, request, reply) =>
        {
            if (await streams.FindAsync(session, request.Stream) is { } stream)
                VsrReplies.StreamDetails(stream).Write(reply);
        });
        table.Map(CommandCode.GetStreams, async (session, reply) =>
        {
            foreach (var stream in await streams.ListAsync(session))
                VsrReplies.Stream(stream).Write(reply);
        });
        table.Map<WithoutOptions<CreateStreamRequest>>(async (session, request, reply) =>
            VsrReplies.Stream(await streams.CreateAsync(session, request.Request.Name)).Write(reply));
        table.Map<WithoutOptions<UpdateStreamRequest>>((session, request, _) => streams.UpdateAsync(session, request.Request.Stream, request.Request.Name));
    }

    private void AddTopics(CommandTable table)
    {
        table.Map<GetTopicRequest>(async (session, request, reply) =>
        {
            if (await topics.FindAsync(session, request.Stream, request.Topic) is { } topic)
                VsrReplies.TopicDetails(topic).Write(reply);
        });
        table.Map<GetTopicsRequest>(async (session, request, reply) => VsrReplies.Topics(await topics.ListAsync(session, request.Stream) ?? []).Write(reply));
        table.Map<VsrCreateTopicRequest>(async (session, request, reply) =>
        {
            CommandRefusedException.ThrowIf(TopicOptionRules.Check(request.Options, request.PartitionsCount));
            var settings = TopicOptionRules.ToSettings(request.Options);
            VsrReplies.NewTopicDetails(await topics.CreateAsync(session, request.Stream, request.Name, settings, request.PartitionsCount)).Write(reply);
        });
        table.Map<DeletePartitionsRequest>((session, request, _) => request.PartitionsCount > ProtocolLimits.MaxPartitionsPerRequest
            ? throw new CommandRefusedException(IggyError.TooManyPartitions) // before anything is looked for, unlike in the classic dialect
            : topics.RemovePartitionsAsync(session, request.Stream, request.Topic, request.PartitionsCount));
        table.Map<VsrUpdateTopicRequest>((session, request, _) => topics.PatchAsync(session, request.Stream, request.Topic, request.Name,
            new TopicPatch((byte?)request.Options.Compression, request.Options.MessageExpiryMicros, request.Options.MaxTopicSizeBytes)));
    }

    // A group that is missing is no answer; a stream or topic that is missing is a refusal here, unlike in the classic dialect.
    private void AddGroups(CommandTable table)
    {
        table.Map<GetConsumerGroupRequest>(async (session, request, reply) =>
        {
            if (await groups.FindInTopicAsync(session, request.Stream, request.Topic, request.Group) is { } group)
                ClassicReplies.GroupDetails(group).Write(reply);
        });
        table.Map<GetConsumerGroupsRequest>(async (session, request, reply) =>
        {
            foreach (var group in await groups.GetAllAsync(session, request.Stream, request.Topic))
                ClassicReplies.Group(group).Write(reply);
        });
    }

    private void AddUsers(CommandTable table)
    {
        table.Map<GetUserRequest>(async (session, request, reply) =>
        {
            if (await users.FindAsync(session, request.User) is { } user)
                VsrReplies.UserDetails(user).Write(reply);
        });
        table.Map(CommandCode.GetUsers, async (session, reply) =>
        {
            foreach (var user in await users.ListAsync(session))
                VsrReplies.User(user).Write(reply);
        });
        table.Map<WithoutOptions<CreateUserRequest>>(async (session, request, reply) =>
        {
            var user = request.Request;
            VsrReplies.UserDetails(await users.CreateAsync(session, user.Username, user.Password, user.Status, user.Permissions)).Write(reply);
        });
        table.Map<WithoutOptions<UpdateUserRequest>>((session, request, _) =>
            users.UpdateAsync(session, request.Request.User, request.Request.Username, request.Request.Status));
    }
}
