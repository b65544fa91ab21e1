namespace Iggy.Grains.Interfaces.Partitions;

/// <summary>How messages lie in memory, on their way in and out.</summary>
public enum MessageLayout : byte
{
    /// <summary>64-byte headers, as the 0.8 dialect has them.</summary>
    Classic = 0,

    /// <summary>A batch header and 48-byte frames, as the newer dialect has them.</summary>
    Compact = 1,

    /// <summary>As <see cref="Compact"/>, and batches say which producer has numbered them. On the way out only: on the way in a batch says it by itself.</summary>
    Numbered = 2,
}

/// <summary>One batch for one partition.</summary>
/// <param name="Layout">How <paramref name="Messages"/> is to be read.</param>
/// <param name="Messages">Whole messages back to back, without an index; borrowed from the caller's buffer.</param>
/// <param name="Count">Number of messages, at least 1.</param>
[Immutable, Alias("iggy.MessageBatch")]
public readonly record struct MessageBatch(MessageLayout Layout, ReadOnlyMemory<byte> Messages, uint Count)
{
    /// <summary>What the messages lie in where they came from another silo: the partition gives it back. Null where they are borrowed.</summary>
    public PooledBytes? Lease { get; init; }
}

/// <summary>What became of a batch.</summary>
/// <param name="Refusal"><see cref="Refusal.None"/>, or why nothing was written.</param>
/// <param name="BaseOffset">Offset of the first message; 0 when refused.</param>
/// <param name="IsPersisted">Whether the messages are on disk: they are where the partition answers after the sync.</param>
[GenerateSerializer, Immutable, Alias("iggy.AppendResult")]
public readonly record struct AppendResult(
    [property: Id(0)] Refusal Refusal,
    [property: Id(1)] ulong BaseOffset,
    [property: Id(2)] bool IsPersisted = false);
