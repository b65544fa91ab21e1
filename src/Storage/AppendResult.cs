namespace Iggy.Storage;

/// <summary>What became of an append.</summary>
public enum AppendStatus : byte
{
    /// <summary>All messages are in the log and readable; <c>PartitionLog.CommitAsync</c> says when they are durable.</summary>
    Appended,

    /// <summary>No space on the disk. The log is as it was; the same append succeeds once there is space.</summary>
    DiskFull,

    /// <summary>A disk write or sync failed before: this log takes no more appends until it is opened again.</summary>
    Failed,

    /// <summary>The bytes are not a row of <c>count</c> whole messages. The log is as it was.</summary>
    InvalidBatch,

    /// <summary>The log was closed.</summary>
    Closed,
}

/// <summary>The answer to an append.</summary>
/// <param name="Status">What became of it.</param>
/// <param name="BaseOffset">Offset of the first message, 0 unless appended.</param>
public readonly record struct AppendResult(AppendStatus Status, ulong BaseOffset);
