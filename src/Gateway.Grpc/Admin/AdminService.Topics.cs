using System.Collections.Immutable;
using Grpc.Core;
using Iggy.Gateway.Commands;
using Iggy.Gateway.Errors;
using Iggy.Gateway.Grpc.Calls;
using Iggy.Protocol;
using Iggy.Protocol.Vsr;
using Iggy.Protocol.Vsr12;
using Iggy.V1;

namespace Iggy.Gateway.Grpc.Admin;

// Topics, their partitions and segments.
internal sealed partial class AdminService
{
    public override async Task<ListTopicsResponse> ListTopics(ListTopicsRequest request, ServerCallContext context)
    {
        var list = await topics.ListAsync(Caller(context), Names.Identifier(request.Stream)) ?? throw new CommandRefusedException(IggyError.StreamIdNotFound);
        return new ListTopicsResponse { Topics = { list.Select(ToTopic) } };
    }

    public override async Task<CreateTopicResponse> CreateTopic(CreateTopicRequest request, ServerCallContext context)
    {
        Demand(request.Name, IggyError.InvalidTopicName);
        var options = TopicOptionTexts.Read(request.Options);
        CommandRefusedException.ThrowIf(TopicOptionRules.Check(options, request.PartitionsCount));
        var topic = await topics.CreateAsync(Caller(context), Names.Identifier(request.Stream), request.Name, TopicOptionRules.ToSettings(options), request.PartitionsCount);
        return new CreateTopicResponse { Topic = ToTopic(topic) };
    }

    public override async Task<GetTopicResponse> GetTopic(GetTopicRequest request, ServerCallContext context)
    {
        var view = await topics.FindAsync(Caller(context), Names.Identifier(request.Stream), Names.Identifier(request.Topic)) ?? throw new CommandRefusedException(IggyError.TopicIdNotFound);
        return new GetTopicResponse
        {
            Topic = ToTopic(view),
            Partitions =
            {
                view.Figures.Partitions.Select(static partition => new Partition
                {
                    Id = partition.Entry.Id, CreatedAtMicros = partition.Entry.CreatedAtMicros, SegmentsCount = partition.Stats.SegmentsCount, CurrentOffset = partition.Stats.CurrentOffset,
                    SizeBytes = partition.Stats.SizeBytes, MessagesCount = partition.Stats.MessagesCount,
                }),
            },
        };
    }

    public override async Task<UpdateTopicResponse> UpdateTopic(UpdateTopicRequest request, ServerCallContext context)
    {
        var changes = ImmutableArray.CreateBuilder<WireOption>();
        if (request.HasName)
        {
            Demand(request.Name, IggyError.InvalidTopicName);
            changes.Add(TopicOptionTexts.ToPair("name", request.Name));
        }
        foreach (var (key, text) in request.Options)
            changes.Add(TopicOptionCatalog.Find(key) is { } option ? TopicOptionTexts.ToPair(option, text) : TopicOptionTexts.ToPair(key, text));
        await patches.ApplyAsync(Caller(context), new UpdateResourceRequest(
            OptionScope.Topic, Names.Identifier(request.Stream), Names.Identifier(request.Topic), [.. request.Reset], changes.DrainToImmutable()));
        return new UpdateTopicResponse();
    }

    public override async Task<DeleteTopicResponse> DeleteTopic(DeleteTopicRequest request, ServerCallContext context)
    {
        await topics.DeleteAsync(Caller(context), Names.Identifier(request.Stream), Names.Identifier(request.Topic));
        return new DeleteTopicResponse();
    }

    public override async Task<PurgeTopicResponse> PurgeTopic(PurgeTopicRequest request, ServerCallContext context)
    {
        await topics.PurgeAsync(Caller(context), Names.Identifier(request.Stream), Names.Identifier(request.Topic));
        return new PurgeTopicResponse();
    }

    public override async Task<FlushTopicResponse> FlushTopic(FlushTopicRequest request, ServerCallContext context)
    {
        CommandRefusedException.ThrowIf(await messages.FlushAsync(Caller(context), Names.Topic(request.Stream, request.Topic), request.PartitionId, request.Fsync));
        return new FlushTopicResponse();
    }

    public override async Task<CreatePartitionsResponse> CreatePartitions(CreatePartitionsRequest request, ServerCallContext context)
    {
        await topics.AddPartitionsAsync(Caller(context), Names.Identifier(request.Stream), Names.Identifier(request.Topic), request.Count);
        return new CreatePartitionsResponse();
    }

    public override async Task<DeletePartitionsResponse> DeletePartitions(DeletePartitionsRequest request, ServerCallContext context)
    {
        if (request.Count > ProtocolLimits.MaxPartitionsPerRequest)
            throw new CommandRefusedException(IggyError.TooManyPartitions);
        await topics.RemovePartitionsAsync(Caller(context), Names.Identifier(request.Stream), Names.Identifier(request.Topic), request.Count);
        return new DeletePartitionsResponse();
    }

    public override async Task<DeleteSegmentsResponse> DeleteSegments(DeleteSegmentsRequest request, ServerCallContext context)
    {
        await topics.DeleteSegmentsAsync(Caller(context), Names.Identifier(request.Stream), Names.Identifier(request.Topic), request.PartitionId, request.Count);
        return new DeleteSegmentsResponse();
    }

    private static Topic ToTopic(TopicView view)
    {
        var topic = new Topic
        {
            Id = view.Topic.Id, Name = view.Topic.Name, CreatedAtMicros = view.Topic.CreatedAtMicros, SizeBytes = view.Figures.SizeBytes, MessagesCount = view.Figures.MessagesCount,
            PartitionsCount = (uint)view.Figures.Partitions.Length,
        };
        var (set, inForce) = TopicOptionRules.ToOptions(view.Topic.Settings);
        foreach (var option in set.ToPairs(OptionLines.All).Concat(set.ToDerivedPairs(inForce, OptionLines.All)))
            topic.Options[option.Key] = TopicOptionTexts.Text(option);
        return topic;
    }
}
