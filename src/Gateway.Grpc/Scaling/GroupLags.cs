using Iggy.Gateway.Authorization;
using Iggy.Gateway.Errors;
using Iggy.Gateway.Routing;
using Iggy.Gateway.Sessions;
using Iggy.Protocol;

namespace Iggy.Gateway.Grpc.Scaling;

/// <summary>How far one group is behind.</summary>
internal sealed class GroupLags(Catalog catalog)
{
    /// <summary>Messages that the group has not read yet, and partitions that they may lie in.</summary>
    /// <remarks>Where a partition was not closed in order and nobody has opened it since, it is opened: with nobody left to read, nobody else would, and there would
    /// seem to be nothing to do for ever.</remarks>
    /// <exception cref="CommandRefusedException">Something is missing, or the user has no leave.</exception>
    public async ValueTask<(ulong Messages, uint Partitions)> FindAsync(Session session, Identifier streamId, Identifier topicId, Identifier groupId)
    {
        var (stream, topic) = await catalog.GetTopicAsync(streamId, topicId);
        UserAccess.Demand(session.Access.MayReadTopic(stream.Id, topic.Id));
        var figures = await catalog.GetFiguresAsync(topic);
        foreach (var lag in await catalog.Topic(topic).GetLagsAsync(byPartition: false))
        {
            if (groupId.Matches(lag.Total.GroupId, lag.Name))
                return (lag.Total.Messages, (uint)figures.Partitions.Length);
        }
        throw new CommandRefusedException(IggyError.ConsumerGroupIdNotFound);
    }
}
