using System.Runtime.InteropServices;
using Iggy.Primitives;
using Microsoft.Win32.SafeHandles;

namespace Iggy.Storage.Files;

/// <summary>
/// The steps of the disk that can fail in ways worth a test: running full, failing to sync, dying between two changes of a folder.
/// Plain reads and writes do not pass through here, except those of appends.
/// </summary>
internal interface IDisk
{
    /// <summary>Makes sure that writing these bytes, also through a mapping, cannot run out of space.</summary>
    /// <returns>False when the disk is full.</returns>
    /// <exception cref="IOException">Any other failure.</exception>
    bool TryReserve(SafeFileHandle file, long position, long bytes);

    /// <summary>Maps a file for appends and reads near its end.</summary>
    /// <returns>Null where it cannot be mapped safely: it is to be read and written as a file.</returns>
    /// <exception cref="IOException">The system refused.</exception>
    SegmentMapping? TryMap(SafeFileHandle file, uint capacity);

    /// <summary>Writes an append into reserved space.</summary>
    /// <exception cref="IOException">Unknown how much is written.</exception>
    void Write(SafeFileHandle file, ReadOnlySpan<byte> bytes, long position);

    /// <summary>Waits until the file, written through handles or mappings, is on disk.</summary>
    void Flush(SafeFileHandle file);

    /// <summary>Waits until the bytes of a file are on disk, and what is needed to find them again, but not when it was written last.</summary>
    void FlushData(SafeFileHandle file);

    /// <summary>Waits until files made, renamed or deleted in a folder stay so.</summary>
    void FlushFolder(string folder);

    /// <summary>Gives a file another name in one step, replacing one that has it.</summary>
    void Rename(string from, string to);

    /// <summary>Deletes a file, if it is there.</summary>
    void Delete(string path);
}

/// <summary>The real disk.</summary>
internal sealed class PhysicalDisk : IDisk
{
    public static readonly PhysicalDisk Instance = new();

    /// <summary>Whether a failure means that there is no space, or that a quota is used up.</summary>
    public static bool IsFull(IOException failure)
        => failure.HResult is Native.NoSpace or Native.QuotaExceeded or unchecked((int)0x8007_0070); // ERROR_DISK_FULL

    public bool TryReserve(SafeFileHandle file, long position, long bytes)
    {
        if (!OperatingSystem.IsLinux())
            return TryWriteZeros(file, position, bytes);

        int error;
        do
        {
            error = Native.Allocate(file, position, bytes);
        }
        while (error == Native.Interrupted);

        return error switch
        {
            0 => true,
            Native.NoSpace or Native.QuotaExceeded => false,
            Native.NotSupported or Native.InvalidArgument => TryWriteZeros(file, position, bytes),
            _ => throw new IOException($"Reserving {bytes} bytes at {position} failed with error {error}.", error),
        };
    }

    public SegmentMapping? TryMap(SafeFileHandle file, uint capacity) => SegmentMapping.TryMap(file, capacity);

    public void Write(SafeFileHandle file, ReadOnlySpan<byte> bytes, long position) => RandomAccess.Write(file, bytes, position);

    // Not the runtime's own: it takes "read-only" for success, and that is what a file system says which failed.
    public void Flush(SafeFileHandle file)
    {
        if (OperatingSystem.IsLinux())
            Sync(file, Native.Sync);
        else
            RandomAccess.FlushToDisk(file);
    }

    public void FlushData(SafeFileHandle file)
    {
        if (OperatingSystem.IsLinux())
            Sync(file, Native.SyncData);
        else
            RandomAccess.FlushToDisk(file);
    }

    public void FlushFolder(string folder) => FolderSync.Flush(folder);

    public void Rename(string from, string to) => File.Move(from, to, overwrite: true);

    public void Delete(string path) => File.Delete(path);

    private static void Sync(SafeFileHandle file, Func<SafeFileHandle, int> call)
    {
        while (call(file) != 0)
        {
            if (Marshal.GetLastPInvokeError() is not Native.Interrupted and var error)
                throw new IOException($"Syncing a file failed with error {error}.", error);
        }
    }

    // Only ever called for bytes behind the last record, so zeros destroy nothing.
    private static bool TryWriteZeros(SafeFileHandle file, long position, long bytes)
    {
        var zeros = new byte[64 << 10];
        try
        {
            for (long done = 0; done < bytes; done += zeros.Length)
                RandomAccess.Write(file, zeros.AsSpan(0, (int)Math.Min(zeros.Length, bytes - done)), position + done);
            return true;
        }
        catch (IOException failure) when (IsFull(failure))
        {
            return false;
        }
    }
}
