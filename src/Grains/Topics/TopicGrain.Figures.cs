using System.Collections.Immutable;
using Iggy.Grains.Interfaces;
using Iggy.Grains.Interfaces.Partitions;
using Iggy.Grains.Interfaces.Topics;
using Iggy.Grains.Partitions;
using Iggy.Storage;

namespace Iggy.Grains.Topics;

/// <summary>The figures of the topic's partitions. Closed ones are not woken for them: their logs left them written down.</summary>
internal sealed partial class TopicGrain
{
    public async ValueTask<ImmutableArray<PartitionDetails>> GetStatsAsync()
    {
        var entries = _entries; // of one moment; one that goes meanwhile answers PartitionNotFound, with zeros
        var stats = await GrainFactory.AskAsync<PartitionStats>(open, entries, Know, static partition => partition.GetStatsAsync());
        var details = ImmutableArray.CreateBuilder<PartitionDetails>(entries.Length);
        for (var i = 0; i < entries.Length; i++)
            details.Add(new PartitionDetails(entries[i], stats[i]));
        return details.MoveToImmutable();
    }

    public async ValueTask<TopicTotals> GetTotalsAsync()
    {
        var entries = _entries;
        var totals = new TopicTotals((uint)entries.Length, 0, 0, 0, 0, 0, 0, 0);
        foreach (var stats in await GrainFactory.AskAsync<PartitionStats>(open, entries, Know, AskOpenAsync))
        {
            totals = stats.SegmentsCount == 0 // a log has one at least
                ? totals with { UnknownCount = totals.UnknownCount + 1 }
                : totals with
                {
                    SizeBytes = totals.SizeBytes + stats.SizeBytes,
                    MessagesCount = totals.MessagesCount + stats.MessagesCount,
                    SegmentsCount = totals.SegmentsCount + stats.SegmentsCount,
                    RecordsCount = totals.RecordsCount + stats.RecordsCount,
                    LagMessages = totals.LagMessages + stats.LagMessages,
                    MaxLagMessages = Math.Max(totals.MaxLagMessages, stats.LagMessages),
                };
        }

        return totals;
    }

    private ValueTask<PartitionStats> AskOpenAsync(IPartitionGrain partition)
    {
        var key = partition.GetPrimaryKeyString();
        return open.IsOpen(key) ? partition.GetStatsAsync()
            : places.IsElsewhere(key) ? partition.GetKnownStatsAsync()
            : default; // unknown until somebody uses it
    }

    private static bool Know(in LogSummary summary, out PartitionStats stats)
    {
        stats = summary.ToStats();
        return true;
    }
}
