using System.Runtime.InteropServices;
using Iggy.Storage.Files;
using Microsoft.Win32.SafeHandles;

namespace Iggy.Storage.Segments;

/// <summary>
/// The index file of one segment: about one entry per 64 KiB of records, searched on disk, so a segment costs no memory.
/// Whoever follows an entry checks the record it points to; a wrong index can make a read slower, never wrong.
/// </summary>
internal sealed class SegmentIndex(PartitionFolder folder, ulong firstOffset, IDisk disk) : IDisposable
{
    private SafeFileHandle? _file;
    private bool _isOpened;

    /// <summary>The file, once it is open; to be synced with the log.</summary>
    public SafeFileHandle? File => _file;

    public string Path { get; } = folder.IndexPath(firstOffset);

    /// <summary>Entries in the file. Half an entry at its end does not count and is overwritten.</summary>
    public int Count
    {
        get
        {
            Open(create: false);
            return field;
        }
        private set;
    }

    /// <summary>Position of the record that the last entry points to, 0 without one.</summary>
    public uint LastPosition
    {
        get
        {
            Open(create: false);
            return field;
        }
        private set;
    }

    /// <summary>Whether a record there gets an entry.</summary>
    public static bool IsDue(uint position, uint lastPosition)
        => lastPosition == 0 || position - lastPosition >= SegmentFormat.IndexStrideBytes;

    public IndexEntry Read(int number)
    {
        var entry = default(IndexEntry);
        var bytes = MemoryMarshal.AsBytes(new Span<IndexEntry>(ref entry));
        Open(create: false);
        // A short read leaves zeros: an entry at position 0, which no record header confirms.
        if (_file is not null)
            RandomAccess.Read(_file, bytes, (long)number * IndexEntry.SizeInBytes);
        return entry;
    }

    /// <summary>The last entry at or below an offset of the segment, or null.</summary>
    public IndexEntry? FindOffset(uint offsetInSegment)
    {
        var (low, high) = (0, Count);
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (Read(middle).OffsetInSegment <= offsetInSegment)
                low = middle + 1;
            else
                high = middle;
        }
        return low == 0 ? null : Read(low - 1);
    }

    /// <summary>The last entry appended before a time, or null.</summary>
    public IndexEntry? FindBefore(ulong timestampMicros)
    {
        var (low, high) = (0, Count);
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (Read(middle).TimestampMicros < timestampMicros)
                low = middle + 1;
            else
                high = middle;
        }
        return low == 0 ? null : Read(low - 1);
    }

    /// <summary>Adds an entry.</summary>
    /// <exception cref="IOException">Nothing was added; the index stays shorter than it could be.</exception>
    public void Append(in IndexEntry entry)
    {
        Open(create: true);
        RandomAccess.Write(_file!, MemoryMarshal.AsBytes(new ReadOnlySpan<IndexEntry>(in entry)), (long)Count * IndexEntry.SizeInBytes);
        Count++;
        LastPosition = entry.Position;
    }

    /// <summary>Drops the entries from a number on.</summary>
    public void Cut(int count)
    {
        if (count >= Count)
            return;
        Open(create: true);
        RandomAccess.SetLength(_file!, (long)count * IndexEntry.SizeInBytes);
        Count = count;
        LastPosition = count == 0 ? 0 : Read(count - 1).Position;
    }

    /// <summary>Puts a whole new index in place of the old one, in one step.</summary>
    public void Replace(ReadOnlySpan<IndexEntry> entries)
    {
        using (var file = System.IO.File.OpenHandle(folder.NewIndexPath, FileMode.Create, FileAccess.Write))
            RandomAccess.Write(file, MemoryMarshal.AsBytes(entries), 0);
        Dispose();
        disk.Rename(folder.NewIndexPath, Path);
    }

    public void Dispose()
    {
        _file?.Dispose();
        _file = null;
        _isOpened = false;
        LastPosition = 0;
    }

    private void Open(bool create)
    {
        if (_file is not null || (_isOpened && !create))
            return;
        _isOpened = true;
        Count = 0;
        if (!create && !System.IO.File.Exists(Path))
            return;

        _file = System.IO.File.OpenHandle(Path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);
        Count = (int)Math.Min(int.MaxValue, RandomAccess.GetLength(_file) / IndexEntry.SizeInBytes);
        LastPosition = Count == 0 ? 0 : Read(Count - 1).Position;
    }
}
