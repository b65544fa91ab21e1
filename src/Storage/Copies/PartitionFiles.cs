using System.Runtime.InteropServices;
using Iggy.Storage.Files;
using Iggy.Storage.Offsets;
using Iggy.Storage.Segments;
using Microsoft.Win32.SafeHandles;

namespace Iggy.Storage.Copies;

/// <summary>The files of a log that somebody else may have open, as they lie: for copies made beside the writer, which notices nothing of it.</summary>
/// <remarks>Records up to the committed position never change while the file has its generation. A file that goes can be used again under another name, so who
/// reads bytes asks for the facts before and after: what was read between two equal generations is this segment's.</remarks>
public static class PartitionFiles
{
    private const int OffsetsAttempts = 5;

    /// <summary>First offsets of the segment files, ascending; none where there is no folder.</summary>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static IReadOnlyList<ulong> ListSegments(string folder)
    {
        try
        {
            return new PartitionFolder(folder).ListSegments();
        }
        catch (DirectoryNotFoundException)
        {
            return [];
        }
    }

    /// <summary>Opens a segment file for reading; null when it is gone.</summary>
    public static SafeFileHandle? TryOpenSegment(string folder, ulong firstOffset)
    {
        try
        {
            return File.OpenHandle(SegmentPath(folder, firstOffset), FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        }
        catch (Exception gone) when (gone is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    }

    /// <summary>Where the list of cold segments is.</summary>
    public static string ColdListPath(string folder) => new PartitionFolder(folder).ColdListPath;

    /// <summary>Where a segment file is.</summary>
    public static string SegmentPath(string folder, ulong firstOffset) => new PartitionFolder(folder).LogPath(firstOffset);

    /// <summary>What an open segment file says of itself; null where its head or both of its commit slots cannot be read.</summary>
    /// <exception cref="UnknownFormatException">It is of a later version.</exception>
    public static SegmentFacts? ReadFacts(SafeFileHandle file, ulong firstOffset)
    {
        var info = SegmentFile.Inspect(file, $"segment {firstOffset}");
        if (info.Head is not { } head || head.FirstOffset != firstOffset)
            return null;
        if (info.Seal is { } seal)
        {
            return new SegmentFacts(firstOffset, head.Generation, head.CreatedMicros, Math.Max(seal.NextOffset, firstOffset), seal.EndPosition,
                seal.Records > 0 ? seal.LastTimestampMicros : 0, info.Commit?.Sequence ?? 0, IsSealed: true);
        }
        return info.Commit is { } commit
            ? new SegmentFacts(firstOffset, head.Generation, head.CreatedMicros, Math.Max(commit.NextOffset, firstOffset), commit.Position,
                commit.Records > 0 ? commit.LastTimestampMicros : 0, commit.Sequence, IsSealed: false)
            : null;
    }

    /// <summary>The bytes of the file of stored offsets; null where there is none, or none that can be read.</summary>
    /// <remarks>A slot that is being written as it is read is read again.</remarks>
    public static byte[]? ReadOffsets(string folder)
    {
        var path = OffsetsPath(folder);
        for (var attempt = 1; ; attempt++)
        {
            byte[] bytes;
            try
            {
                using var file = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
                var length = RandomAccess.GetLength(file);
                if (length > ConsumerOffsets.MostFileBytes)
                    return null;
                bytes = new byte[length - (length % ConsumerOffsets.Slot.SizeInBytes)];
                if (RandomAccess.Read(file, bytes, 0) < bytes.Length)
                    continue; // it was made shorter meanwhile
            }
            catch (Exception gone) when (gone is FileNotFoundException or DirectoryNotFoundException)
            {
                return null;
            }
            if (IsIntact(bytes) || attempt == OffsetsAttempts)
                return bytes;
        }
    }

    /// <summary>Where the file of stored offsets is.</summary>
    public static string OffsetsPath(string folder) => new PartitionFolder(folder).OffsetsPath;

    private static bool IsIntact(ReadOnlySpan<byte> bytes)
    {
        foreach (ref readonly var slot in MemoryMarshal.Cast<byte, ConsumerOffsets.Slot>(bytes))
        {
            if (!slot.IsIntact)
                return false;
        }
        return true;
    }
}
