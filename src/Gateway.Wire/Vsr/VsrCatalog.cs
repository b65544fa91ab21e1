using Iggy.Gateway.Commands;
using Iggy.Gateway.Errors;
using Iggy.Gateway.Wire.Classic;
using Iggy.Gateway.Wire.Frames;
using Iggy.Gateway.Wire.Lines;
using Iggy.Grains.Interfaces.Topics;
using Iggy.Protocol;
using Iggy.Protocol.Classic;
using Iggy.Protocol.Vsr;
using Microsoft.Extensions.Options;

namespace Iggy.Gateway.Wire.Vsr;

/// <summary>Streams, topics, users and the cluster where their bodies differ from the classic ones.</summary>
internal sealed class VsrCatalog(CatalogReads reads, SystemCommands system, StreamCommands streams, TopicCommands topics, UserCommands users, ConsumerGroupCommands groups,
    IOptions<VsrOptions> options)
{
    private readonly V11Layout _layout = new();

    /// <summary>Enters the commands.</summary>
    public void AddTo(CommandTable table)
    {
        reads.AddTo(table, _layout);
        AddStreamsAndUsers(table);
        AddTopics(table);
        AddUserCreation(table, users, _layout);
        AddGroups(table);
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

    private void AddStreamsAndUsers(CommandTable table)
    {
        table.Map<WithoutOptions<CreateStreamRequest>>(async (session, request, reply) =>
            _layout.Stream(await streams.CreateAsync(session, request.Request.Name), reply));
        table.Map<WithoutOptions<UpdateUserRequest>>((session, request, _) =>
            users.UpdateAsync(session, request.Request.User, request.Request.Username, request.Request.Status));
        table.Map<WithoutOptions<UpdateStreamRequest>>((session, request, _) => streams.UpdateAsync(session, request.Request.Stream, request.Request.Name));
    }

    private void AddTopics(CommandTable table)
    {
        table.Map<VsrCreateTopicRequest>(async (session, request, reply) =>
        {
            CommandRefusedException.ThrowIf(TopicOptionRules.Check(request.Options, request.PartitionsCount));
            var settings = TopicOptionRules.ToSettings(request.Options);
            _layout.NewTopicDetails(await topics.CreateAsync(session, request.Stream, request.Name, settings, request.PartitionsCount), reply);
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

    // The same in every line whose requests have options.
    internal static void AddUserCreation(CommandTable table, UserCommands users, ICatalogLayout layout) =>
        table.Map<WithoutOptions<CreateUserRequest>>(async (session, request, reply) =>
        {
            var user = request.Request;
            layout.UserDetails(await users.CreateAsync(session, user.Username, user.Password, user.Status, user.Permissions), reply);
        });
}
