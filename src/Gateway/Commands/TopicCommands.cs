using Iggy.Gateway.Errors;
using Iggy.Gateway.Authorization;
using Iggy.Gateway.Routing;
using Iggy.Gateway.Sessions;
using Iggy.Grains.Interfaces.Hosting;
using Iggy.Grains.Interfaces.Topics;
using Iggy.Protocol;

namespace Iggy.Gateway.Commands;

/// <summary>A topic with its partitions and their sums.</summary>
internal sealed record TopicView(TopicEntry Topic, TopicFigures Figures);

/// <summary>Topics, their partitions and segments.</summary>
internal sealed class TopicCommands(Catalog catalog, IClusterNodes? nodes = null)
{
    /// <summary>The topic, or null when it or its stream is missing.</summary>
    public async ValueTask<TopicView?> FindAsync(Session session, Identifier stream, Identifier topic)
    {
        if (await catalog.FindTopicAsync(stream, topic) is not { } found)
            return null;
        UserAccess.Demand(session.Access.MayReadTopic(found.Stream.Id, found.Topic.Id));
        return await ViewAsync(found.Topic);
    }

    /// <summary>All topics of a stream by ascending id, or null when there is no such stream.</summary>
    public async ValueTask<TopicView[]?> ListAsync(Session session, Identifier streamId)
    {
        if (await catalog.FindStreamAsync(streamId) is not { } stream)
            return null;
        UserAccess.Demand(session.Access.MayListTopics(stream.Id));
        var topics = await catalog.ListTopicsAsync(stream);
        var figures = await catalog.GetFiguresAsync(topics);
        var views = new TopicView[topics.Length];
        for (var i = 0; i < views.Length; i++)
            views[i] = new(topics[i], figures[i]);
        return views;
    }

    /// <summary>Makes a topic with its partitions.</summary>
    public async ValueTask<TopicView> CreateAsync(Session session, Identifier streamId, string name, TopicSettings settings, uint partitionsCount)
    {
        if (partitionsCount > TopicSettings.MaxPartitionsPerRequest)
            throw new CommandRefusedException(IggyError.TooManyPartitions);
        RequireKnownCompression(settings);
        if (settings.Tuning?.Replicas > 1 + (nodes?.ListOthers().Count ?? 0)) // a client of the older line may say any number
            throw new CommandRefusedException(IggyError.InvalidReplicationFactor);
        var stream = await catalog.GetStreamAsync(streamId);
        UserAccess.Demand(session.Access.MayCreateTopic(stream.Id));
        NewNames.Demand(name, present: null, IggyError.InvalidTopicName);
        var topic = await catalog.Stream(stream).CreateTopicAsync(name, settings, partitionsCount);
        return await ViewAsync(topic);
    }

    /// <summary>Replaces a topic's name and settings.</summary>
    public async ValueTask UpdateAsync(Session session, Identifier streamId, Identifier topicId, string name, TopicSettings settings)
    {
        RequireKnownCompression(settings);
        var (stream, topic) = await catalog.GetTopicAsync(streamId, topicId);
        UserAccess.Demand(session.Access.MayManageTopic(stream.Id, topic.Id));
        NewNames.Demand(name, topic.Name, IggyError.InvalidTopicName);
        await catalog.Stream(stream).UpdateTopicAsync(topic.Incarnation, name, settings);
    }

    /// <summary>Replaces a topic's name and some of its settings; null keeps the name.</summary>
    public async ValueTask PatchAsync(Session session, Identifier streamId, Identifier topicId, string? name, TopicPatch patch)
    {
        var (stream, topic) = await catalog.GetTopicAsync(streamId, topicId);
        UserAccess.Demand(session.Access.MayManageTopic(stream.Id, topic.Id));
        name ??= topic.Name;
        NewNames.Demand(name, topic.Name, IggyError.InvalidTopicName);
        await catalog.Stream(stream).PatchTopicAsync(topic.Incarnation, name, patch);
    }

    /// <summary>Removes a topic with all that is in it.</summary>
    public async ValueTask DeleteAsync(Session session, Identifier streamId, Identifier topicId)
    {
        var (stream, topic) = await catalog.GetTopicAsync(streamId, topicId);
        UserAccess.Demand(session.Access.MayManageTopic(stream.Id, topic.Id));
        await catalog.Stream(stream).DeleteTopicAsync(topic.Incarnation);
    }

    /// <summary>Empties a topic.</summary>
    public async ValueTask PurgeAsync(Session session, Identifier streamId, Identifier topicId)
    {
        var (stream, topic) = await catalog.GetTopicAsync(streamId, topicId);
        UserAccess.Demand(session.Access.MayManageTopic(stream.Id, topic.Id));
        await catalog.Topic(topic).PurgeAsync();
    }

    /// <summary>Adds partitions after the last.</summary>
    public async ValueTask AddPartitionsAsync(Session session, Identifier streamId, Identifier topicId, uint count)
    {
        if (count is 0 or > TopicSettings.MaxPartitionsPerRequest)
            throw new CommandRefusedException(IggyError.TooManyPartitions);
        var (stream, topic) = await catalog.GetTopicAsync(streamId, topicId);
        UserAccess.Demand(session.Access.MayManageTopic(stream.Id, topic.Id));
        RequireResizable(topic);
        await catalog.Topic(topic).AddPartitionsAsync(count);
    }

    /// <summary>Removes the last partitions.</summary>
    public async ValueTask RemovePartitionsAsync(Session session, Identifier streamId, Identifier topicId, uint count)
    {
        if (count == 0)
            throw new CommandRefusedException(IggyError.TooManyPartitions); // the released code, though "too few" is meant
        var (stream, topic) = await catalog.GetTopicAsync(streamId, topicId);
        UserAccess.Demand(session.Access.MayManageTopic(stream.Id, topic.Id));
        RequireResizable(topic);
        await catalog.Topic(topic).RemovePartitionsAsync(count);
    }

    /// <summary>Removes the oldest sealed segments of a partition that every stored offset has passed.</summary>
    public async ValueTask DeleteSegmentsAsync(Session session, Identifier streamId, Identifier topicId, uint partitionId, uint count)
    {
        var (stream, topic) = await catalog.GetTopicAsync(streamId, topicId);
        var partitions = await catalog.Topic(topic).ListPartitionsAsync();
        if (partitionId >= (uint)partitions.Length)
            throw new CommandRefusedException(IggyError.PartitionNotFound);
        UserAccess.Demand(session.Access.MayManageTopic(stream.Id, topic.Id));
        CommandRefusedException.ThrowIf(RefusalTable.ToError(await catalog.Partition(partitions[(int)partitionId]).DeleteSegmentsAsync(count)));
    }

    private async ValueTask<TopicView> ViewAsync(TopicEntry topic) => new(topic, await catalog.GetFiguresAsync(topic));

    private static void RequireResizable(TopicEntry topic)
    {
        if (topic.Settings.Tuning is { ArePartitionsFixed: true })
            throw new CommandRefusedException(IggyError.PartitionResizeDisabled);
    }

    private static void RequireKnownCompression(TopicSettings settings)
    {
        if (settings.Compression is not ((byte)CompressionAlgorithm.None or (byte)CompressionAlgorithm.Gzip))
            throw new CommandRefusedException(IggyError.InvalidCommand);
    }
}
