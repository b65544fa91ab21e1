namespace Iggy.Storage;

/// <summary>Where a read starts. "Next" is an offset the caller takes from the stored one.</summary>
public enum ReadFrom : byte
{
    /// <summary>At an offset; below the first one kept, at the first one kept.</summary>
    Offset,

    /// <summary>At the first message, in offset order, whose append time is at or after a time in microseconds.</summary>
    Timestamp,

    /// <summary>At the oldest message kept.</summary>
    First,

    /// <summary>So that the reply ends with the newest message.</summary>
    Last,
}

/// <summary>What became of a read.</summary>
public enum ReadStatus : byte
{
    /// <summary>Served, perhaps with no message.</summary>
    Ok,

    /// <summary>The first message wanted lies in a damaged range; <see cref="ReadResult.LastOffset"/> is its last offset.</summary>
    Damaged,

    /// <summary>The files could not be opened; nothing is known about the data.</summary>
    Failed,

    /// <summary>The log was closed.</summary>
    Closed,
}

/// <summary>One poll.</summary>
/// <param name="From">Where to start.</param>
/// <param name="Value">Offset, or time in microseconds since 1970; ignored by the other starts.</param>
/// <param name="Count">Most messages to return; 0 asks only for the current offset.</param>
/// <param name="Layout">Layout of the reply.</param>
/// <param name="HeadroomBytes">Bytes the caller wants free in front of the messages, for its own reply header.</param>
/// <param name="MaxBytes">Most bytes of messages; one message is returned however large. 0 takes the log's option.</param>
/// <param name="PartitionId">Stamped into compact batch headers.</param>
/// <param name="WholeBytes">Most bytes of messages that are read at once; a larger reply is only prepared, as a <see cref="ILargeRead"/>. 0 for no limit.</param>
public readonly record struct ReadRequest(ReadFrom From, ulong Value, uint Count, MessageLayout Layout = MessageLayout.Classic,
    int HeadroomBytes = 0, int MaxBytes = 0, uint PartitionId = 0, int WholeBytes = 0);

/// <summary>The answer to a poll.</summary>
/// <param name="Status">What became of it.</param>
/// <param name="Rented">
/// Headroom, then the messages; the caller owns it and returns it to <see cref="System.Buffers.ArrayPool{T}.Shared"/>.
/// Null when there is no message, so that an idle poll rents nothing.
/// </param>
/// <param name="Bytes">Bytes of messages after the headroom.</param>
/// <param name="Count">Messages.</param>
/// <param name="LastOffset">Offset of the last message; with <see cref="ReadStatus.Damaged"/> the last offset of the damaged range.</param>
/// <param name="CurrentOffset">Offset of the newest message of the log, 0 when nothing was ever written.</param>
/// <param name="Large">A reply that is above <see cref="ReadRequest.WholeBytes"/> and still to be made; the caller disposes it.</param>
public readonly record struct ReadResult(ReadStatus Status, byte[]? Rented, int Bytes, uint Count, ulong LastOffset, ulong CurrentOffset, ILargeRead? Large = null);
