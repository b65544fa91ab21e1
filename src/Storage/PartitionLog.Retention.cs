namespace Iggy.Storage;

/// <summary>What retention wants to know of the oldest sealed segment of a log.</summary>
/// <param name="FirstOffset">Its first offset.</param>
/// <param name="FirstTimestampMicros">Append time of its first message; 0 when it cannot be read any more.</param>
/// <param name="LastTimestampMicros">
/// Append time of its newest message; of the next message after it when it cannot be read, and the greatest number when there is none.
/// </param>
/// <param name="IsHeld">A stored consumer offset lies below its last message, so it may not go yet.</param>
public readonly record struct SealedSegment(ulong FirstOffset, ulong FirstTimestampMicros, ulong LastTimestampMicros, bool IsHeld);

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
