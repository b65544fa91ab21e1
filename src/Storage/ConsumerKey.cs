namespace Iggy.Storage;

/// <summary>Who stores an offset.</summary>
public enum ConsumerKind : byte
{
    /// <summary>An individual consumer.</summary>
    Consumer = 1,

    /// <summary>A consumer group.</summary>
    Group = 2,

    /// <summary>A group that is kept elsewhere: any offset is stored for it, it keeps no segment from being deleted and is not behind.</summary>
    External = 4, // 3 is the mark in the table of a replica
}

/// <summary>Names one stored offset of a partition.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Id">Its number among those of its kind.</param>
public readonly record struct ConsumerKey(ConsumerKind Kind, uint Id);

/// <summary>What became of storing a consumer offset.</summary>
public enum StoreOffsetStatus : byte
{
    /// <summary>Stored; it survives the death of the process.</summary>
    Stored,

    /// <summary>The log is empty or the offset lies above its newest message. Nothing changed.</summary>
    OutOfRange,

    /// <summary><c>PartitionLogOptions.MaxConsumers</c> others are stored. Nothing changed.</summary>
    LimitReached,

    /// <summary>No space for another consumer. Nothing changed.</summary>
    DiskFull,

    /// <summary>The disk refused the write, or a write failed before. The offset stored before still holds.</summary>
    Failed,

    /// <summary>The log was closed.</summary>
    Closed,
}
