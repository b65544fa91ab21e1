using System.Runtime.InteropServices;
using Iggy.Primitives;
using Iggy.Storage.Context;
using Microsoft.Win32.SafeHandles;

namespace Iggy.Storage.Segments;

/// <summary>What the head block of a segment file says. A part that is not intact is null.</summary>
internal readonly record struct SegmentInfo(SegmentHead? Head, CommitSlot? Commit, SealBlock? Seal, long FileBytes);

/// <summary>Opens, makes and reads segment files.</summary>
internal static class SegmentFile
{
    public static SafeFileHandle Open(string path)
        => File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete, FileOptions.None);

    /// <summary>Reads the head block.</summary>
    /// <exception cref="UnknownFormatException">It is of a later version.</exception>
    public static SegmentInfo Inspect(SafeFileHandle file, string path)
    {
        var block = new byte[SegmentFormat.HeadBytes];
        var length = RandomAccess.GetLength(file);
        if (RandomAccess.Read(file, block, 0) < block.Length)
            return new SegmentInfo(null, null, null, length);

        var head = MemoryMarshal.Read<SegmentHead>(block);
        if (!head.IsIntact)
            return new SegmentInfo(null, null, null, length);
        if (head.Version != FileFormat.Version)
            throw new UnknownFormatException(path, head.Version);

        var seal = MemoryMarshal.Read<SealBlock>(block.AsSpan(SealBlock.FilePosition));
        return new SegmentInfo(head, NewerCommit(block, head.Generation), seal.IsIntact(head.Generation) ? seal : null, length);
    }

    /// <summary>The head of a segment file; null when it cannot be read, and then the file may not be used again.</summary>
    public static SegmentHead? ReadHead(string path)
    {
        using var file = Open(path);
        return Inspect(file, path).Head;
    }

    /// <summary>Makes the file of an empty segment, out of the spare one if there is one. It appears under its name complete.</summary>
    /// <returns>The open file and how many of its bytes are known to have space on the disk.</returns>
    /// <exception cref="IOException">No segment was made.</exception>
    public static (SafeFileHandle File, uint ReservedBytes) Create(LogContext context, Segment segment)
    {
        if (!context.SpareGate.TryEnter())
            return Create(context, segment, isReused: false); // one is being made: the append does not wait for it
        try
        {
            return Create(context, segment, MayReuseSpare(context, segment));
        }
        finally
        {
            context.SpareGate.Exit();
        }
    }

    // A generation that comes from another node may be below that of a file this log had: its old records would look like new ones.
    private static bool MayReuseSpare(LogContext context, Segment segment)
        => File.Exists(context.Folder.SparePath)
            && (!context.Options.IsReplica || (ReadHead(context.Folder.SparePath) is { } head && head.Generation < segment.Generation));

    private static (SafeFileHandle File, uint ReservedBytes) Create(LogContext context, Segment segment, bool isReused)
    {
        var (folder, disk) = (context.Folder, context.Disk);
        var path = isReused ? folder.SparePath : folder.NewSegmentPath;
        var file = File.OpenHandle(path, isReused ? FileMode.Open : FileMode.Create, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);
        try
        {
            WriteHead(context, file, segment);
            // Without this a power failure could leave the name with the head of the file's earlier use.
            if (context.SyncsFiles)
                disk.Flush(file);
            var bytes = RandomAccess.GetLength(file);
            disk.Rename(path, folder.LogPath(segment.FirstOffset));
            return (file, (uint)Math.Min(bytes, FileFormat.MaxEndPosition));
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Writes the head block of an empty or rewritten segment, synced before it counts: head and one commit slot, no seal.</summary>
    public static void WriteHead(LogContext context, SafeFileHandle file, Segment segment)
    {
        var block = new byte[SegmentFormat.HeadBytes];
        var head = SegmentHead.Create(segment.FirstOffset, segment.Generation, context.Clock.UnixMicros(), context.LogId);
        var commit = segment.ToCommitSlot(sequence: 0, context.SyncedMark(segment.EndPosition));
        MemoryMarshal.Write(block, in head);
        MemoryMarshal.Write(block.AsSpan(CommitSlot.FirstPosition), in commit);
        RandomAccess.Write(file, block, 0);
    }

    /// <summary>Says in the file that it takes no more records, and what it holds.</summary>
    public static void WriteSeal(SafeFileHandle file, Segment segment)
    {
        var seal = segment.ToSealBlock();
        RandomAccess.Write(file, MemoryMarshal.AsBytes(new ReadOnlySpan<SealBlock>(in seal)), SealBlock.FilePosition);
    }

    private static CommitSlot? NewerCommit(byte[] block, uint generation)
    {
        CommitSlot? newer = null;
        for (var i = 0; i < 2; i++)
        {
            var slot = MemoryMarshal.Read<CommitSlot>(block.AsSpan(CommitSlot.FirstPosition + (i * CommitSlot.SizeInBytes)));
            if (slot.IsIntact(generation) && (newer is null || slot.Sequence > newer.Value.Sequence))
                newer = slot;
        }
        return newer;
    }
}
