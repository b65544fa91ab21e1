using Iggy.Storage.Records;

namespace Iggy.Storage.Segments;

/// <summary>What is remembered of one segment: all there is for a sealed one that nobody reads.</summary>
internal sealed class Segment
{
    private int _readers;

    /// <summary>Offset of its first message, also its name.</summary>
    public required ulong FirstOffset { get; init; }

    /// <summary>Of its file; records of another generation are left-overs of the file's earlier use.</summary>
    public required uint Generation { get; init; }

    /// <summary>Offset after its last message.</summary>
    public ulong NextOffset { get; set; }

    /// <summary>End of its records in the file.</summary>
    public uint EndPosition { get; set; } = SegmentFormat.HeadBytes;

    /// <summary>Size of its messages as clients count it.</summary>
    public ulong MessageBytes { get; set; }

    public uint Records { get; set; }

    /// <summary>Append times of its first and last record; meaningless while it has none.</summary>
    public ulong FirstTimestampMicros { get; set; }

    public ulong LastTimestampMicros { get; set; }

    /// <summary>Its head is unreadable or its file is gone: all its offsets are damaged.</summary>
    public bool IsDown { get; set; }

    /// <summary>Whether a wrong index may be built again: once while the log is open, for a disk may refuse it every time.</summary>
    public bool MayRebuildIndex { get; set; } = true;

    public ulong MessageCount => NextOffset - FirstOffset;

    /// <summary>Whether somebody reads it beside the log: its file may go, but not be used again.</summary>
    public bool HasReaders => Volatile.Read(ref _readers) > 0;

    /// <summary>One more who reads it beside the log.</summary>
    public void AddReader() => Interlocked.Increment(ref _readers);

    /// <summary>One less; from any thread.</summary>
    public void RemoveReader() => Interlocked.Decrement(ref _readers);

    /// <summary>As it is now.</summary>
    public Segment Copy() => new()
    {
        FirstOffset = FirstOffset,
        Generation = Generation,
        NextOffset = NextOffset,
        EndPosition = EndPosition,
        MessageBytes = MessageBytes,
        Records = Records,
        FirstTimestampMicros = FirstTimestampMicros,
        LastTimestampMicros = LastTimestampMicros,
        IsDown = IsDown,
    };

    /// <summary>Takes a record at the end into account.</summary>
    /// <param name="header">The record's.</param>
    /// <param name="framesBytes">Of its frames, unpacked.</param>
    public void Add(in RecordHeader header, uint framesBytes)
    {
        if (Records++ == 0)
            FirstTimestampMicros = header.BaseTimestampMicros;
        LastTimestampMicros = Math.Max(LastTimestampMicros, header.BaseTimestampMicros);
        EndPosition += header.AlignedBytes;
        NextOffset = header.NextOffset;
        MessageBytes += header.MessageBytes(framesBytes);
    }

    /// <param name="sequence">Above that of the slot before.</param>
    /// <param name="syncedPosition">End of the records known to be on disk; 0 when the log acknowledges without a sync.</param>
    public CommitSlot ToCommitSlot(ulong sequence, uint syncedPosition)
    {
        var slot = new CommitSlot
        {
            Sequence = sequence,
            Position = EndPosition,
            Generation = Generation,
            NextOffset = NextOffset,
            MessageBytes = MessageBytes,
            FirstTimestampMicros = FirstTimestampMicros,
            LastTimestampMicros = LastTimestampMicros,
            Records = Records,
            SyncedPosition = syncedPosition,
        };
        slot.Checksum = FileFormat.ChecksumOfBlock(in slot);
        return slot;
    }

    public SealBlock ToSealBlock()
    {
        var seal = new SealBlock
        {
            Magic = SealBlock.ExpectedMagic,
            Generation = Generation,
            NextOffset = NextOffset,
            MessageBytes = MessageBytes,
            FirstTimestampMicros = FirstTimestampMicros,
            LastTimestampMicros = LastTimestampMicros,
            EndPosition = EndPosition,
            Records = Records,
        };
        seal.Checksum = FileFormat.ChecksumOfBlock(in seal);
        return seal;
    }
}
