namespace Iggy.Grains.Interfaces.Partitions;

/// <summary>Number spaces that do not touch.</summary>
public enum ConsumerKind : byte
{
    /// <summary>A consumer on its own.</summary>
    Consumer = 1,

    /// <summary>A consumer group.</summary>
    Group = 2,

    /// <summary>A group that is kept elsewhere: it has offsets and nothing else.</summary>
    External = 4,
}

/// <summary>Whose offset. A named consumer is the XXH32 number of its name.</summary>
[GenerateSerializer, Immutable, Alias("iggy.ConsumerKey")]
public readonly record struct ConsumerKey([property: Id(0)] ConsumerKind Kind, [property: Id(1)] uint Id);

/// <summary>What is stored for a consumer.</summary>
/// <param name="Refusal"><see cref="Refusal.None"/>, <see cref="Refusal.ConsumerOffsetNotFound"/>, or <see cref="Refusal.PartitionNotFound"/>.</param>
/// <param name="CurrentOffset">Offset of the partition's last message; 0 when it is empty.</param>
/// <param name="StoredOffset">0 when refused.</param>
[GenerateSerializer, Immutable, Alias("iggy.ConsumerOffset")]
public readonly record struct ConsumerOffset(
    [property: Id(0)] Refusal Refusal,
    [property: Id(1)] ulong CurrentOffset,
    [property: Id(2)] ulong StoredOffset);
