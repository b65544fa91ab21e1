using Iggy.Storage.Context;
using Iggy.Storage.Files;

namespace Iggy.Storage.Segments;

/// <summary>
/// Some segments as they were at one moment, to be read by another thread while the log goes on. Holds their files: what is deleted, purged or closed
/// meanwhile can be read to the end, and its space is not used again before.
/// </summary>
/// <remarks>Everything is read through the files, with its checksum: a mapping may go at any time. For one thread at a time.</remarks>
internal sealed class SegmentSnapshot(DamageList damage) : ISegments, IDisposable
{
    /// <summary>Most segments in one: each is an open file.</summary>
    public const int MaxSegments = 16;

    private readonly List<Part> _parts = [];
    private readonly DamageList _damage = damage.Copy();

    /// <param name="Original">In the log.</param>
    /// <param name="Segment">A copy of it, which does not grow.</param>
    /// <param name="File">Null when the segment is down.</param>
    private readonly record struct Part(Segment Original, Segment Segment, SharedFile? File);

    public int Count => _parts.Count;

    public Segment this[int number] => _parts[number].Segment;

    /// <summary>The log's own object of a segment.</summary>
    public Segment Original(int number) => _parts[number].Original;

    /// <summary>Takes the next segment in.</summary>
    /// <param name="segment">Of the log.</param>
    /// <param name="file">Its file, or null when it is down; held from here on.</param>
    public void Add(Segment segment, SharedFile? file)
    {
        segment.AddReader();
        _parts.Add(new Part(segment, segment.Copy(), file?.Hold()));
    }

    public SegmentCursor OpenCursor(Segment segment, uint position, ulong offset, int chunkBytes)
    {
        var file = _parts.Find(part => part.Segment == segment).File ?? _parts.Find(static part => part.File is not null).File;
        if (file is null)
            throw new IOException("None of the segments to be read has a file."); // one that is down would not be read, but there is no cursor without a file
        var reader = new RecordReader(file.Handle, segment.Generation, segment.EndPosition, null, 0, chunkBytes);
        return new SegmentCursor(reader, segment, position, offset, _damage);
    }

    public void Dispose()
    {
        foreach (var part in _parts)
        {
            part.File?.LetGo();
            part.Original.RemoveReader();
        }
        _parts.Clear();
    }
}
