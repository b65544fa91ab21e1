using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Iggy.Storage.Offsets;

/// <summary>All offsets as one table that travels between replicas, and the mark that says how new it is: the epoch of the leader whose changes they are, and
/// the number of the newest change, which is the greatest sequence of all slots.</summary>
internal sealed partial class ConsumerOffsets
{
    private const ConsumerKind MarkKind = (ConsumerKind)3; // of the slot that keeps the epoch; earlier builds take it for a free one

    private int _markSlot; // 0: none
    private ulong _markEpoch;

    /// <summary>How new the offsets are.</summary>
    public OffsetsMark Mark => new(_markEpoch, _sequence);

    /// <summary>All offsets, in the order of kinds and numbers.</summary>
    public OffsetChange[] Export()
    {
        var table = new OffsetChange[_offsets.Count];
        var next = 0;
        foreach (var (consumer, (_, offset)) in _offsets)
            table[next++] = OffsetChange.Stored(consumer, offset);
        Array.Sort(table, static (one, other) => one.Consumer.Kind != other.Consumer.Kind ? one.Consumer.Kind.CompareTo(other.Consumer.Kind) : one.Consumer.Id.CompareTo(other.Consumer.Id));
        return table;
    }

    /// <summary>Puts a whole table in place of the present one, in one step, on disk when done.</summary>
    /// <exception cref="ArgumentException">It names a consumer twice, more than there may be, or is no table. Nothing changed.</exception>
    /// <exception cref="IOException">The old one is still there.</exception>
    public void Import(OffsetsMark mark, ReadOnlySpan<OffsetChange> table)
    {
        if (table.Length > context.Options.MaxConsumers)
            throw new ArgumentException($"{table.Length} stored offsets; allowed: {context.Options.MaxConsumers}.", nameof(table));
        var seen = new HashSet<ConsumerKey>(table.Length);
        foreach (ref readonly var entry in table)
        {
            if (!entry.IsPossible || entry.IsDeleted || !seen.Add(entry.Consumer))
                throw new ArgumentException($"{entry.Consumer} is not what a table of stored offsets holds, or is in it twice.", nameof(table));
        }

        var slots = (uint)table.Length + 2;
        using (var file = System.IO.File.OpenHandle(context.Folder.NewOffsetsPath, FileMode.Create, FileAccess.ReadWrite))
        {
            WriteTable(file, mark, table);
            context.Disk.Flush(file);
        }
        if (slots < context.Inventory.OffsetSlots)
        {
            context.Inventory.SetOffsetSlots(slots); // first, or a death in between would look like a loss
            context.Disk.Flush(context.Inventory.File);
        }
        Reset();
        context.Disk.Rename(context.Folder.NewOffsetsPath, context.Folder.OffsetsPath);
        context.Disk.FlushFolder(context.Folder.Path);
        (_slots, _markSlot, _markEpoch, _sequence) = ((int)slots, 1, mark.Epoch, mark.Sequence);
        NoteWritten(slots);
        for (var i = 0; i < table.Length; i++)
            Remember(table[i].Consumer, i + 2, table[i].Offset);
        Open();
    }

    /// <summary>Makes a change that another replica made, under its number.</summary>
    /// <exception cref="ArgumentException">It is no change. Nothing changed.</exception>
    /// <exception cref="IOException">The disk refused, or there is no room for one more; nothing changed.</exception>
    public void Apply(OffsetsMark mark, in OffsetChange change)
    {
        if (!change.IsPossible)
            throw new ArgumentException($"{change.Consumer} is no consumer.", nameof(change));
        if (mark.Epoch != _markEpoch)
            WriteMark(mark.Epoch, _sequence);
        _sequence = mark.Sequence - 1;
        if (!change.IsDeleted)
        {
            if (Store(change.Consumer, change.Offset) is not StoreOffsetStatus.Stored and var status)
                throw new IOException($"An offset of a replica could not be stored: {status}.");
        }
        else if (!Delete(change.Consumer))
            WriteMark(mark.Epoch, mark.Sequence); // nothing to delete, but the change is counted
    }

    /// <summary>Tells the same offsets by another mark.</summary>
    /// <exception cref="IOException">The disk refused; the old mark holds.</exception>
    public void WriteMark(ulong epoch, ulong sequence)
    {
        Open();
        var slot = _markSlot != 0 ? _markSlot : FreeSlot;
        WriteSlot(File!, slot, new Slot { Kind = MarkKind, Offset = epoch, Sequence = sequence });
        NoteWritten((uint)slot + 1);
        if (_markSlot == 0)
            Take(slot);
        (_markSlot, _markEpoch, _sequence) = (slot, epoch, sequence);
    }

    private void WriteTable(SafeFileHandle file, OffsetsMark mark, ReadOnlySpan<OffsetChange> table)
    {
        var slots = new Slot[table.Length + 2];
        slots[0] = new Slot { Id = Magic, Offset = FileFormat.Version, Sequence = context.LogId };
        slots[1] = new Slot { Kind = MarkKind, Offset = mark.Epoch, Sequence = mark.Sequence };
        for (var i = 0; i < table.Length; i++)
            slots[i + 2] = new Slot { Kind = table[i].Consumer.Kind, Id = table[i].Consumer.Id, Offset = table[i].Offset, Sequence = mark.Sequence };
        foreach (ref var slot in slots.AsSpan())
            slot.Checksum = FileFormat.ChecksumOfBlock(in slot);
        RandomAccess.Write(file, MemoryMarshal.AsBytes(slots.AsSpan()), 0);
    }
}
