using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Iggy.Storage.Files;
using Iggy.Storage.Records;
using Microsoft.Extensions.Logging;
using Microsoft.Win32.SafeHandles;

namespace Iggy.Storage.Segments;

/// <summary>
/// The segment that appends go to: mapped, with space reserved before it is touched. Appends write behind the committed end and then
/// move it with one commit slot, so that whatever is left behind by a death in between does not count.
/// </summary>
/// <remarks>
/// A small append is made in the mapping. A large one is made in memory of its own and written: the first touch of a mapped page has to find and clear it while
/// the writer waits, up to tens of milliseconds where the kernel takes large ones. So is any append whose sync is waited for, for a write makes its own blocks
/// dirty, and a touched mapping the whole large page, which every sync would then write again. Both show the same bytes to whoever reads the mapping.
/// Where nothing can be mapped safely (docs/adr/0029) everything is written.
/// </remarks>
internal sealed class ActiveSegment : IDisposable
{
    private const uint WrittenFromBytes = 64 << 10; // above it a write costs less than the faults
    private const uint WrittenBelowBytes = 2 << 20; // what the pool keeps; beyond it the memory would cost more than the faults

    private readonly SegmentMapping? _map;
    private readonly uint _capacity;
    private readonly SpaceReserve _space;
    private readonly IDisk _disk;
    private readonly bool _isAlwaysWritten;
    private byte[]? _made; // the append under way, where it is to be written
    private readonly ILogger _logger;
    private volatile uint _committed, _synced;
    private uint _toldSynced; // in the newest commit slot
    private uint _lastRecord; // where the newest one of this process begins; 0: the head of the segment

    /// <param name="segment">Its state; the file's records end where it says.</param>
    /// <param name="log">Its file; owned from now on.</param>
    /// <param name="index">Its index; owned from now on.</param>
    /// <param name="capacity">Bytes that it may get, and to map.</param>
    /// <param name="reservedBytes">How much of the file has space on the disk for sure.</param>
    /// <param name="verifiedFrom">Records from here on were written or verified by this process.</param>
    /// <param name="sequence">Of the newest commit slot.</param>
    /// <param name="syncedPosition">End of the records known to be on disk; 0 when commit slots are not to tell it.</param>
    /// <param name="disk">To reserve space and write.</param>
    /// <param name="clock">To see how briskly it is written.</param>
    /// <param name="logger">For an index that cannot be written.</param>
    public ActiveSegment(Segment segment, SafeFileHandle log, SegmentIndex index, uint capacity, uint reservedBytes, uint verifiedFrom,
        ulong sequence, uint syncedPosition, IDisk disk, TimeProvider clock, ILogger logger)
    {
        (Segment, Log, Index, VerifiedFrom, Sequence, _logger) = (segment, log, index, verifiedFrom, sequence, logger);
        (_committed, _synced, _toldSynced) = (segment.EndPosition, syncedPosition, syncedPosition);
        (_disk, _isAlwaysWritten) = (disk, syncedPosition != 0);
        _capacity = capacity;
        _map = disk.TryMap(log, capacity);
        _space = new SpaceReserve(log, _map, capacity, Math.Max(reservedBytes, segment.EndPosition), disk, clock);
    }

    public Segment Segment { get; }

    public SafeFileHandle Log { get; }

    public SegmentIndex Index { get; }

    /// <summary>Null where it is read and written as a file.</summary>
    public SegmentMapping? Map => _map;

    public uint VerifiedFrom { get; }

    /// <summary>Of the newest commit slot.</summary>
    public ulong Sequence { get; private set; }

    /// <summary>End of the appends that count; read by the thread that syncs.</summary>
    public uint CommittedPosition => _committed;

    /// <summary>End of the records that are on disk for sure; 0 when commit slots are not to tell it.</summary>
    public uint SyncedPosition => _synced;

    /// <summary>Whether so many bytes fit behind the records, as far as it may grow.</summary>
    public bool HasRoomFor(ulong bytes) => Segment.EndPosition + bytes <= _capacity;

    /// <summary>Refuses a file that another program cut.</summary>
    /// <exception cref="FileCutException">It is shorter than it was made, or a page of it was gone.</exception>
    public void RequireWhole()
    {
        _map?.ThrowIfPagesLost();
        var expected = _space.ReservedEnd; // before the length, which only grows
        var length = RandomAccess.GetLength(Log);
        if (length < expected)
            throw new FileCutException($"The file of the segment from offset {Segment.FirstOffset} is {length} bytes long and was made {expected}: another program cut it.");
    }

    /// <summary>Whether a page of the mapping was gone when it was touched: what was read through it since it was found whole does not count.</summary>
    public bool HasLostPages => _map is { HasLostPages: true };

    /// <summary>Makes sure that so many bytes behind the records can be written.</summary>
    /// <returns>False when the disk is full; nothing changed.</returns>
    /// <exception cref="FileCutException">Another program cut the file.</exception>
    public bool TryReserve(ulong bytes)
    {
        var before = _space.ReservedEnd;
        var isReserved = _space.TryReserve(Segment.EndPosition, (uint)(Segment.EndPosition + bytes));
        RequireUncut(before);
        return isReserved;
    }

    /// <summary>Begins an append. To be followed by <see cref="End"/>, whatever comes between.</summary>
    /// <param name="bytes">Its records at most; reserved.</param>
    public void Begin(ulong bytes)
    {
        if (_map is null || (bytes <= WrittenBelowBytes && (_isAlwaysWritten || bytes >= WrittenFromBytes)))
            _made = LargeArrays.Rent((int)bytes);
    }

    /// <summary>Memory for the append under way, from so many bytes of it on; it may hold old bytes.</summary>
    public Span<byte> Target(uint skippedBytes, uint bytes)
        => _made is null ? _map!.Slice(Segment.EndPosition + skippedBytes, (int)bytes) : _made.AsSpan((int)skippedBytes, (int)bytes);

    /// <summary>Makes the records of the append count: all of them, or after a death before the last step none.</summary>
    /// <exception cref="IOException">They could not be written, or nobody knows whether they are; the log must go no further. A full disk: nothing counts.</exception>
    public void Commit(uint records)
    {
        var appended = 0u;
        for (uint i = 0; _made is not null && i < records; i++)
            appended += MemoryMarshal.Read<RecordHeader>(_made.AsSpan((int)appended)).AlignedBytes;
        if (_made is not null)
            _disk.Write(Log, _made.AsSpan(0, (int)appended), Segment.EndPosition);

        appended = 0;
        for (uint i = 0; i < records; i++)
        {
            var (position, start) = (Segment.EndPosition, Segment.EndPosition - appended);
            var header = MemoryMarshal.Read<RecordHeader>(Made(start, appended, RecordHeader.SizeInBytes));
            Segment.Add(in header, header.HasEnvelope
                ? RecordEnvelope.FramesBytes(Made(start, appended + RecordHeader.SizeInBytes, RecordEnvelope.SizeInBytes)) : header.BodyBytes);
            appended += header.AlignedBytes;
            _lastRecord = position;
            if (SegmentIndex.IsDue(position, Index.LastPosition))
                AddToIndex(in header, position);
        }
        WriteCommitSlot();
        if (_made is not null)
            return;
        var before = _space.ReservedEnd;
        _space.WarmAhead(Segment.EndPosition);
        RequireUncut(before);
    }

    /// <summary>The append is over.</summary>
    public void End()
    {
        if (_made is not null)
            LargeArrays.Return(_made);
        _made = null;
    }

    /// <summary>The records up to a position, and all that comes before them in the log, are on disk: commit slots written from now on say so.</summary>
    public void MarkSynced(uint position)
    {
        if (_synced != 0)
            _synced = position;
    }

    /// <summary>Says in the file what the last sync reached, so that nothing below it is taken for an unfinished append.</summary>
    /// <exception cref="FileCutException">Another program cut the file.</exception>
    public void TellSynced()
    {
        if (_toldSynced == _synced)
            return;
        RequireWhole();
        WriteCommitSlot();
    }

    /// <summary>Says in the file that it takes no more records. After <see cref="Trim"/>, on any thread.</summary>
    public void WriteSeal() => SegmentFile.WriteSeal(Log, Segment);

    /// <summary>Unmaps, and cuts the file to its records. It can still be synced.</summary>
    public void Trim()
    {
        _map?.Dispose();
        if (RandomAccess.GetLength(Log) > Segment.EndPosition) // a file that somebody cut must not get a hole that looks reserved
            RandomAccess.SetLength(Log, Segment.EndPosition);
    }

    /// <summary>Unmaps, cuts the file to its records, and closes the files.</summary>
    public void Close()
    {
        Trim();
        Dispose();
    }

    /// <summary>Unmaps and closes the files as they are.</summary>
    public void Dispose()
    {
        _map?.Dispose();
        Index.Dispose();
        Log.Dispose();
    }

    // A step of the reserve makes a file that was cut just before as long as it was, with zeros where records were.
    private void RequireUncut(uint reservedBefore)
    {
        if (_space.ReservedEnd == reservedBefore)
            return;
        Span<byte> magic = stackalloc byte[sizeof(uint)];
        RandomAccess.Read(Log, magic, _lastRecord);
        if (MemoryMarshal.Read<uint>(magic) != (_lastRecord == 0 ? (uint)(SegmentHead.ExpectedMagic & uint.MaxValue) : RecordHeader.ExpectedMagic))
            throw new FileCutException($"The file of the segment from offset {Segment.FirstOffset} lost records while space was reserved: another program cut it.");
    }

    // Bytes of the append under way, which begins at a position.
    private ReadOnlySpan<byte> Made(uint start, uint skippedBytes, int bytes)
        => _made is null ? _map!.Slice(start + skippedBytes, bytes) : _made.AsSpan((int)skippedBytes, bytes);

    private void WriteCommitSlot()
    {
        _toldSynced = _synced;
        var slot = Segment.ToCommitSlot(++Sequence, _toldSynced);
        var place = CommitSlot.FirstPosition + (uint)(Sequence % 2 * CommitSlot.SizeInBytes);
        if (_map is null)
            WriteCommitSlot(in slot, place);
        else
            StoreCommitSlot(_map, slot, place);
        _committed = Segment.EndPosition;
    }

    private static void StoreCommitSlot(SegmentMapping map, CommitSlot slot, uint place)
    {
        var target = map.Slice(place, CommitSlot.SizeInBytes);
        // The checksum is stored last and not before the rest, so a death in between leaves a slot that does not count.
        var checksum = slot.Checksum;
        slot.Checksum = 0;
        MemoryMarshal.Write(target, in slot);
        Volatile.Write(ref Unsafe.As<byte, ulong>(ref target[CommitSlot.SizeInBytes - sizeof(ulong)]), checksum);
        map.ThrowIfPagesLost(); // also what came before the slot did not reach the file then
    }

    private void WriteCommitSlot(in CommitSlot slot, uint place)
    {
        try
        {
            _disk.Write(Log, MemoryMarshal.AsBytes(new ReadOnlySpan<CommitSlot>(in slot)), place);
        }
        catch (IOException failure) // also of a full disk: the records are there and must not be written over
        {
            throw new IOException("The end of the records could not be written.", failure);
        }
    }

    private void AddToIndex(in RecordHeader header, uint position)
    {
        try
        {
            Index.Append(new IndexEntry
            {
                OffsetInSegment = (uint)(header.BaseOffset - Segment.FirstOffset),
                Position = position,
                TimestampMicros = header.BaseTimestampMicros,
            });
        }
        catch (IOException failure)
        {
            _logger.IndexNotWritten(Index.Path, failure); // readers walk further; the index is built again when they have to
        }
    }
}
