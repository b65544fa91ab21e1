using System.Runtime.InteropServices;
using Iggy.Storage.Files;
using Iggy.Storage.Offsets;
using Iggy.Storage.Records;
using Iggy.Storage.Segments;
using Microsoft.Win32.SafeHandles;

namespace Iggy.Storage.Log;

/// <summary>Reads how far groups are behind out of the files of a log that nobody has open, and leaves them as they are.</summary>
/// <remarks>Times come from the heads of records, which are not encrypted; one that is not whole tells none.</remarks>
internal sealed class ClosedLagReader(PartitionFolder folder, LogStats stats)
{
    // As many small records as fit between two entries of an index; more means that the index is short, and the time is not known until the log is opened.
    private const int MaxSteps = (int)(2 * SegmentFormat.IndexStrideBytes) / RecordHeader.SizeInBytes;

    private readonly Dictionary<ulong, ulong> _times = [];
    private readonly List<ulong> _segments = folder.ListSegments();

    /// <exception cref="IOException">A file cannot be read.</exception>
    public LogLags Read()
    {
        if (stats.MessagesCount == 0)
            return LogLags.None;
        var groups = new Dictionary<uint, ConsumerLag>();
        foreach (var (consumer, offset) in ConsumerOffsets.ReadFile(folder.OffsetsPath))
        {
            if (consumer.Kind is ConsumerKind.Group)
                groups[consumer.Id] = LagFrom(offset + 1);
        }
        return new LogLags(LagFrom(0), groups);
    }

    private ConsumerLag LagFrom(ulong offset)
    {
        offset = Math.Max(offset, stats.FirstOffset);
        if (offset >= stats.NextOffset)
            return default;
        if (!_times.TryGetValue(offset, out var micros))
            _times[offset] = micros = TimestampOf(offset);
        return new ConsumerLag(stats.NextOffset - offset, micros);
    }

    private ulong TimestampOf(ulong offset)
    {
        var number = _segments.FindLastIndex(first => first <= offset);
        if (number < 0)
            return 0;
        using var file = File.OpenHandle(folder.LogPath(_segments[number]), FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        if (SegmentFile.Inspect(file, folder.LogPath(_segments[number])).Head is not { } head)
            return 0;

        ulong position = FindInIndex(_segments[number], (uint)(offset - _segments[number]));
        var header = default(RecordHeader);
        for (var step = 0; step < MaxSteps; step++)
        {
            if (!TryRead(file, position, out header) || !header.IsIntact(head.Generation) || header.BaseOffset > offset)
                return 0;
            if (header.NextOffset > offset)
                return header.BaseTimestampMicros;
            position += header.AlignedBytes;
        }
        return 0;
    }

    private uint FindInIndex(ulong segment, uint offsetInSegment)
    {
        if (!File.Exists(folder.IndexPath(segment)))
            return SegmentFormat.HeadBytes; // a segment too small for one
        using var file = File.OpenHandle(folder.IndexPath(segment), FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        var (low, high) = (0L, RandomAccess.GetLength(file) / IndexEntry.SizeInBytes);
        var found = SegmentFormat.HeadBytes;
        while (low < high)
        {
            var middle = (low + high) / 2;
            var entry = default(IndexEntry);
            RandomAccess.Read(file, MemoryMarshal.AsBytes(new Span<IndexEntry>(ref entry)), middle * IndexEntry.SizeInBytes);
            if (entry.OffsetInSegment <= offsetInSegment)
                (low, found) = (middle + 1, Math.Max(entry.Position, SegmentFormat.HeadBytes));
            else
                high = middle;
        }
        return found;
    }

    private static bool TryRead(SafeFileHandle file, ulong position, out RecordHeader header)
    {
        header = default;
        return RandomAccess.Read(file, MemoryMarshal.AsBytes(new Span<RecordHeader>(ref header)), (long)position) == RecordHeader.SizeInBytes;
    }
}
