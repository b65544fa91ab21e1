using Iggy.Protocol;
using Orleans.Streams;

namespace Iggy.Orleans.Streaming;

/// <summary>One queue for each partition; a stream's is the one that its key selects as a message key.</summary>
internal sealed class PartitionQueueMapper : IConsistentRingStreamQueueMapper
{
    private readonly QueueId[] _queues;

    /// <param name="provider">The provider's name.</param>
    /// <param name="partitions">Of the topic, 1 or more.</param>
    public PartitionQueueMapper(string provider, uint partitions)
    {
        _queues = new QueueId[partitions];
        for (var i = 0u; i < partitions; i++)
            _queues[i] = QueueId.GetQueueId(provider, i, (uint)(((ulong)i << 32) / partitions)); // spread evenly over the silos' ring
    }

    public IEnumerable<QueueId> GetAllQueues() => _queues;

    public QueueId GetQueueForStream(StreamId streamId) => _queues[Hashes.PartitionForKey(streamId.Key.Span, (uint)_queues.Length)];

    public IEnumerable<QueueId> GetQueuesForRange(IRingRange range) => _queues.Where(queue => range.InRange(queue.GetUniformHashCode()));
}
