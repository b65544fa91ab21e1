using System.Collections.Immutable;

namespace Iggy.Grains.Placement;

/// <summary>How much each running server has, and so who gets the next partition: as few to lead as others, then as few to keep.</summary>
internal sealed class NodeLoads
{
    private readonly SortedSet<(int Leads, int Keeps, string Node)> _byLoad = [];

    /// <param name="nodes">The servers that run.</param>
    /// <param name="rows">The partitions that there are.</param>
    public NodeLoads(IReadOnlyCollection<string> nodes, IEnumerable<PartitionRow> rows)
    {
        var counts = nodes.ToDictionary(static node => node, static _ => (Leads: 0, Keeps: 0), StringComparer.Ordinal);
        foreach (var row in rows)
        {
            foreach (var voter in row.Voters)
            {
                if (counts.TryGetValue(voter, out var count))
                    counts[voter] = (count.Leads + (voter == row.Leader ? 1 : 0), count.Keeps + 1);
            }
        }
        foreach (var (node, (leads, keeps)) in counts)
            _byLoad.Add((leads, keeps, node));
    }

    /// <summary>Who keeps the fewest; null where there is none.</summary>
    public string? Least => _byLoad.OrderBy(static one => (one.Keeps, one.Node)).Select(static one => one.Node).FirstOrDefault();

    /// <summary>Gives a partition to servers; the first is to lead it.</summary>
    /// <param name="count">How many; fewer where there are fewer.</param>
    public ImmutableArray<string> Take(int count)
    {
        if (_byLoad.Count == 0)
            return [];
        var leader = _byLoad.Min;
        var taken = _byLoad.Where(one => one != leader).OrderBy(static one => (one.Keeps, one.Node)).Take(count - 1).Prepend(leader).ToArray();
        foreach (var one in taken)
        {
            _byLoad.Remove(one);
            _byLoad.Add((one.Leads + (one == leader ? 1 : 0), one.Keeps + 1, one.Node));
        }
        return [.. taken.Select(static one => one.Node)];
    }
}
