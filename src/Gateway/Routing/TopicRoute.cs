
namespace Iggy.Gateway.Routing;

/// <summary>Everything the hot path needs to know of a topic, looked up once.</summary>
/// <param name="StreamId">What clients see.</param>
/// <param name="TopicId">What clients see.</param>
/// <param name="Partitions">By id.</param>
/// <param name="Turn">Whose turn it is among the partitions; outlives the route.</param>
internal sealed record TopicRoute(uint StreamId, uint TopicId, RoutedPartition[] Partitions, RoundRobin Turn)
{
    /// <summary>The topic's incarnation.</summary>
    public Guid Topic { get; init; }

    /// <summary>What clients of the 0.12 line are told of each partition, by id.</summary>
    public ulong[] Incarnations { get; init; } = [];
}

/// <summary>Deals batches to partitions in turn, for all producers of this gateway.</summary>
internal sealed class RoundRobin
{
    private uint _next;

    /// <summary>The partition of the next batch.</summary>
    /// <param name="count">How many partitions there are, at least 1.</param>
    public uint Next(uint count)
    {
        while (true)
        {
            var seen = Volatile.Read(ref _next);
            var turn = seen % count; // the number of partitions may have shrunk since
            if (Interlocked.CompareExchange(ref _next, turn + 1, seen) == seen)
                return turn;
        }
    }
}
