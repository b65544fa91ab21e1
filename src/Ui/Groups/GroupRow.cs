using Iggy.Gateway.Authorization;
using Iggy.Gateway.Metrics;
using Iggy.Gateway.Sessions;
using Iggy.Grains.Interfaces.Streams;
using Iggy.Grains.Interfaces.Topics;
using Iggy.Protocol;
using Iggy.Ui.Circuits;
using Iggy.Ui.Figures;

namespace Iggy.Ui.Groups;

/// <summary>A consumer group in a list.</summary>
internal sealed record GroupRow(StreamEntry Stream, TopicEntry Topic, uint Id, string Name, ulong Lag, double Seconds)
{
    /// <summary>Of its page.</summary>
    public string Address => $"streams/{Stream.Id}/topics/{Topic.Id}/groups/{Id}";
}

/// <summary>Lists of groups.</summary>
internal static class GroupLists
{
    private const int AtOnce = 256; // topics that are asked together

    /// <summary>Those of a topic.</summary>
    public static async ValueTask<GroupRow[]> ListGroupsAsync(this Backend backend, Session session, Identifier streamId, Identifier topicId)
    {
        var (stream, topic) = await backend.Catalog.GetTopicAsync(streamId, topicId);
        UserAccess.Demand(session.Access.MayReadTopic(stream.Id, topic.Id));
        return await backend.RowsAsync(stream, topic);
    }

    /// <summary>All that a user sees. Opens nothing.</summary>
    public static async ValueTask<List<GroupRow>> ListGroupsAsync(this Backend backend, Session session)
    {
        var rows = new List<GroupRow>();
        foreach (var stream in await backend.VisibleStreamsAsync(session))
        {
            foreach (var topics in (await backend.VisibleTopicsAsync(session, stream)).Where(topic => session.Access.MayReadTopic(stream.Id, topic.Id)).Chunk(AtOnce))
            {
                foreach (var some in await Task.WhenAll(topics.Select(topic => backend.RowsAsync(stream, topic))))
                    rows.AddRange(some);
            }
        }
        return rows;
    }

    private static async Task<GroupRow[]> RowsAsync(this Backend backend, StreamEntry stream, TopicEntry topic)
    {
        var lags = await backend.Catalog.Topic(topic).GetLagsAsync(byPartition: false);
        return [.. lags.Select(lag => new GroupRow(stream, topic, lag.Total.GroupId, lag.Name, lag.Total.Messages, LagFigures.AgeSeconds(backend.Clock, lag.Total.OldestMicros)))];
    }
}
