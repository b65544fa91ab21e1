using System.Runtime.InteropServices;
using Iggy.Storage.Context;
using Iggy.Storage.Files;
using Microsoft.Win32.SafeHandles;

namespace Iggy.Storage.Offsets;

/// <summary>
/// The stored offsets of one partition, all in memory and in one file of fixed slots. A change is one write of 32 bytes in place,
/// so it survives the death of the process; a slot torn by a power failure is reported and ignored, the others hold.
/// The file is opened when there is something in it or to be put into it.
/// </summary>
internal sealed partial class ConsumerOffsets(LogContext context) : IDisposable
{
    internal const long MostFileBytes = 64 << 20; // two million consumers of one partition: none is so large by our hand
    private const uint Magic = 0x5346_464F; // "OFFS"

    private readonly Dictionary<ConsumerKey, (int Slot, ulong Offset)> _offsets = [];
    private readonly Stack<int> _freeSlots = [];
    private readonly SmallestOffset _smallest = new();
    private int _slots = 1; // slot 0 is the header
    private uint _writtenSlots;
    private ulong _sequence;
    private bool _isMade;

    /// <summary>The file, once it is open; to be synced.</summary>
    public SafeFileHandle? File { get; private set; }

    public int Count => _offsets.Count;

    /// <summary>Slots of the file that were written, its header included; read by the thread that syncs, which tells the inventory once they are on disk.</summary>
    public uint WrittenSlots => Volatile.Read(ref _writtenSlots);

    [StructLayout(LayoutKind.Sequential, Pack = 1, Size = SizeInBytes)]
    internal struct Slot
    {
        public const int SizeInBytes = 32;

        public ConsumerKind Kind;             // @0   0 in a free slot
        private readonly byte _reserved0;     // @1
        private readonly ushort _reserved1;   // @2
        public uint Id;                       // @4   in the header: magic
        public ulong Offset;                  // @8   in the header: format version
        public ulong Sequence;                // @16  of the write: the later of two slots of one consumer counts; in the header: the log's id
        public ulong Checksum;                // @24

        public readonly bool IsIntact => Checksum == FileFormat.ChecksumOfBlock(in this);
    }

    /// <summary>Reads the file. Offsets above the log's end, as a lost tail leaves them, go down to the newest message.</summary>
    /// <param name="nextOffset">The log's next offset; 0 removes all stored offsets.</param>
    public void Load(ulong nextOffset)
    {
        var known = context.Inventory.OffsetSlots;
        if (!System.IO.File.Exists(context.Folder.OffsetsPath))
        {
            TellLost("the file is missing", left: 0, known);
            return;
        }
        Open();
        if (!ReadHeader())
        {
            TellLost("its header is not this log's", left: 0, Math.Max(known, CountSlots()));
            PutAside();
            return;
        }

        var sequences = new Dictionary<ConsumerKey, ulong>();
        _slots = CountSlots();
        TellLost("the file was cut", _slots, known);
        for (var number = 1; number < _slots; number++)
            ReadSlot(number, sequences);
        if (!context.Options.IsReplica) // there offsets come on their own way, and may be here before the messages
            Clamp(nextOffset);
    }

    public bool TryGet(ConsumerKey consumer, out ulong offset)
    {
        var isStored = _offsets.TryGetValue(consumer, out var entry);
        offset = entry.Offset;
        return isStored;
    }

    /// <summary>The smallest offset of all, which keeps segments from being deleted.</summary>
    public bool TryGetSmallest(out ulong offset)
    {
        offset = _smallest.Value ?? ulong.MaxValue;
        return _offsets.Count > 0;
    }

    /// <summary>A copy of the offsets of one kind of consumers, in no order.</summary>
    public (uint Id, ulong Offset)[] List(ConsumerKind kind)
    {
        var found = new List<(uint, ulong)>(_offsets.Count);
        foreach (var (consumer, (_, offset)) in _offsets)
        {
            if (consumer.Kind == kind)
                found.Add((consumer.Id, offset));
        }
        return [.. found];
    }

    /// <summary>Reads the file of a log that nobody has open, and changes nothing; none where there is no file, or none that can be read.</summary>
    /// <exception cref="IOException">The disk refused.</exception>
    public static Dictionary<ConsumerKey, ulong> ReadFile(string path)
    {
        var newest = new Dictionary<ConsumerKey, Slot>();
        var file = new FileInfo(path);
        if (file.Exists && file.Length <= MostFileBytes)
        {
            var slots = MemoryMarshal.Cast<byte, Slot>(System.IO.File.ReadAllBytes(path));
            if (slots.Length == 0 || !slots[0].IsIntact || slots[0].Id != Magic || slots[0].Offset != FileFormat.Version)
                return [];
            foreach (ref readonly var slot in slots[1..])
            {
                var consumer = new ConsumerKey(slot.Kind, slot.Id);
                if (slot.IsIntact && slot.Kind is ConsumerKind.Consumer or ConsumerKind.Group && !(newest.TryGetValue(consumer, out var other) && other.Sequence > slot.Sequence))
                    newest[consumer] = slot;
            }
        }
        return newest.ToDictionary(static one => one.Key, static one => one.Value.Offset);
    }

    public StoreOffsetStatus Store(ConsumerKey consumer, ulong offset)
    {
        var isKnown = _offsets.TryGetValue(consumer, out var entry);
        if (!isKnown && _offsets.Count >= context.Options.MaxConsumers)
            return StoreOffsetStatus.LimitReached;

        var slot = isKnown ? entry.Slot : FreeSlot;
        try
        {
            Open();
            Write(slot, consumer, offset);
            NoteWritten((uint)slot + 1);
        }
        catch (IOException failure)
        {
            return PhysicalDisk.IsFull(failure) ? StoreOffsetStatus.DiskFull : StoreOffsetStatus.Failed;
        }
        if (!isKnown)
            Take(slot);
        Remember(consumer, slot, offset);
        return StoreOffsetStatus.Stored;
    }

    /// <returns>False when nothing was stored.</returns>
    /// <exception cref="IOException">The disk refused; the offset is still stored.</exception>
    public bool Delete(ConsumerKey consumer)
    {
        if (!_offsets.TryGetValue(consumer, out var entry))
            return false;
        Write(entry.Slot, default, 0);
        _offsets.Remove(consumer);
        _smallest.Remove(entry.Slot);
        _freeSlots.Push(entry.Slot);
        return true;
    }

    /// <summary>Brings offsets above the log's end down to its newest message, and removes all when it is empty.</summary>
    public void Clamp(ulong nextOffset)
    {
        List<ConsumerKey>? above = null;
        foreach (var (consumer, (_, offset)) in _offsets)
        {
            if (offset >= nextOffset)
                (above ??= []).Add(consumer);
        }
        foreach (var consumer in above ?? [])
        {
            var entry = _offsets[consumer];
            context.Logger.OffsetClamped(context.Folder.OffsetsPath, consumer.Kind, consumer.Id, entry.Offset, nextOffset == 0 ? "removed" : $"{nextOffset - 1}");
            if (nextOffset == 0)
            {
                Delete(consumer);
                continue;
            }
            Write(entry.Slot, consumer, nextOffset - 1);
            Remember(consumer, entry.Slot, nextOffset - 1);
        }
    }

    /// <summary>Whether the file was made since this was last asked.</summary>
    public bool TakeMade()
    {
        var isMade = _isMade;
        _isMade = false;
        return isMade;
    }

    /// <summary>Forgets everything; the file is somebody else's to delete.</summary>
    public void Reset()
    {
        Dispose();
        _offsets.Clear();
        _freeSlots.Clear();
        _smallest.Clear();
        (_slots, _markSlot, _markEpoch) = (1, 0, 0);
        Volatile.Write(ref _writtenSlots, 0);
    }

    public void Dispose()
    {
        File?.Dispose();
        File = null;
    }

    private void Open()
    {
        if (File is not null)
            return;
        _isMade |= !System.IO.File.Exists(context.Folder.OffsetsPath);
        var file = System.IO.File.OpenHandle(context.Folder.OffsetsPath, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read);
        try
        {
            if (RandomAccess.GetLength(file) < Slot.SizeInBytes)
                WriteSlot(file, 0, new Slot { Id = Magic, Offset = FileFormat.Version, Sequence = context.LogId });
            File = file;
        }
        finally
        {
            if (File is null)
                file.Dispose();
        }
    }

    private bool ReadHeader()
    {
        var header = default(Slot);
        RandomAccess.Read(File!, MemoryMarshal.AsBytes(new Span<Slot>(ref header)), 0);
        if (!header.IsIntact || header.Kind != 0 || header.Id != Magic || context.IsForeign(header.Sequence))
            return false;
        return header.Offset == FileFormat.Version
            ? true : throw new UnknownFormatException(context.Folder.OffsetsPath, (uint)header.Offset);
    }

    private int CountSlots() => checked((int)((RandomAccess.GetLength(File!) + Slot.SizeInBytes - 1) / Slot.SizeInBytes));

    // Once: from now on there are as many as were found.
    private void TellLost(string reason, int left, long known)
    {
        if (left < known)
        {
            context.Logger.StoredOffsetsLost(context.Folder.OffsetsPath, reason, left, known);
            context.Losses.StoredOffsets += (uint)(known - left);
        }
        if (left < known)
            context.Inventory.SetOffsetSlots((uint)left);
        NoteWritten((uint)left);
    }

    // What the inventory names must be there after a power cut; where nothing is synced there is no better moment than now.
    private void NoteWritten(uint slots)
    {
        Volatile.Write(ref _writtenSlots, Math.Max(_writtenSlots, slots));
        if (!context.SyncsFiles && slots > context.Inventory.OffsetSlots)
            context.Inventory.SetOffsetSlots(slots);
    }

    private void PutAside()
    {
        Dispose();
        var aside = context.Folder.OffsetsPath + ".damaged";
        System.IO.File.Move(context.Folder.OffsetsPath, aside, overwrite: true);
        context.Logger.OffsetsPutAside(context.Folder.OffsetsPath, aside);
    }

    private void ReadSlot(int number, Dictionary<ConsumerKey, ulong> sequences)
    {
        var slot = default(Slot);
        RandomAccess.Read(File!, MemoryMarshal.AsBytes(new Span<Slot>(ref slot)), (long)number * Slot.SizeInBytes);
        var consumer = new ConsumerKey(slot.Kind, slot.Id);
        var isUsed = slot.IsIntact && slot.Kind is ConsumerKind.Consumer or ConsumerKind.Group;
        if (!slot.IsIntact)
            context.Logger.OffsetSlotDamaged(context.Folder.OffsetsPath, number);
        else
            _sequence = Math.Max(_sequence, slot.Sequence);
        if (slot.IsIntact && slot.Kind == MarkKind)
        {
            (_markSlot, _markEpoch) = (number, slot.Offset);
            return;
        }

        if (!isUsed || (sequences.TryGetValue(consumer, out var sequence) && sequence > slot.Sequence))
        {
            _freeSlots.Push(number);
            return;
        }
        if (_offsets.TryGetValue(consumer, out var older))
        {
            _freeSlots.Push(older.Slot);
            _smallest.Remove(older.Slot);
        }
        sequences[consumer] = slot.Sequence;
        Remember(consumer, number, slot.Offset);
    }

    private void Remember(ConsumerKey consumer, int slot, ulong offset)
    {
        _offsets[consumer] = (slot, offset);
        _smallest.Set(slot, offset);
    }

    private int FreeSlot => _freeSlots.TryPeek(out var free) ? free : _slots;

    private void Take(int slot)
    {
        if (slot == _slots)
            _slots++;
        else
            _freeSlots.Pop();
    }

    private void Write(int number, ConsumerKey consumer, ulong offset)
    {
        WriteSlot(File!, number, new Slot { Kind = consumer.Kind, Id = consumer.Id, Offset = offset, Sequence = _sequence + 1 });
        _sequence++; // not before: what the disk refused is no change
    }

    private static void WriteSlot(SafeFileHandle file, int number, Slot slot)
    {
        slot.Checksum = FileFormat.ChecksumOfBlock(in slot);
        RandomAccess.Write(file, MemoryMarshal.AsBytes(new ReadOnlySpan<Slot>(in slot)), (long)number * Slot.SizeInBytes);
    }
}
