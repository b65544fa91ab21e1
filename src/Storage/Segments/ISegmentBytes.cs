namespace Iggy.Storage.Segments;

/// <summary>The bytes of a segment that has no file here.</summary>
internal interface ISegmentBytes
{
    /// <summary>Reads some of them, as from a file.</summary>
    /// <returns>How many; 0 behind the end.</returns>
    int Read(Span<byte> into, long position);
}
