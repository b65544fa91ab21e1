namespace Iggy.Grains.Interfaces;

/// <summary>A partition's figures at one moment.</summary>
/// <param name="Refusal"><see cref="Refusal.None"/>, or why there are none: the figures are 0 then.</param>
/// <param name="CurrentOffset">Offset of the last message; 0 when there is none.</param>
/// <param name="MessagesCount">Messages kept.</param>
/// <param name="SizeBytes">Their size as the classic protocol counts it: 64 bytes a message, payload and headers.</param>
/// <param name="SegmentsCount">With the active one.</param>
/// <param name="LagMessages">Messages behind the smallest stored offset of a consumer or group; 0 when none is stored.</param>
/// <param name="RecordsCount">Records that the messages lie in: what a client of the newer dialect gets as batches.</param>
[GenerateSerializer, Immutable, Alias("iggy.PartitionStats")]
public readonly record struct PartitionStats(
    [property: Id(0)] Refusal Refusal,
    [property: Id(1)] ulong CurrentOffset,
    [property: Id(2)] ulong MessagesCount,
    [property: Id(3)] ulong SizeBytes,
    [property: Id(4)] uint SegmentsCount,
    [property: Id(5)] ulong LagMessages = 0,
    [property: Id(6)] ulong RecordsCount = 0);
