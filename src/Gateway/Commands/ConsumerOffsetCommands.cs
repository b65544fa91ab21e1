using Iggy.Gateway.Authorization;
using Iggy.Gateway.Errors;
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
    /// <exception cref="CommandRefusedException">The user has no leave; in the newer dialect also <see cref="IggyError.PartitionNotFound"/>.</exception>
    public async ValueTask<ConsumerOffset?> FindAsync(Session session, TopicAddress address, ConsumerKey consumer, uint partitionId)
    {
        try
        {
            var (refusal, offset, _) = await partitions.CallAsync(session, MessageAction.Poll, address, PartitionChoice.Of(partitionId), consumer,
                static (partition, consumer) => partition.Grain.GetOffsetAsync(consumer), static answer => answer.Refusal);
            return Found(session, refusal, offset);
        }
        catch (CommandRefusedException missing) when (missing.Error is IggyError.StreamIdNotFound or IggyError.TopicIdNotFound)
        {
            return null; // the protocol's own answer to a question about something that is not there
        }
    }

    /// <summary>What an answer means: the newer dialect tells a missing partition from an offset that was never stored.</summary>
    internal static ConsumerOffset? Found(Session session, Refusal refusal, ConsumerOffset offset) => refusal switch
    {
        Refusal.None => offset,
        Refusal.PartitionNotFound when session.Dialect is Dialect.Vsr => throw new CommandRefusedException(IggyError.PartitionNotFound),
        _ => null,
    };

    /// <summary>Stores an offset.</summary>
    public async ValueTask<IggyError> StoreAsync(Session session, TopicAddress address, ConsumerKey consumer, uint partitionId, ulong offset)
    {
        var (refusal, _, _) = await partitions.CallAsync(session, MessageAction.Poll, address, PartitionChoice.Of(partitionId), (consumer, offset),
            static (partition, stored) => partition.Grain.StoreOffsetAsync(stored.consumer, stored.offset), static answer => answer);
        return RefusalTable.ToError(refusal);
    }

    /// <summary>Forgets a stored offset.</summary>
    public async ValueTask<IggyError> DeleteAsync(Session session, TopicAddress address, ConsumerKey consumer, uint partitionId)
    {
        var (refusal, _, _) = await partitions.CallAsync(session, MessageAction.Poll, address, PartitionChoice.Of(partitionId), consumer,
            static (partition, consumer) => partition.Grain.DeleteOffsetAsync(consumer), static answer => answer);
        return RefusalTable.ToError(refusal);
    }
}
