using System.Collections.Immutable;
using System.IO.Hashing;
using Iggy.Storage.Files;
using Iggy.Storage.Segments;

namespace Iggy.Storage.Cold;

/// <summary>Reads a sealed segment once before its file goes: it must be what the archive has, to the byte.</summary>
public static class ColdDigest
{
    /// <summary>The checksums of a file's blocks.</summary>
    /// <param name="folder">The partition's folder.</param>
    /// <param name="segment">Which one.</param>
    /// <param name="hash">XXH3-64 of what the archive has.</param>
    /// <returns>Null when the file is another one, or not the same.</returns>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static ImmutableArray<ulong>? Compute(string folder, in LocalSegment segment, ulong hash)
    {
        var path = new PartitionFolder(folder).LogPath(segment.FirstOffset);
        if (!File.Exists(path))
            return null;
        using var file = SegmentFile.Open(path);
        if (SegmentFile.Inspect(file, path) is not { Head: { } head, Seal: { } seal } || head.Generation != segment.Generation || seal.EndPosition != segment.EndPosition)
            return null;
        var whole = new XxHash3();
        var hashes = ImmutableArray.CreateBuilder<ulong>();
        var block = new byte[ColdSegment.BlockBytes];
        for (long at = 0; at < segment.EndPosition; at += ColdSegment.BlockBytes)
        {
            var bytes = block.AsSpan(0, (int)Math.Min(block.Length, segment.EndPosition - at));
            for (int done = 0, read; done < bytes.Length; done += read)
            {
                if ((read = RandomAccess.Read(file, bytes[done..], at + done)) == 0)
                    return null;
            }
            whole.Append(bytes);
            hashes.Add(XxHash3.HashToUInt64(bytes));
        }
        return whole.GetCurrentHashAsUInt64() == hash ? hashes.ToImmutable() : null;
    }
}
