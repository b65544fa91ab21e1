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

    /// <summary>The batch of a producer that was appended before, too long ago to say where.</summary>
    RepeatTooOld,

    /// <summary>Messages of the producer are missing before these.</summary>
    ProducerOutOfOrder,

    /// <summary>A higher epoch of the producer has written.</summary>
    ProducerFenced,

    /// <summary>The producer is not known and does not begin with its first message.</summary>
    ProducerUnknown,
}

/// <summary>The answer to an append.</summary>
/// <param name="Status">What became of it.</param>
/// <param name="BaseOffset">Offset of the first message, 0 unless appended. Of a batch that a producer repeats, that of the first time: nothing was written then.</param>
public readonly record struct AppendResult(AppendStatus Status, ulong BaseOffset);
