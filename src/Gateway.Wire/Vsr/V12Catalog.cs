using Iggy.Gateway.Commands;
using Iggy.Gateway.Errors;
using Iggy.Gateway.Routing;
using Iggy.Gateway.Wire.Frames;
using Iggy.Gateway.Wire.Lines;
using Iggy.Protocol;
using Iggy.Protocol.Vsr;
using Iggy.Protocol.Vsr12;
using Microsoft.Extensions.Options;

namespace Iggy.Gateway.Wire.Vsr;

/// <summary>Streams, topics, users and the cluster where their bodies differ from those of the 0.11 line.</summary>
internal sealed class V12Catalog(
    CatalogReads reads, SystemCommands system, StreamCommands streams, TopicCommands topics, UserCommands users, ResourcePatches patches, Positions positions,
    IOptions<VsrOptions> options)
{
    private readonly V12Layout _layout = new(positions);

    /// <summary>Enters the commands.</summary>
    public void AddTo(CommandTable table)
    {
        reads.AddTo(table, _layout);
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
        VsrCatalog.AddUserCreation(table, users, _layout);
        table.Map<CreateOptionedStreamRequest>(async (session, request, reply) =>
            _layout.Stream(await streams.CreateAsync(session, request.Name, ResourcePatches.ReadNewStream(request.Options)), reply));
        table.Map<CreateOptionedTopicRequest>(async (session, request, reply) =>
        {
            CommandRefusedException.ThrowIf(TopicOptionRules.Check(request.Options, request.PartitionsCount));
            var settings = TopicOptionRules.ToSettings(request.Options);
            var topic = await topics.CreateAsync(session, request.Stream, request.Name, settings, request.PartitionsCount);
            _layout.NewTopicDetails(topic, reply);
        });
    }
}
