namespace Iggy.Storage.Log;

/// <summary>Retention: sealed segments go, the oldest first, so that offsets stay dense.</summary>
public sealed partial class PartitionLog
{
    /// <summary>The oldest segment that takes no more appends; null when only the active one is left.</summary>
    public SealedSegment? OldestSealed => _segments.OldestSealed(_offsets.TryGetSmallest(out var smallest) ? smallest : null);

    /// <summary>Deletes the oldest sealed segments without a message newer than a time, as <see cref="DeleteSegments"/> does.</summary>
    /// <param name="newestMicros">Append time of the newest message that may go, in microseconds since 1970.</param>
    /// <returns>How many were deleted.</returns>
    /// <exception cref="IOException">The disk refused; the log takes no more appends.</exception>
    public uint DeleteExpiredSegments(ulong newestMicros) => DeleteSegments(_segments.CountExpired(newestMicros));

    /// <summary>Deletes the oldest sealed segment if it is still the one meant, as <see cref="DeleteSegments"/> does.</summary>
    /// <param name="firstOffset">Its first offset.</param>
    /// <returns>Whether it was deleted.</returns>
    /// <exception cref="IOException">The disk refused; the log takes no more appends.</exception>
    public bool DeleteOldestSegment(ulong firstOffset) => OldestSealed?.FirstOffset == firstOffset && DeleteSegments(1) > 0;
}
