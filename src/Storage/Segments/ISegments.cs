namespace Iggy.Storage.Segments;

/// <summary>Segments in offset order, to read in.</summary>
internal interface ISegments
{
    int Count { get; }

    Segment this[int number] { get; }

    /// <summary>Walks a segment from a place in it.</summary>
    /// <param name="segment">One of these.</param>
    /// <param name="position">Where a record starts.</param>
    /// <param name="offset">Its base offset.</param>
    /// <param name="chunkBytes">What to read from a file at once.</param>
    /// <exception cref="IOException">The file cannot be opened, although it is there; <see cref="Files.FileCutException"/>: it was cut.</exception>
    SegmentCursor OpenCursor(Segment segment, uint position, ulong offset, int chunkBytes);
}
