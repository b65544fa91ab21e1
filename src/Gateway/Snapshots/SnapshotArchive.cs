using Iggy.Protocol;
using SharpCompress.Common;
using SharpCompress.Writers.Zip;

namespace Iggy.Gateway.Snapshots;

/// <summary>Packs texts into a ZIP archive in memory.</summary>
internal static class SnapshotArchive
{
    /// <summary>Packs.</summary>
    /// <param name="entries">Names without folders, and contents.</param>
    /// <param name="compression">XZ becomes deflate: nothing here writes it into a ZIP, and the protocol lets a reader take any method.</param>
    /// <param name="writtenAt">Date of every entry.</param>
    public static ReadOnlyMemory<byte> Pack(IReadOnlyList<(string Name, byte[] Content)> entries, SnapshotCompression compression, DateTimeOffset writtenAt)
    {
        var archive = new MemoryStream();
        using (var zip = new ZipWriter(archive, new ZipWriterOptions(MethodOf(compression)) { LeaveStreamOpen = true }))
        {
            foreach (var (name, content) in entries)
            {
                using var source = new MemoryStream(content, writable: false);
                zip.Write(name, source, writtenAt.UtcDateTime);
            }
        }
        return archive.GetBuffer().AsMemory(0, (int)archive.Length);
    }

    private static CompressionType MethodOf(SnapshotCompression compression) => compression switch
    {
        SnapshotCompression.Stored => CompressionType.None,
        SnapshotCompression.Bzip2 => CompressionType.BZip2,
        SnapshotCompression.Zstd => CompressionType.ZStandard,
        SnapshotCompression.Lzma => CompressionType.LZMA,
        _ => CompressionType.Deflate,
    };
}
