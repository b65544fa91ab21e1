using Iggy.Storage.Log;

namespace Iggy.Storage.Tests.Setup;

/// <summary>Takes segments and their files at once.</summary>
internal static class Removals
{
    public static uint DeleteSegments(this PartitionLog log, uint count) => Run(log.TakeOldest(count));

    public static uint DeleteExpiredSegments(this PartitionLog log, ulong newestMicros) => Run(log.TakeExpired(newestMicros));

    public static bool DeleteOldestSegment(this PartitionLog log, ulong firstOffset) => Run(log.TakeIfOldest(firstOffset)) > 0;

    private static uint Run(SegmentRemoval removal)
    {
        removal.Run();
        return removal.Count;
    }
}
