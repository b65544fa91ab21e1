using System.Collections.Immutable;
using Iggy.Grains.Interfaces.Topics;
using Iggy.Grains.Partitions;

namespace Iggy.Grains.Topics;

/// <summary>Arithmetic on runs of partitions: ids are positions over all runs, sequence numbers are lasting.</summary>
internal static class PartitionRuns
{
    public static ulong Count(ImmutableArray<PartitionRun> runs)
    {
        var count = 0UL;
        foreach (var run in runs)
            count += run.Count;
        return count;
    }

    /// <summary>One entry for each partition, by ascending id.</summary>
    public static ImmutableArray<PartitionEntry> Entries(Guid topic, ImmutableArray<PartitionRun> runs)
    {
        var entries = ImmutableArray.CreateBuilder<PartitionEntry>((int)Count(runs)); // bounded by the option MaxPartitionsPerTopic
        foreach (var run in runs)
        {
            for (var i = 0u; i < run.Count; i++)
                entries.Add(new PartitionEntry((uint)entries.Count, PartitionKey.Of(topic, run.FirstSequence + i), run.CreatedAtMicros));
        }

        return entries.ToImmutable();
    }

    /// <summary>Cuts partitions off the end.</summary>
    /// <param name="runs">With at least <paramref name="count"/> partitions.</param>
    /// <param name="count">How many to cut off.</param>
    public static (ImmutableArray<PartitionRun> Kept, ImmutableArray<PartitionRun> Cut) Split(ImmutableArray<PartitionRun> runs, uint count)
    {
        var (kept, cut) = (runs.ToBuilder(), ImmutableArray.CreateBuilder<PartitionRun>());
        while (count > 0)
        {
            var last = kept[^1];
            var taken = Math.Min(count, last.Count);
            cut.Add(last with { FirstSequence = last.FirstSequence + (last.Count - taken), Count = taken });
            if (taken == last.Count)
                kept.RemoveAt(kept.Count - 1);
            else
                kept[^1] = last with { Count = last.Count - taken };
            count -= taken;
        }

        return (kept.ToImmutable(), cut.ToImmutable());
    }
}
