namespace Iggy.Grains.Interfaces.Topics;

/// <summary>The figures of a topic, all partitions together.</summary>
/// <param name="PartitionsCount">Partitions, known or not.</param>
/// <param name="SizeBytes">Size of the messages as the classic protocol counts it: 64 bytes each, payload and headers.</param>
/// <param name="MessagesCount">Messages kept.</param>
/// <param name="SegmentsCount">With the active ones.</param>
/// <param name="LagMessages">Messages behind the smallest stored offset of each partition, summed.</param>
/// <param name="MaxLagMessages">The largest of them.</param>
/// <param name="RecordsCount">Records that the messages lie in.</param>
/// <param name="UnknownCount">Partitions that are not in the sums: they were not closed in order and nobody has opened them since.</param>
[GenerateSerializer, Immutable, Alias("iggy.TopicTotals")]
public readonly record struct TopicTotals(
    [property: Id(0)] uint PartitionsCount,
    [property: Id(1)] ulong SizeBytes,
    [property: Id(2)] ulong MessagesCount,
    [property: Id(3)] uint SegmentsCount,
    [property: Id(4)] ulong LagMessages,
    [property: Id(5)] ulong MaxLagMessages,
    [property: Id(6)] ulong RecordsCount,
    [property: Id(7)] uint UnknownCount);
