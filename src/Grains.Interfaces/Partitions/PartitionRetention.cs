namespace Iggy.Grains.Interfaces.Partitions;

/// <summary>What retention knows of a partition.</summary>
/// <param name="Refusal"><see cref="Refusal.None"/>, or why nothing is known: the rest is 0 then.</param>
/// <param name="Deleted">Segments that this call removed.</param>
/// <param name="SizeBytes">As <see cref="PartitionStats.SizeBytes"/>, after the call.</param>
/// <param name="HasRemovable">Whether there is a sealed segment that every stored consumer offset has passed.</param>
/// <param name="FirstOffset">First offset of the oldest sealed segment.</param>
/// <param name="FirstTimestampMicros">Append time of its first message.</param>
[GenerateSerializer, Immutable, Alias("iggy.PartitionRetention")]
public readonly record struct PartitionRetention(
    [property: Id(0)] Refusal Refusal,
    [property: Id(1)] uint Deleted,
    [property: Id(2)] ulong SizeBytes,
    [property: Id(3)] bool HasRemovable,
    [property: Id(4)] ulong FirstOffset,
    [property: Id(5)] ulong FirstTimestampMicros);
