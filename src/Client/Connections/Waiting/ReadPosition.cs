namespace Iggy.Client.Connections.Waiting;

/// <summary>Where a reader stands in a partition.</summary>
/// <param name="PartitionId">From 0.</param>
/// <param name="Offset">Of the next message it wants.</param>
internal readonly record struct ReadPosition(uint PartitionId, ulong Offset);
