using Iggy.Grains.Interfaces;
using Iggy.Grains.Interfaces.Topics;
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

    [LoggerMessage(2005, LogLevel.Error, "Partition {Partition} is listed by its topic, but its folder or the lock file in it is gone")]
    private static partial void LogMissing(ILogger logger, string partition);
}
