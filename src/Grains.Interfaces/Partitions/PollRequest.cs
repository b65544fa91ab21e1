namespace Iggy.Grains.Interfaces.Partitions;

/// <summary>Where a poll starts.</summary>
public enum PollFrom : byte
{
    /// <summary>At an offset, or at the first message kept when that lies above it.</summary>
    Offset = 1,
    /// <summary>At the first message appended at or after a time.</summary>
    Timestamp = 2,
    /// <summary>At the first message kept.</summary>
    First = 3,
    /// <summary>So that the last messages are returned.</summary>
    Last = 4,
    /// <summary>After the consumer's stored offset, or at the first message kept.</summary>
    Next = 5,
}

/// <summary>A wish to read from one partition.</summary>
/// <param name="Consumer">Whose stored offset <see cref="PollFrom.Next"/> and auto-commit use.</param>
/// <param name="From">The strategy.</param>
/// <param name="Value">An offset, or microseconds since the Unix epoch; else ignored.</param>
/// <param name="Count">Most messages to return; 0 is allowed.</param>
/// <param name="AutoCommit">Store the last returned offset before answering.</param>
/// <param name="Layout">How the messages shall lie in the answer.</param>
/// <param name="PartitionId">What the compact layout writes into its batch headers.</param>
/// <param name="HeadroomBytes">Free bytes to leave in front of the messages, for the caller's own head.</param>
/// <param name="MaxBytes">Most bytes of messages to return, but always at least one message.</param>
/// <param name="WholeBytes">Most bytes of messages that come in one array; what is more comes as a <see cref="LargeReply"/>. 0 for no limit.</param>
[GenerateSerializer, Immutable, Alias("iggy.PollRequest")]
public readonly record struct PollRequest(
    [property: Id(0)] ConsumerKey Consumer,
    [property: Id(1)] PollFrom From,
    [property: Id(2)] ulong Value,
    [property: Id(3)] uint Count,
    [property: Id(4)] bool AutoCommit,
    [property: Id(5)] MessageLayout Layout,
    [property: Id(6)] uint PartitionId,
    [property: Id(7)] int HeadroomBytes,
    [property: Id(8)] int MaxBytes,
    [property: Id(9)] int WholeBytes = 0);

/// <summary>What a poll found.</summary>
/// <param name="Refusal"><see cref="Refusal.None"/>, <see cref="Refusal.Damaged"/> where the poll starts in a damaged record, or another reason.</param>
/// <param name="CurrentOffset">Offset of the partition's last message; 0 when it is empty.</param>
/// <param name="Count">Messages returned.</param>
/// <param name="Messages">Headroom and messages; null when <paramref name="Count"/> is 0, or they are <paramref name="Large"/>. The receiver disposes it.</param>
/// <param name="Large">The messages, without headroom, where they are more than <see cref="PollRequest.WholeBytes"/>. The receiver disposes it.</param>
[GenerateSerializer, Immutable, Alias("iggy.PollResult")]
public readonly record struct PollResult(
    [property: Id(0)] Refusal Refusal,
    [property: Id(1)] ulong CurrentOffset,
    [property: Id(2)] uint Count,
    [property: Id(3)] PooledBytes? Messages,
    [property: Id(4)] LargeReply? Large = null);
