using Iggy.Gateway.Errors;
using Iggy.Gateway.Authorization;
using Iggy.Gateway.Routing;
using Iggy.Gateway.Sessions;
using Iggy.Grains.Interfaces;
using Iggy.Grains.Interfaces.Partitions;
using Iggy.Protocol;

namespace Iggy.Gateway.Commands;

/// <summary>Stored offsets of consumers.</summary>
internal sealed class ConsumerOffsetCommands(PartitionCalls partitions)
{
    /// <summary>What is stored, or null for every reason why nothing is: a missing stream, topic or partition among them.</summary>
    public async ValueTask<ConsumerOffset?> FindAsync(Session session, TopicAddress address, ConsumerKey consumer, uint partitionId)
    {
        try
        {
            var (refusal, offset, _) = await partitions.CallAsync(session, MessageAction.Poll, address, PartitionChoice.Of(partitionId), consumer,
                static (partition, consumer) => partition.GetOffsetAsync(consumer), static answer => answer.Refusal);
            return refusal is Refusal.None ? offset : null;
        }
        catch (CommandRefusedException missing) when (missing.Error is IggyError.StreamIdNotFound or IggyError.TopicIdNotFound)
        {
            return null; // the protocol's own answer to a question about something that is not there
        }
    }

    /// <summary>Stores an offset.</summary>
    public async ValueTask<IggyError> StoreAsync(Session session, TopicAddress address, ConsumerKey consumer, uint partitionId, ulong offset)
    {
        var (refusal, _, _) = await partitions.CallAsync(session, MessageAction.Poll, address, PartitionChoice.Of(partitionId), (consumer, offset),
            static (partition, stored) => partition.StoreOffsetAsync(stored.consumer, stored.offset), static answer => answer);
        return RefusalTable.ToError(refusal);
    }

    /// <summary>Forgets a stored offset.</summary>
    public async ValueTask<IggyError> DeleteAsync(Session session, TopicAddress address, ConsumerKey consumer, uint partitionId)
    {
        var (refusal, _, _) = await partitions.CallAsync(session, MessageAction.Poll, address, PartitionChoice.Of(partitionId), consumer,
            static (partition, consumer) => partition.DeleteOffsetAsync(consumer), static answer => answer);
        return RefusalTable.ToError(refusal);
    }
}
