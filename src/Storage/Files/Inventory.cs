using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Iggy.Storage.Files;

/// <summary>
/// What of a log must be there, kept in its lock file: so that an opening tells files that somebody deleted from files that never were,
/// and no offset is given twice whatever is lost. It names a segment only once its file is there, and stops naming it before the file goes.
/// </summary>
/// <remarks>Written by the log's thread, and by its flusher, which knows what is on disk; synced by the flusher, and before files are deleted.</remarks>
internal sealed class Inventory
{
    /// <summary>How far ahead of the offsets given their ceiling is set. An offset in between is left out when the newest segment is lost.</summary>
    public const uint OffsetsAhead = 1 << 16;

    private const long FirstPosition = 1024; // behind the two slots of the lock, each of these at a sector of its own
    private const long Distance = 512;

    private readonly Lock _gate = new();
    private Slot _now;
    private bool _isWhole; // both slots are as they should be
    private int _isDirty;

    private Inventory(SafeFileHandle file, Slot now, bool isKnown) => (File, _now, IsKnown) = (file, now, isKnown);

    [StructLayout(LayoutKind.Sequential, Pack = 1, Size = SizeInBytes)]
    internal struct Slot
    {
        public const int SizeInBytes = 64;
        public const uint ExpectedMagic = 0x544E_5649; // "IVNT"

        public uint Magic, Generation;           // @0   generation: of the newest segment
        public ulong Sequence;                   // @8   +1 per write; of two valid slots the greater one counts
        public ulong FirstOffset, NewestSegment; // @16  first offsets of the oldest and the newest segment
        public ulong Ceiling;                    // @32  no offset from here on was given
        public ulong LogId;                      // @40
        public uint OffsetSlots;                 // @48  of consumers.offsets, its header included; 0: there was no such file
        private readonly uint _reserved;         // @52
        public ulong Checksum;                   // @56

        public readonly bool IsIntact => Magic == ExpectedMagic && Checksum == FileFormat.ChecksumOfBlock(in this);
    }

    /// <summary>The lock file, which belongs to the lock.</summary>
    public SafeFileHandle File { get; }

    /// <summary>Whether one was there. A log of an earlier build has none before it was opened by this one.</summary>
    public bool IsKnown { get; }

    /// <summary>First offset of the oldest segment that must be there.</summary>
    public ulong FirstOffset => _now.FirstOffset;

    /// <summary>First offset of the newest segment that must be there.</summary>
    public ulong NewestSegment => _now.NewestSegment;

    /// <summary>Of its last change.</summary>
    public ulong Sequence => _now.Sequence;

    /// <summary>Generation of the newest segment.</summary>
    public uint Generation => _now.Generation;

    /// <summary>No offset from here on was given to a message.</summary>
    public ulong Ceiling => _now.Ceiling;

    /// <summary>Slots that the file of stored offsets must have, its header included; 0 when there was no such file.</summary>
    public uint OffsetSlots => _now.OffsetSlots;

    /// <summary>Reads what an earlier opening left in the lock file.</summary>
    /// <param name="file">The lock file, held.</param>
    /// <param name="path">For the error.</param>
    /// <param name="logId">Of the log that is being opened, 0 when it has no name.</param>
    /// <param name="isUnreadable">Whether there is one that cannot be read: nobody can say what is missing.</param>
    /// <exception cref="ForeignLogException">It is another log's.</exception>
    public static Inventory Read(SafeFileHandle file, string path, ulong logId, out bool isUnreadable)
    {
        Slot? newest = null;
        var intact = 0;
        for (var i = 0; i < 2; i++)
        {
            var slot = default(Slot);
            var bytes = MemoryMarshal.AsBytes(new Span<Slot>(ref slot));
            if (RandomAccess.Read(file, bytes, FirstPosition + (i * Distance)) != bytes.Length || !slot.IsIntact)
                continue;
            intact++;
            if (newest is null || slot.Sequence > newest.Value.Sequence)
                newest = slot;
        }
        isUnreadable = newest is null && RandomAccess.GetLength(file) > FirstPosition;
        if (newest is { LogId: not 0 } found && logId != 0 && found.LogId != logId)
            throw new ForeignLogException(path);
        return new Inventory(file, (newest ?? default) with { Magic = Slot.ExpectedMagic, LogId = logId }, newest is not null) { _isWhole = intact == 2 };
    }

    /// <summary>Says what there is, once it is there.</summary>
    public void Set(ulong firstOffset, ulong newestSegment, uint generation, ulong ceiling)
    {
        lock (_gate)
            Write(_now with { FirstOffset = firstOffset, NewestSegment = newestSegment, Generation = generation, Ceiling = ceiling });
    }

    /// <summary>A newer segment is there.</summary>
    public void SetNewest(ulong newestSegment, uint generation)
    {
        lock (_gate)
            Write(_now with { NewestSegment = newestSegment, Generation = generation });
    }

    /// <summary>The segments below are going to be deleted. To be synced before they are.</summary>
    public void SetFirst(ulong firstOffset)
    {
        lock (_gate)
            Write(_now with { FirstOffset = firstOffset });
    }

    /// <summary>Lets offsets below a number be given.</summary>
    public void RequireCeiling(ulong nextOffset)
    {
        if (nextOffset > _now.Ceiling) // only the log's thread changes it
            SetCeiling(nextOffset + OffsetsAhead);
    }

    /// <summary>No offset from here on was given: at a close.</summary>
    public void SetCeiling(ulong nextOffset)
    {
        lock (_gate)
            Write(_now with { Ceiling = nextOffset });
    }

    /// <summary>The file of stored offsets has this many slots.</summary>
    public void SetOffsetSlots(uint slots)
    {
        lock (_gate)
            Write(_now with { OffsetSlots = slots });
    }

    /// <summary>Whether it was written since this was last asked.</summary>
    public bool TakeDirty() => Interlocked.Exchange(ref _isDirty, 0) != 0;

    // Under the gate.
    private void Write(Slot slot)
    {
        slot.Sequence = _now.Sequence;
        slot.Checksum = _now.Checksum;
        if (_isWhole && MemoryMarshal.AsBytes(new ReadOnlySpan<Slot>(in slot)).SequenceEqual(MemoryMarshal.AsBytes(new ReadOnlySpan<Slot>(in _now))))
            return;
        slot.Sequence++;
        slot.Checksum = FileFormat.ChecksumOfBlock(in slot);
        RandomAccess.Write(File, MemoryMarshal.AsBytes(new ReadOnlySpan<Slot>(in slot)), FirstPosition + ((long)(slot.Sequence % 2) * Distance));
        _isWhole |= slot.Sequence > 1; // the second slot of a new one is written with the second change
        _now = slot;
        Volatile.Write(ref _isDirty, 1);
    }
}
