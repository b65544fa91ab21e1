namespace Iggy.Storage;

/// <summary>What retention wants to know of the oldest sealed segment of a log.</summary>
/// <param name="FirstOffset">Its first offset.</param>
/// <param name="FirstTimestampMicros">Append time of its first message; 0 when it cannot be read any more.</param>
/// <param name="LastTimestampMicros">
/// Append time of its newest message; of the next message after it when it cannot be read, and the greatest number when there is none.
/// </param>
/// <param name="IsHeld">A stored consumer offset lies below its last message, so it may not go yet.</param>
public readonly record struct SealedSegment(ulong FirstOffset, ulong FirstTimestampMicros, ulong LastTimestampMicros, bool IsHeld);
