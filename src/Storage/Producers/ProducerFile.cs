using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Iggy.Storage.Context;

namespace Iggy.Storage.Producers;

/// <summary>The table of producers on disk, as it was at one offset: what the records behind it add is found in them. Written beside the old file and renamed, so there is
/// always a whole one.</summary>
/// <remarks>The file is made before the first record that names a producer. So a log without it has none, and need not be looked through.</remarks>
internal static class ProducerFile
{
    private const uint Magic = 0x444F_5250; // "PROD"
    private const long MostFileBytes = 256 << 20;

    [StructLayout(LayoutKind.Sequential, Pack = 1, Size = SizeInBytes)]
    internal struct Head
    {
        public const int SizeInBytes = 64;

        public uint Magic, Version;           // @0
        public ulong LogId;                   // @8
        public ulong NextOffset;              // @16  the table holds what lies below it
        public uint Producers;                // @24
        private readonly uint _reserved0;     // @28
        private readonly ulong _reserved1, _reserved2; // @32
        public ulong BodyChecksum;            // @48  of all behind the head
        public ulong Checksum;                // @56
    }

    [StructLayout(LayoutKind.Sequential, Pack = 1, Size = SizeInBytes)]
    internal struct Entry
    {
        public const int SizeInBytes = 16;

        public ulong ProducerId;              // @0
        public ushort Epoch;                  // @8
        private readonly ushort _reserved;    // @10
        public uint Ranges;                   // @12  that follow
    }

    /// <summary>Writes the table down.</summary>
    /// <exception cref="IOException">The disk refused; the old file is there.</exception>
    public static void Write(LogContext context, ProducerTable table, ulong nextOffset)
    {
        var bytes = new byte[Head.SizeInBytes + table.ByAge.Sum(static producer => Entry.SizeInBytes + (producer.RangesCount * ProducedRange.SizeInBytes))];
        var place = Head.SizeInBytes;
        foreach (var producer in table.ByAge)
        {
            Put(new Entry { ProducerId = producer.Id, Epoch = producer.Epoch, Ranges = (uint)producer.RangesCount }, bytes, ref place);
            foreach (var range in producer.Ranges)
                Put(in range, bytes, ref place);
        }
        var head = new Head
        {
            Magic = Magic,
            Version = FileFormat.Version,
            LogId = context.LogId,
            NextOffset = nextOffset,
            Producers = (uint)table.Count,
            BodyChecksum = FileFormat.Checksum(bytes.AsSpan(Head.SizeInBytes)),
        };
        head.Checksum = FileFormat.ChecksumOfBlock(in head);
        MemoryMarshal.Write(bytes, in head);

        using (var file = File.OpenHandle(context.Folder.NewProducersPath, FileMode.Create, FileAccess.Write, FileShare.None))
        {
            context.Disk.Write(file, bytes, 0);
            if (context.SyncsFiles)
                context.Disk.Flush(file);
        }
        context.Disk.Rename(context.Folder.NewProducersPath, context.Folder.ProducersPath);
        context.FlushFolder();
    }

    /// <summary>Whether there is one.</summary>
    public static bool Exists(LogContext context) => File.Exists(context.Folder.ProducersPath);

    /// <summary>Reads the table.</summary>
    /// <param name="context">Of the log.</param>
    /// <param name="table">Empty.</param>
    /// <param name="nextOffset">What the table holds lies below it.</param>
    /// <returns>False when the file does not hold what was written; the table stays empty then.</returns>
    /// <exception cref="UnknownFormatException">A later build wrote it.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static bool TryRead(LogContext context, ProducerTable table, out ulong nextOffset)
    {
        nextOffset = 0;
        var path = context.Folder.ProducersPath;
        if (new FileInfo(path).Length is < Head.SizeInBytes or > MostFileBytes)
            return false;
        ReadOnlySpan<byte> bytes = File.ReadAllBytes(path);
        if (bytes.Length < Head.SizeInBytes)
            return false;
        var head = MemoryMarshal.Read<Head>(bytes);
        var body = bytes[Head.SizeInBytes..];
        if (head.Magic != Magic || head.Checksum != FileFormat.ChecksumOfBlock(in head) || context.IsForeign(head.LogId) || head.BodyChecksum != FileFormat.Checksum(body))
            return false;
        if (head.Version != FileFormat.Version)
            throw new UnknownFormatException(path, head.Version);
        nextOffset = head.NextOffset;
        return TryReadEntries(body, head.Producers, table);
    }

    // The checksum held, so a wrong length is our own mistake; it must not become a wrong table for all that.
    private static bool TryReadEntries(ReadOnlySpan<byte> body, uint count, ProducerTable table)
    {
        var producers = new List<Producer>();
        for (; count > 0; count--)
        {
            if (body.Length < Entry.SizeInBytes)
                return false;
            var entry = MemoryMarshal.Read<Entry>(body);
            body = body[Entry.SizeInBytes..];
            if (entry.Ranges is 0 or > Producer.MaxRanges || entry.Ranges * (ulong)ProducedRange.SizeInBytes > (ulong)body.Length)
                return false;
            var rangesBytes = (int)entry.Ranges * ProducedRange.SizeInBytes;
            producers.Add(Producer.Restore(entry.ProducerId, entry.Epoch, MemoryMarshal.Cast<byte, ProducedRange>(body[..rangesBytes])));
            body = body[rangesBytes..];
        }
        if (!body.IsEmpty)
            return false;
        producers.ForEach(table.Restore);
        return true;
    }

    private static void Put<T>(in T value, Span<byte> bytes, ref int place) where T : unmanaged
    {
        MemoryMarshal.Write(bytes[place..], in value);
        place += Unsafe.SizeOf<T>();
    }
}
