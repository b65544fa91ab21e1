using System.Runtime.InteropServices;
using Iggy.Storage.Files;
using Microsoft.Win32.SafeHandles;

namespace Iggy.Storage.Replicas;

/// <summary>What a replica promised, kept beside its log: on disk before anything is said because of it. The layout is described in <c>docs/formats/replica.md</c>.</summary>
/// <remarks>Words and map have two places each, written in turn: a torn write leaves the older one. For one thread at a time; whoever has the log open has this.</remarks>
public sealed class ReplicaFile : IDisposable
{
    /// <summary>Most entries of a map.</summary>
    public const int MaxEpochs = 4096;

    private const long WordsDistance = 512, MapsPosition = 4096, MapsDistance = 17 * 4096; // a map: 32 bytes and 16 for each entry
    private readonly SafeFileHandle _file;
    private readonly IDisk _disk;
    private ulong _wordsSequence, _mapSequence;

    private ReplicaFile(SafeFileHandle file, IDisk disk) => (_file, _disk) = (file, disk);

    /// <summary>The words.</summary>
    public ReplicaWords Words { get; private set; }

    /// <summary>Which leader's epoch each message was first written under, oldest first.</summary>
    public EpochEntry[] Epochs { get; private set; } = [];

    [StructLayout(LayoutKind.Sequential, Pack = 1, Size = SizeInBytes)]
    private struct WordsSlot
    {
        public const int SizeInBytes = 64;
        public const uint ExpectedMagic = 0x5753_5052; // "RPSW"

        public uint Magic, Version;           // @0
        public ulong Sequence;                // @8   +1 per write; of two valid slots the greater one counts
        public ulong Promised, LogEpoch;      // @16
        public Guid Boot;                     // @32  in the order of its text: as GuidBytes of RFC 9562
        public ulong IsClosed;                // @48  0 or 1
        public ulong Checksum;                // @56

        public readonly bool IsIntact => Magic == ExpectedMagic && Checksum == FileFormat.ChecksumOfBlock(in this);
    }

    [StructLayout(LayoutKind.Sequential, Pack = 1, Size = SizeInBytes)]
    private struct MapHead
    {
        public const int SizeInBytes = 32;
        public const uint ExpectedMagic = 0x4D53_5052; // "RPSM"

        public uint Magic, Count;             // @0
        public ulong Sequence;                // @8
        public ulong EntriesChecksum;         // @16
        public ulong Checksum;                // @24

        public readonly bool IsIntact => Magic == ExpectedMagic && Count <= MaxEpochs && Checksum == FileFormat.ChecksumOfBlock(in this);
    }

    /// <summary>Whether a log has one.</summary>
    public static bool Exists(string folder) => File.Exists(new PartitionFolder(folder).ReplicaPath);

    /// <summary>Makes the file of a replica that has none; one that is there is put aside by nobody: it has to be deleted first.</summary>
    /// <exception cref="IOException">The disk refused, or there is one.</exception>
    public static ReplicaFile Create(string folder, in ReplicaWords words) => Create(folder, in words, PhysicalDisk.Instance);

    /// <summary>Opens the file of a replica.</summary>
    /// <exception cref="FileNotFoundException">There is none.</exception>
    /// <exception cref="UnknownFormatException">A later build wrote it.</exception>
    /// <exception cref="ReplicaFileDamagedException">Neither slot can be read: what was promised is not known, so the replica may not answer anybody.</exception>
    public static ReplicaFile Open(string folder) => Open(folder, PhysicalDisk.Instance);

    internal static ReplicaFile Create(string path, in ReplicaWords words, IDisk disk)
    {
        var folder = new PartitionFolder(path);
        var temporary = folder.ReplicaPath + ".new";
        if (File.Exists(folder.ReplicaPath))
            throw new IOException($"{folder.ReplicaPath} is there already.");
        using (var file = new ReplicaFile(File.OpenHandle(temporary, FileMode.Create, FileAccess.ReadWrite), disk))
            file.Store(in words);
        disk.Rename(temporary, folder.ReplicaPath); // it appears under its name with its words
        disk.FlushFolder(folder.Path);
        return Open(path, disk);
    }

    internal static ReplicaFile Open(string path, IDisk disk)
    {
        var folder = new PartitionFolder(path);
        var file = new ReplicaFile(File.OpenHandle(folder.ReplicaPath, FileMode.Open, FileAccess.ReadWrite, FileShare.Read), disk);
        try
        {
            file.ReadWords(folder.ReplicaPath);
            file.ReadMap();
            return file;
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Stores the words; on disk when done.</summary>
    /// <exception cref="IOException">Unknown which words are on disk: nothing may be said because of these.</exception>
    public void Store(in ReplicaWords words)
    {
        var slot = new WordsSlot
        {
            Magic = WordsSlot.ExpectedMagic,
            Version = FileFormat.Version,
            Sequence = ++_wordsSequence,
            Promised = words.Promised,
            LogEpoch = words.LogEpoch,
            Boot = words.Boot,
            IsClosed = words.IsClosed ? 1UL : 0,
        };
        slot.Checksum = FileFormat.ChecksumOfBlock(in slot);
        RandomAccess.Write(_file, MemoryMarshal.AsBytes(new ReadOnlySpan<WordsSlot>(in slot)), (long)(slot.Sequence % 2) * WordsDistance);
        _disk.Flush(_file);
        Words = words;
    }

    /// <summary>Stores the map; on disk when done.</summary>
    /// <exception cref="ArgumentException">More than <see cref="MaxEpochs"/> entries.</exception>
    /// <exception cref="IOException">Unknown which map is on disk.</exception>
    public void Store(ReadOnlySpan<EpochEntry> epochs)
    {
        if (epochs.Length > MaxEpochs)
            throw new ArgumentException($"{epochs.Length} entries; allowed: {MaxEpochs}.", nameof(epochs));
        var head = new MapHead
        {
            Magic = MapHead.ExpectedMagic,
            Count = (uint)epochs.Length,
            Sequence = ++_mapSequence,
            EntriesChecksum = FileFormat.Checksum(MemoryMarshal.AsBytes(epochs)),
        };
        head.Checksum = FileFormat.ChecksumOfBlock(in head);
        var bytes = new byte[MapHead.SizeInBytes + (epochs.Length * EpochEntry.SizeInBytes)];
        MemoryMarshal.Write(bytes, in head);
        MemoryMarshal.AsBytes(epochs).CopyTo(bytes.AsSpan(MapHead.SizeInBytes));
        RandomAccess.Write(_file, bytes, MapPosition(head.Sequence));
        _disk.Flush(_file);
        Epochs = epochs.ToArray();
    }

    /// <summary>Closes the file.</summary>
    public void Dispose() => _file.Dispose();

    private static long MapPosition(ulong sequence) => MapsPosition + ((long)(sequence % 2) * MapsDistance);

    private void ReadWords(string path)
    {
        for (var i = 0; i < 2; i++)
        {
            var slot = default(WordsSlot);
            var bytes = MemoryMarshal.AsBytes(new Span<WordsSlot>(ref slot));
            if (RandomAccess.Read(_file, bytes, i * WordsDistance) != bytes.Length || !slot.IsIntact || slot.Sequence < _wordsSequence)
                continue;
            if (slot.Version != FileFormat.Version)
                throw new UnknownFormatException(path, slot.Version);
            (_wordsSequence, Words) = (slot.Sequence, new(slot.Promised, slot.LogEpoch, slot.Boot, slot.IsClosed == 1));
        }
        if (_wordsSequence == 0)
            throw new ReplicaFileDamagedException(path);
    }

    private void ReadMap()
    {
        for (var i = 0; i < 2; i++)
        {
            var head = default(MapHead);
            var bytes = MemoryMarshal.AsBytes(new Span<MapHead>(ref head));
            if (RandomAccess.Read(_file, bytes, MapPosition((ulong)i)) != bytes.Length || !head.IsIntact || head.Sequence < _mapSequence)
                continue;
            var epochs = new EpochEntry[head.Count];
            var entries = MemoryMarshal.AsBytes(epochs.AsSpan());
            if (RandomAccess.Read(_file, entries, MapPosition((ulong)i) + MapHead.SizeInBytes) == entries.Length && FileFormat.Checksum(entries) == head.EntriesChecksum)
                (_mapSequence, Epochs) = (head.Sequence, epochs);
        }
    }
}

/// <summary>What a replica keeps of itself.</summary>
/// <param name="Promised">The greatest epoch that it promised to follow.</param>
/// <param name="LogEpoch">The epoch whose leader last brought its log level.</param>
/// <param name="Boot">The boot during which the log was last known to be whole.</param>
/// <param name="IsClosed">It was closed in order.</param>
public readonly record struct ReplicaWords(ulong Promised, ulong LogEpoch, Guid Boot, bool IsClosed);

/// <summary>The first offset that was written under an epoch: 16 bytes, little-endian.</summary>
/// <param name="Epoch">Of a leader.</param>
/// <param name="First">Its first offset.</param>
[StructLayout(LayoutKind.Sequential, Pack = 1, Size = SizeInBytes)]
public readonly record struct EpochEntry(ulong Epoch, ulong First)
{
    /// <summary>Its size.</summary>
    public const int SizeInBytes = 16;
}

/// <summary>Neither of the two slots of a replica's words can be read: it does not know what it promised, so it may not answer anybody.</summary>
/// <param name="path">The file.</param>
public sealed class ReplicaFileDamagedException(string path)
    : IOException($"{path} cannot be read: what this replica promised is not known. Remove the replica from the partition, and its folder, and add it anew.");
