namespace Iggy.Grains.Interfaces.Partitions;

/// <summary>How a wait for a message ended.</summary>
/// <param name="Refusal"><see cref="Refusal.None"/>, <see cref="Refusal.PartitionNotFound"/>, or <see cref="Refusal.StorageFailed"/> while the partition
/// is out of order.</param>
/// <param name="NextOffset">Offset that the next message gets; 0 when refused.</param>
[GenerateSerializer, Immutable, Alias("iggy.MessageWait")]
public readonly record struct MessageWait([property: Id(0)] Refusal Refusal, [property: Id(1)] ulong NextOffset);
