namespace Iggy.Storage.Copies;

/// <summary>What the head block of a segment file says of it, for whoever copies the file beside its writer.</summary>
/// <param name="FirstOffset">Offset of its first message, also its name.</param>
/// <param name="Generation">Of the file: records of another one are left-overs of an earlier use.</param>
/// <param name="CreatedMicros">When it was made.</param>
/// <param name="NextOffset">Offset after its last message that counts.</param>
/// <param name="EndPosition">End of its records that count; they never change.</param>
/// <param name="LastMicros">Append time of its last message; 0 without one.</param>
/// <param name="Sequence">Of the newest commit slot: it rises with every append.</param>
/// <param name="IsSealed">Whether it takes no more records, and the file is as long as its records.</param>
public readonly record struct SegmentFacts(
    ulong FirstOffset, uint Generation, ulong CreatedMicros, ulong NextOffset, uint EndPosition, ulong LastMicros, ulong Sequence, bool IsSealed)
{
    /// <summary>Bytes before the first record.</summary>
    public const uint HeadBytes = Segments.SegmentFormat.HeadBytes;
}
