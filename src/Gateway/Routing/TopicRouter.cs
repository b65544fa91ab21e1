using System.Collections.Concurrent;
using Iggy.Grains.Interfaces.Hosting;

namespace Iggy.Gateway.Routing;

/// <summary>Leads requests to partitions: from the cache in a few nanoseconds, else through the catalog.</summary>
internal sealed class TopicRouter(RouteCache cache, Catalog catalog, IPartitionPlaces? places = null)
{
    // Kept by incarnation and apart from the routes, so that a change elsewhere in the catalog does not restart a topic's turn.
    // Emptied when full: then every topic begins with its first partition again, which costs nothing.
    internal const int MaxTurns = 100_000; // as many as there are cached routes
    private readonly ConcurrentDictionary<Guid, RoundRobin> _turns = new();

    /// <summary>The cached route.</summary>
    /// <param name="key">Stream identifier and topic identifier as they stand in the request.</param>
    public TopicRoute? Find(ReadOnlySpan<byte> key) => cache.Current.TryFind(key, out var route) ? route : null;

    /// <summary>The route, looked up and remembered.</summary>
    /// <exception cref="Errors.CommandRefusedException">Stream or topic is missing.</exception>
    public async ValueTask<TopicRoute> ResolveAsync(TopicAddress address)
    {
        var snapshot = cache.Current; // before the lookup: what changes meanwhile must not be remembered
        var (stream, topic) = address.Decode();
        var (streamEntry, topicEntry) = await catalog.GetTopicAsync(stream, topic);
        var entries = await catalog.Topic(topicEntry).ListPartitionsAsync();
        var partitions = new RoutedPartition[entries.Length];
        var incarnations = new ulong[entries.Length];
        for (var i = 0; i < partitions.Length; i++)
            (partitions[i], incarnations[i]) = (new(catalog.Partition(entries[i]), places?.IsElsewhere(entries[i].Key) is true), PartitionIncarnation.Of(entries[i]));

        var route = new TopicRoute(streamEntry.Id, topicEntry.Id, partitions, TurnOf(topicEntry.Incarnation))
        {
            Topic = topicEntry.Incarnation,
            Incarnations = incarnations,
        };
        snapshot.Add(address.Key.Span, route);
        return route;
    }

    /// <summary>Forgets every route: one of them led to a partition that is no more.</summary>
    public void Forget() => cache.Clear();

    /// <summary>Topics whose turn is remembered.</summary>
    internal int TurnsCount => _turns.Count;

    /// <summary>Whose turn it is in a topic.</summary>
    internal RoundRobin TurnOf(Guid topic)
    {
        if (_turns.TryGetValue(topic, out var turn))
            return turn;
        if (_turns.Count >= MaxTurns)
            _turns.Clear();
        return _turns.GetOrAdd(topic, static _ => new RoundRobin());
    }
}
