using System.Collections.Immutable;
using System.IO.Hashing;
using Iggy.Primitives;
using Iggy.Storage.Files;

namespace Iggy.Storage.Cold;

/// <summary>The file that names the cold segments of a log. Written as a whole before the file of a segment goes, so that at any moment a segment is in the folder or in the list.</summary>
/// <remarks>After a death between the two it is in both, and the folder counts. The layout is in <c>docs/formats/segment.md</c>.</remarks>
public static class ColdList
{
    private const uint Magic = 0x444C_4F43; // "COLD"
    private const uint Version = 1;
    private const int HeadBytes = 24;
    private const long MostBytes = 256 << 20; // of any list that was ever written

    /// <summary>Reads the list of a folder.</summary>
    /// <param name="folder">The partition's folder.</param>
    /// <param name="belowOffset">First offset in the folder itself: what reaches above it is there, and is left out.</param>
    /// <returns>Ascending and without a gap up to that offset; none where there is no list.</returns>
    /// <exception cref="InvalidDataException">It is not what was written.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static ImmutableArray<ColdSegment> Read(string folder, ulong belowOffset) => Read(folder, belowOffset, logId: 0);

    internal static ImmutableArray<ColdSegment> Read(string folder, ulong belowOffset, ulong logId)
    {
        var path = new PartitionFolder(folder).ColdListPath;
        if (new FileInfo(path) is not { Exists: true } there)
            return [];
        if (there.Length is < HeadBytes + sizeof(ulong) or > MostBytes)
            throw new InvalidDataException($"{path} has {there.Length} bytes, as no list of cold segments has.");
        byte[] bytes;
        try
        {
            bytes = File.ReadAllBytes(path);
        }
        catch (FileNotFoundException)
        {
            return []; // the log was purged meanwhile
        }
        if (bytes.Length < HeadBytes + sizeof(ulong) || XxHash3.HashToUInt64(bytes.AsSpan(..^sizeof(ulong))) != BitConverter.ToUInt64(bytes, bytes.Length - sizeof(ulong)))
            throw new InvalidDataException($"{path} does not match its checksum.");
        using var reader = new BinaryReader(new MemoryStream(bytes, 0, bytes.Length - sizeof(ulong)));
        if (reader.ReadUInt32() != Magic || reader.ReadUInt32() != Version)
            throw new InvalidDataException($"{path} has a layout that this build does not know.");
        var (writtenFor, count) = (reader.ReadUInt64(), reader.ReadUInt64());
        if (logId != 0 && writtenFor != 0 && writtenFor != logId)
            throw new InvalidDataException($"{path} belongs to another partition.");

        var list = ImmutableArray.CreateBuilder<ColdSegment>();
        for (ulong i = 0; i < count; i++)
        {
            var segment = ReadOne(reader, path);
            if (list.Count > 0 && list[^1].NextOffset != segment.FirstOffset)
                throw new InvalidDataException($"{path} has a gap below offset {segment.FirstOffset}.");
            if (segment.NextOffset <= belowOffset)
                list.Add(segment);
        }
        return list.DrainToImmutable();
    }

    /// <summary>Writes the list anew; on disk when the call returns. No segments: the file goes.</summary>
    internal static void Write(PartitionFolder folder, ulong logId, ImmutableArray<ColdSegment> segments, IDisk disk)
    {
        if (segments.IsEmpty)
        {
            disk.Delete(folder.ColdListPath);
            disk.FlushFolder(folder.Path);
            return;
        }
        using var bytes = new MemoryStream();
        using var writer = new BinaryWriter(bytes);
        writer.Write(Magic);
        writer.Write(Version);
        writer.Write(logId);
        writer.Write((ulong)segments.Length);
        foreach (var segment in segments)
            WriteOne(writer, segment);
        writer.Flush();
        writer.Write(XxHash3.HashToUInt64(bytes.GetBuffer().AsSpan(0, (int)bytes.Length)));
        writer.Flush();
        AtomicFile.Write(folder.ColdListPath, bytes.GetBuffer().AsSpan(0, (int)bytes.Length));
    }

    private static ColdSegment ReadOne(BinaryReader reader, string path)
    {
        var (first, generation, created, next, end) = (reader.ReadUInt64(), reader.ReadUInt32(), reader.ReadUInt64(), reader.ReadUInt64(), reader.ReadUInt32());
        var (messageBytes, records, firstMicros, lastMicros) = (reader.ReadUInt64(), reader.ReadUInt32(), reader.ReadUInt64(), reader.ReadUInt64());
        var place = new ArchivePlace(reader.ReadUInt32(), reader.ReadUInt64());
        if (next <= first)
            throw new InvalidDataException($"{path} names a segment at offset {first} that ends before it begins.");
        var hashes = new ulong[ColdSegment.BlocksOf(end)];
        for (var i = 0; i < hashes.Length; i++)
            hashes[i] = reader.ReadUInt64();
        return new ColdSegment(first, generation, created, next, end, messageBytes, records, firstMicros, lastMicros, place, ImmutableArray.Create(hashes));
    }

    private static void WriteOne(BinaryWriter writer, ColdSegment segment)
    {
        writer.Write(segment.FirstOffset);
        writer.Write(segment.Generation);
        writer.Write(segment.CreatedMicros);
        writer.Write(segment.NextOffset);
        writer.Write(segment.EndPosition);
        writer.Write(segment.MessageBytes);
        writer.Write(segment.Records);
        writer.Write(segment.FirstMicros);
        writer.Write(segment.LastMicros);
        writer.Write(segment.Place.Epoch);
        writer.Write(segment.Place.Hash);
        foreach (var hash in segment.BlockHashes)
            writer.Write(hash);
    }
}
