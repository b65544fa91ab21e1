namespace Iggy.Storage;

/// <summary>What is known of a log that nobody has open.</summary>
/// <param name="Stats">As its last user left it.</param>
/// <param name="LagMessages">Messages behind the smallest stored offset; 0 when none is stored.</param>
/// <param name="RecordsCount">Records that the kept messages lie in.</param>
/// <param name="OldestSealed">The oldest segment that takes no more appends; null when only the active one is left.</param>
public readonly record struct LogSummary(LogStats Stats, ulong LagMessages, ulong RecordsCount, SealedSegment? OldestSealed)
{
    /// <summary>Of a log that was made and never opened: its first segment comes with the first opening, and is counted as there.</summary>
    internal static LogSummary OfNew => new(new LogStats(0, 0, 0, 0, SegmentsCount: 1, 0), 0, 0, null);
}
