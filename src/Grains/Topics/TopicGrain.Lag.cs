using System.Collections.Immutable;
using Iggy.Grains.Interfaces.ConsumerGroups;
using Iggy.Grains.Interfaces.Topics;

namespace Iggy.Grains.Topics;

/// <summary>How far the topic's groups are behind. Closed partitions tell out of their files; none is opened for it.</summary>
internal sealed partial class TopicGrain
{
    public async ValueTask<ImmutableArray<TopicGroupLag>> GetLagsAsync(bool byPartition)
    {
        var (groups, entries) = (Stored.Groups, _entries); // of one moment
        if (groups.IsEmpty)
            return [];

        var lags = new PartitionLags[entries.Length];
        var open = await Task.Run(() => ReadClosed(entries, lags)); // it may read files
        var asked = await GrainFactory.AskAsync([.. open.Select(number => entries[number])], static partition => partition.GetLagsAsync());
        for (var i = 0; i < asked.Length; i++)
            lags[open[i]] = asked[i];
        return await Task.Run(() => Sum(groups, lags, byPartition)); // as many steps as there are groups times partitions
    }

    private List<int> ReadClosed(ImmutableArray<PartitionEntry> entries, PartitionLags[] lags)
    {
        var others = new List<int>();
        for (var i = 0; i < lags.Length; i++)
        {
            if (open.IsOpen(entries[i].Key) || places.IsElsewhere(entries[i].Key))
                others.Add(i);
            else
                open.TryGetClosedLags(entries[i].Key, out lags[i]);
        }
        return others;
    }

    private static ImmutableArray<TopicGroupLag> Sum(ImmutableArray<ConsumerGroupEntry> groups, PartitionLags[] partitions, bool byPartition)
    {
        var places = new Dictionary<uint, int>(groups.Length);
        for (var i = 0; i < groups.Length; i++)
            places[groups[i].Id] = i;
        var totals = new GroupLag[groups.Length];
        var parts = byPartition ? new GroupLag[groups.Length][] : [];
        for (var i = 0; i < parts.Length; i++)
            parts[i] = new GroupLag[partitions.Length];

        var here = new GroupLag[groups.Length];
        for (var partition = 0; partition < partitions.Length; partition++)
        {
            var lags = partitions[partition];
            if (!lags.IsKnown)
                continue;
            Array.Fill(here, lags.Unread);
            foreach (var lag in lags.Groups)
            {
                if (places.TryGetValue(lag.GroupId, out var place))
                    here[place] = lag;
            }
            for (var i = 0; i < here.Length; i++)
            {
                totals[i] = Add(totals[i], here[i]);
                if (byPartition)
                    parts[i][partition] = here[i];
            }
        }

        var rows = ImmutableArray.CreateBuilder<TopicGroupLag>(groups.Length);
        for (var i = 0; i < groups.Length; i++)
            rows.Add(new TopicGroupLag(groups[i].Name, totals[i] with { GroupId = groups[i].Id }, byPartition ? ImmutableArray.Create(parts[i]) : []));
        return rows.MoveToImmutable();
    }

    private static GroupLag Add(in GroupLag total, in GroupLag part) => new(0, total.Messages + part.Messages,
        total.OldestMicros == 0 || part.OldestMicros == 0 ? Math.Max(total.OldestMicros, part.OldestMicros) : Math.Min(total.OldestMicros, part.OldestMicros));
}
