using System.Collections.Immutable;
using Iggy.Gateway.Errors;
using Iggy.Grains.Interfaces;
using Iggy.Grains.Interfaces.Partitions;
using Iggy.Grains.Interfaces.Streams;
using Iggy.Grains.Interfaces.Topics;
using Iggy.Protocol;

namespace Iggy.Gateway.Routing;

/// <summary>Finds streams and topics as clients name them, always as they are now: the control path never reads a cache.</summary>
internal sealed class Catalog(IGrainFactory grains)
{
    /// <summary>All streams, by ascending id.</summary>
    public ValueTask<ImmutableArray<StreamEntry>> ListStreamsAsync() => Directory.ListAsync();

    /// <summary>All topics of a stream, by ascending id.</summary>
    public ValueTask<ImmutableArray<TopicEntry>> ListTopicsAsync(StreamEntry stream) => Stream(stream).ListAsync();

    /// <summary>The stream, or null.</summary>
    public async ValueTask<StreamEntry?> FindStreamAsync(Identifier id)
    {
        foreach (var stream in await Directory.ListAsync())
        {
            if (id.Matches(stream.Id, stream.Name))
                return stream;
        }
        return null;
    }

    /// <summary>The topic with its stream, or null when either is missing.</summary>
    public async ValueTask<(StreamEntry Stream, TopicEntry Topic)?> FindTopicAsync(Identifier streamId, Identifier topicId)
    {
        if (await FindStreamAsync(streamId) is not { } stream)
            return null;
        return await FindTopicAsync(stream, topicId) is { } topic ? (stream, topic) : null;
    }

    /// <summary>The stream.</summary>
    /// <exception cref="CommandRefusedException"><see cref="IggyError.StreamIdNotFound"/>.</exception>
    public async ValueTask<StreamEntry> GetStreamAsync(Identifier id) =>
        await FindStreamAsync(id) ?? throw new CommandRefusedException(IggyError.StreamIdNotFound);

    /// <summary>The topic with its stream.</summary>
    /// <exception cref="CommandRefusedException"><see cref="IggyError.StreamIdNotFound"/> or <see cref="IggyError.TopicIdNotFound"/>.</exception>
    public async ValueTask<(StreamEntry Stream, TopicEntry Topic)> GetTopicAsync(Identifier streamId, Identifier topicId)
    {
        var stream = await GetStreamAsync(streamId);
        return (stream, await FindTopicAsync(stream, topicId) ?? throw new CommandRefusedException(IggyError.TopicIdNotFound));
    }

    /// <summary>Figures of every topic of a stream, in the order of <paramref name="topics"/>; none of one that cannot be looked at.</summary>
    public async ValueTask<TopicFigures[]> GetFiguresAsync(ImmutableArray<TopicEntry> topics)
    {
        var asked = new Task<TopicFigures>[topics.Length];
        for (var i = 0; i < topics.Length; i++)
            asked[i] = ListedFiguresAsync(topics[i]);
        return await Task.WhenAll(asked);
    }

    private async Task<TopicFigures> ListedFiguresAsync(TopicEntry topic)
    {
        try
        {
            return await GetFiguresAsync(topic);
        }
        catch (RefusedException damaged) when (damaged.Reason is Refusal.StorageFailed)
        {
            return new TopicFigures([], 0, 0, 0);
        }
    }

    /// <summary>Figures of one topic.</summary>
    public async ValueTask<TopicFigures> GetFiguresAsync(TopicEntry topic)
    {
        var partitions = await Topic(topic).GetStatsAsync();
        var (sizeBytes, messages, segments, lag, maxLag, records) = (0UL, 0UL, 0U, 0UL, 0UL, 0UL);
        foreach (var partition in partitions)
        {
            sizeBytes += partition.Stats.SizeBytes;
            messages += partition.Stats.MessagesCount;
            segments += partition.Stats.SegmentsCount;
            lag += partition.Stats.LagMessages;
            maxLag = Math.Max(maxLag, partition.Stats.LagMessages);
            records += partition.Stats.RecordsCount;
        }
        return new TopicFigures(partitions, sizeBytes, messages, segments, lag, maxLag, records);
    }

    /// <summary>Sums of every topic of a stream, in the order of <paramref name="topics"/>; opens no partition.</summary>
    public Task<TopicTotals[]> GetTotalsAsync(ImmutableArray<TopicEntry> topics)
    {
        var asked = new Task<TopicTotals>[topics.Length];
        for (var i = 0; i < topics.Length; i++)
            asked[i] = Topic(topics[i]).GetTotalsAsync().AsTask();
        return Task.WhenAll(asked);
    }

    /// <summary>The grain that gives stream ids.</summary>
    public IStreamDirectoryGrain Directory => grains.GetGrain<IStreamDirectoryGrain>(0);

    /// <summary>The grain of a stream.</summary>
    public IStreamGrain Stream(StreamEntry stream) => grains.GetGrain<IStreamGrain>(stream.Incarnation);

    /// <summary>The grain of a topic.</summary>
    public ITopicGrain Topic(TopicEntry topic) => grains.GetGrain<ITopicGrain>(topic.Incarnation);

    /// <summary>The grain of a partition.</summary>
    public IPartitionGrain Partition(PartitionEntry partition) => grains.GetGrain<IPartitionGrain>(partition.Key);

    private async ValueTask<TopicEntry?> FindTopicAsync(StreamEntry stream, Identifier id)
    {
        foreach (var topic in await Stream(stream).ListAsync())
        {
            if (id.Matches(topic.Id, topic.Name))
                return topic;
        }
        return null;
    }
}

/// <summary>A topic's partitions with their sums.</summary>
internal sealed record TopicFigures(
    ImmutableArray<PartitionDetails> Partitions, ulong SizeBytes, ulong MessagesCount, uint SegmentsCount, ulong LagMessages = 0, ulong MaxLagMessages = 0,
    ulong RecordsCount = 0);
