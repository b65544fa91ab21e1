using Iggy.Archive.Layout;
using Iggy.Archive.Manifests;

namespace Iggy.Archive.Plans;

/// <summary>What may go out of a bucket.</summary>
public static class RetentionPlan
{
    /// <summary>The oldest point to keep: the last one before the time that is promised, so that every moment in it can be gone back to.</summary>
    /// <returns>Null when nothing may go.</returns>
    public static Point? OldestKept(IReadOnlyList<Point> valid, ulong promisedFromMicros)
    {
        var oldest = (Point?)null;
        foreach (var point in valid)
        {
            if (point.Micros <= promisedFromMicros)
                oldest = point;
        }
        return oldest is { } found && found != valid[0] ? found : null;
    }

    /// <summary>The keys that a listing reads from.</summary>
    public static IEnumerable<string> Needed(ArchiveKeys keys, Listing listing)
    {
        foreach (var (_, partition) in listing.Partitions)
        {
            if (partition.Offsets is { } offsets)
                yield return keys.Pack(offsets.Pack);
            foreach (var segment in partition.Segments)
            {
                if (segment.Whole is { } whole)
                    yield return keys.Segment(partition.Key, segment.First, segment.Generation, whole.Epoch, whole.Hash);
                foreach (var piece in segment.Pieces)
                    yield return keys.Pack(piece.Slice.Pack);
            }
        }
    }
}
