namespace Iggy.Storage;

/// <summary>What became of records that came from another replica.</summary>
public enum RecordsStatus : byte
{
    /// <summary>They are behind the last record, byte for byte.</summary>
    Appended,

    /// <summary>They are not whole appends with these offsets. Nothing changed.</summary>
    Malformed,

    /// <summary>The log does not end where they begin. Nothing changed.</summary>
    OutOfOrder,

    /// <summary>They are of another segment than the one that takes appends. Nothing changed.</summary>
    WrongSegment,

    /// <summary>No space on the disk. Nothing changed.</summary>
    DiskFull,

    /// <summary>A disk write or sync failed, now or before: this log takes no more until it is opened again.</summary>
    Failed,

    /// <summary>The log was closed.</summary>
    Closed,
}

/// <summary>What a look for records to send found.</summary>
public enum RecordsFound : byte
{
    /// <summary>Whole appends.</summary>
    Records,

    /// <summary>Nothing: the log ends there.</summary>
    End,

    /// <summary>The offset is below the log, or in the middle of a record.</summary>
    NotThere,

    /// <summary>What lies there cannot be read.</summary>
    Damaged,
}

/// <summary>Whole appends of one segment, to be copied before anything else is done with the log.</summary>
/// <param name="Found">Whether there are any.</param>
/// <param name="From">Offset of the first message.</param>
/// <param name="End">Offset after the last.</param>
/// <param name="Bytes">How many bytes they are.</param>
/// <param name="Generation">Of their segment.</param>
/// <param name="StartsSegment">Whether the first record is the first of its segment, so that whoever gets it begins one there.</param>
public readonly record struct RecordsPlan(RecordsFound Found, ulong From, ulong End, int Bytes, uint Generation, bool StartsSegment)
{
    internal int Segment { get; init; }

    internal uint Position { get; init; }
}
