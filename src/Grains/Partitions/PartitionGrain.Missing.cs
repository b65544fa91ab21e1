using Iggy.Grains.Interfaces;
using Iggy.Grains.Interfaces.Topics;
using Iggy.Grains.Metadata;
using Microsoft.Extensions.Logging;

namespace Iggy.Grains.Partitions;

/// <summary>A partition without its folder: never made, removed, or lost.</summary>
internal sealed partial class PartitionGrain
{
    // The topic lists a partition after its folder is made and unlists it before that goes: so a listed one without its folder lost it.
    private async Task<Refusal> JudgeMissingAsync()
    {
        if (!PartitionKey.IsValid(Key))
            return Refusal.PartitionNotFound;

        foreach (var entry in await GrainFactory.GetGrain<ITopicGrain>(PartitionKey.TopicOf(Key)).ListPartitionsAsync())
        {
            if (entry.Key != Key)
                continue;
            LogMissing(logger, Key);
            health.NoteUnwell(Key);
            EndSoon(); // the next activation looks again: somebody may put it back
            return Refusal.StorageFailed;
        }

        return Refusal.PartitionNotFound;
    }

    /// <summary>Whether another server keeps the partition, or nobody can tell. Then this activation, which its caller got because that server does not run,
    /// ends in a moment: the next one is placed anew.</summary>
    private async ValueTask<bool> IsElsewhereAsync()
    {
        if (!places.IsCluster || !PartitionKey.IsValid(Key))
            return false;
        try
        {
            if (await places.FindAsync(Key) is not { } row || row.Leader == places.NodeId)
                return false;
        }
        catch (MetadataAwayException e)
        {
            LogPlaceUnknown(logger, Key, e.Message);
        }
        EndSoon(s_notHereFor);
        return true;
    }

    [LoggerMessage(2006, LogLevel.Warning, "Partition {Partition} was asked for here, and where it is kept is not known: {Reason}")]
    private static partial void LogPlaceUnknown(ILogger logger, string partition, string reason);

    [LoggerMessage(2005, LogLevel.Error, "Partition {Partition} is listed by its topic, but its folder or the lock file in it is gone")]
    private static partial void LogMissing(ILogger logger, string partition);
}
