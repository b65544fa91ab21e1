using System.Collections.Immutable;
using Iggy.Archive.Manifests;

namespace Iggy.Archive.Plans;

/// <summary>What a partition is made of at a moment.</summary>
/// <param name="Segments">Ascending. Of the first that has a message later than the moment only the beginning is wanted, of those behind it nothing.</param>
/// <param name="KeepsOffsets">Whether the stored offsets belong to these messages: not when the partition was purged in between.</param>
public sealed record PartitionPlan(ImmutableArray<SegmentEntry> Segments, bool KeepsOffsets);

/// <summary>Finds the segments of a partition at a moment, out of the points before and behind it.</summary>
public static class RestorePlan
{
    /// <param name="at">The partition at the last point before the moment; null when it had no files then.</param>
    /// <param name="later">The partition at the points behind it, in their order; null where it was gone by then.</param>
    /// <param name="micros">The moment.</param>
    public static PartitionPlan For(PartitionEntry? at, IEnumerable<PartitionEntry?> later, ulong micros)
    {
        var branch = at?.Branch;
        var newest = new Dictionary<(ulong, uint), SegmentEntry>();
        // A log of another branch does not go on from this one.
        foreach (var segment in later.Prepend(at).OfType<PartitionEntry>().TakeWhile(one => one.Branch == (branch ??= one.Branch)).SelectMany(static one => one.Segments))
        {
            if (!newest.TryGetValue((segment.First, segment.Generation), out var other) || segment.End >= other.End)
                newest[(segment.First, segment.Generation)] = segment;
        }

        // Generations rise with every file that a log makes. A later file that starts below earlier ones says that these were purged.
        var log = new List<SegmentEntry>();
        foreach (var segment in newest.Values.OrderBy(static one => one.Generation).ThenBy(static one => one.First))
        {
            if (segment.CreatedMicros > micros && log.Count > 0)
                continue; // made after the moment, by a roll or a purge
            while (log.Count > 0 && log[^1].First >= segment.First)
                log.RemoveAt(log.Count - 1);
            log.Add(segment);
        }

        var end = log.FindIndex(segment => segment.LastMicros > micros);
        if (end >= 0)
            log.RemoveRange(end + 1, log.Count - end - 1);
        var before = at?.Segments ?? [];
        var keepsOffsets = before.IsEmpty || log.Exists(kept => before.Any(one => one.First == kept.First && one.Generation == kept.Generation));
        return new PartitionPlan([.. log], keepsOffsets);
    }

    /// <summary>Offsets between segments that are in nobody's hands: rolled and deleted between two rounds.</summary>
    public static IEnumerable<(ulong First, ulong Last)> Missing(PartitionPlan plan)
    {
        for (var i = 1; i < plan.Segments.Length; i++)
        {
            if (plan.Segments[i].First > plan.Segments[i - 1].Next)
                yield return (plan.Segments[i - 1].Next, plan.Segments[i].First - 1);
        }
    }
}
