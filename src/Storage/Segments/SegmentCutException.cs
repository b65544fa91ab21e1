namespace Iggy.Storage.Segments;

/// <summary>Another program cut the active segment's file while it was open. What is behind the cut is lost; opening the log again says what.</summary>
/// <param name="firstOffset">The segment.</param>
/// <param name="bytes">How long the file is.</param>
/// <param name="expectedBytes">How long it was made.</param>
internal sealed class SegmentCutException(ulong firstOffset, long bytes, uint expectedBytes)
    : IOException($"The file of the segment from offset {firstOffset} is {bytes} bytes long and was made {expectedBytes}: another program cut it.");
