using Iggy.Storage.Files;
using Microsoft.Win32.SafeHandles;

namespace Iggy.Storage.Tests.Setup;

/// <summary>A disk that runs full, fails and dies when a test says so. It does not wait for the real one.</summary>
internal sealed class TestDisk : IDisk
{
    private int _flushes;

    /// <summary>Called before each change of the folder with its number; may throw, which is where the process "dies".</summary>
    public Action<int>? BeforeStep { get; set; }

    public int Steps { get; set; }

    /// <summary>Reservations ending above this position fail; so does making a segment.</summary>
    public long FullFrom { get; set; } = long.MaxValue;

    /// <summary>Called before an append is written; may throw, after which half of it is there.</summary>
    public Action? BeforeWrite { get; set; }

    public Action? BeforeFlush { get; set; }

    public int Flushes => Volatile.Read(ref _flushes);

    public bool TryReserve(SafeFileHandle file, long position, long bytes)
        => position + bytes <= FullFrom && PhysicalDisk.Instance.TryReserve(file, position, bytes);

    /// <summary>Whether it is a system where files are not mapped.</summary>
    public bool CannotMap { get; set; }

    public SegmentMapping? TryMap(SafeFileHandle file, uint capacity) => CannotMap ? null : PhysicalDisk.Instance.TryMap(file, capacity);

    public void Write(SafeFileHandle file, ReadOnlySpan<byte> bytes, long position)
    {
        if (BeforeWrite is { } before)
        {
            PhysicalDisk.Instance.Write(file, bytes[..(bytes.Length / 2)], position);
            before();
        }
        PhysicalDisk.Instance.Write(file, bytes, position);
    }

    public void Flush(SafeFileHandle file)
    {
        Interlocked.Increment(ref _flushes);
        ObjectDisposedException.ThrowIf(file.IsClosed, file);
        BeforeFlush?.Invoke();
    }

    public void FlushData(SafeFileHandle file) => Flush(file);

    public List<string> FlushedFolders { get; } = [];

    public void FlushFolder(string folder)
    {
        Step();
        lock (FlushedFolders)
            FlushedFolders.Add(folder);
    }

    public void Rename(string from, string to)
    {
        Step();
        PhysicalDisk.Instance.Rename(from, to);
    }

    public void Delete(string path)
    {
        Step();
        PhysicalDisk.Instance.Delete(path);
    }

    private void Step() => BeforeStep?.Invoke(++Steps);
}
