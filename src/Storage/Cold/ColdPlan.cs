namespace Iggy.Storage.Cold;

/// <summary>What of a log stays in its folder, whatever the log keeps altogether.</summary>
/// <param name="KeepBytes">Bytes of segment files; the oldest go until it is no more. The greatest number for no limit.</param>
/// <param name="NewestMicros">Segments without a message newer than this go; 0 for none.</param>
public readonly record struct LocalLimits(ulong KeepBytes, ulong NewestMicros);

/// <summary>A sealed segment in the folder of a log.</summary>
/// <param name="FirstOffset">Of its first message.</param>
/// <param name="Generation">Of its file.</param>
/// <param name="NextOffset">Offset after its last message.</param>
/// <param name="EndPosition">Bytes of its file.</param>
/// <param name="LastMicros">Append time of its last message.</param>
public readonly record struct LocalSegment(ulong FirstOffset, uint Generation, ulong NextOffset, uint EndPosition, ulong LastMicros);

/// <summary>Says which segments may leave the folder of a log for the archive.</summary>
public static class ColdPlan
{
    /// <param name="sealedOnes">The sealed segments in the folder, ascending.</param>
    /// <param name="activeBytes">Bytes of the segment that takes appends.</param>
    /// <param name="limits">What stays.</param>
    /// <returns>How many of the oldest go.</returns>
    public static int CountGoing(IReadOnlyList<LocalSegment> sealedOnes, ulong activeBytes, in LocalLimits limits)
    {
        ArgumentNullException.ThrowIfNull(sealedOnes);
        var bytes = activeBytes;
        foreach (var segment in sealedOnes)
            bytes += segment.EndPosition;
        var count = 0;
        for (; count < sealedOnes.Count && (bytes > limits.KeepBytes || sealedOnes[count].LastMicros <= limits.NewestMicros); count++)
            bytes -= sealedOnes[count].EndPosition;
        return count;
    }
}
