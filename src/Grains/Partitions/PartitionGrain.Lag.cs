using System.Collections.Immutable;
using Iggy.Grains.Interfaces.Topics;

namespace Iggy.Grains.Partitions;

/// <summary>How far groups are behind. Asked again and again by whoever watches, so it opens nothing and holds nobody up.</summary>
internal sealed partial class PartitionGrain
{
    private const int LagsPerTurn = 64; // each may read some of the disk; messages come and go in between

    public async ValueTask<PartitionLags> GetLagsAsync()
    {
        if (_log is not { } log)
            return open.TryGetClosedLags(Key, out var closedLags) ? closedLags : default;

        Iggy.Storage.ConsumerLag unread;
        (uint GroupId, ulong Offset)[] stored;
        using (Hold())
            (unread, stored) = (log.LagAfter(null), log.ListGroupOffsets());
        var lags = ImmutableArray.CreateBuilder<GroupLag>(stored.Length);
        var known = new Dictionary<ulong, GroupLag>(); // many groups stand at the same offset
        foreach (var (group, offset) in stored)
        {
            if (!known.TryGetValue(offset, out var lag))
            {
                if (known.Count % LagsPerTurn == LagsPerTurn - 1)
                {
                    await Task.Yield();
                    if (_log != log)
                        return default; // closed or purged meanwhile: the next look tells
                }
                Iggy.Storage.ConsumerLag found;
                using (Hold())
                    found = log.LagAfter(offset);
                known[offset] = lag = new GroupLag(0, found.Messages, found.OldestMicros);
            }
            lags.Add(lag with { GroupId = group });
        }
        return new PartitionLags(IsKnown: true, new GroupLag(0, unread.Messages, unread.OldestMicros), lags.MoveToImmutable());
    }
}
