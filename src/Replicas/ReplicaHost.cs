using System.Collections.Concurrent;
using Iggy.Links;
using Iggy.Replication;

namespace Iggy.Replicas;

/// <summary>All replicas of one node: hands frames on to them and looks after them by the clock.</summary>
public sealed class ReplicaHost : ILinkHandler, IDisposable
{
    private readonly ConcurrentDictionary<LinkChannel, PartitionReplica> _replicas = [];
    private readonly ITimer _timer;

    /// <param name="options">Settings.</param>
    /// <param name="clock">For ticks.</param>
    public ReplicaHost(ReplicaOptions options, TimeProvider clock)
        => _timer = clock.CreateTimer(static host => ((ReplicaHost)host!).Tick(), this, options.Tick, options.Tick);

    /// <summary>The replicas.</summary>
    public IEnumerable<PartitionReplica> Replicas => _replicas.Values;

    /// <summary>Frames of the replica's channel go to it from now on.</summary>
    /// <exception cref="InvalidOperationException">There is one of that partition.</exception>
    public void Add(PartitionReplica replica)
    {
        if (!_replicas.TryAdd(replica.Identity.Channel, replica))
            throw new InvalidOperationException($"There is a replica of {replica.Identity.Name}.");
    }

    /// <summary>Frames no longer go to a replica; it is the caller's to close.</summary>
    public void Remove(PartitionReplica replica) => _replicas.TryRemove(new(replica.Identity.Channel, replica));

    /// <inheritdoc/>
    public void Connected(ulong node)
    {
        foreach (var replica in _replicas.Values)
            replica.OnConnected(new NodeId(node));
    }

    /// <inheritdoc/>
    public void Disconnected(ulong node)
    {
        // A leader notices by what it does not hear; with the next connection it begins anew.
    }

    /// <inheritdoc/>
    public void Received(ulong node, LinkChannel channel, ReadOnlyMemory<byte> payload)
    {
        if (_replicas.TryGetValue(channel, out var replica)) // else it is not here, or not yet: who sent it asks again
            replica.Receive(new NodeId(node), payload);
    }

    /// <inheritdoc/>
    public void Writable(ulong node, LinkChannel channel)
    {
        if (_replicas.TryGetValue(channel, out var replica))
            replica.OnWritable(new NodeId(node));
    }

    /// <summary>Ends ticks; replicas are their owners' to close.</summary>
    public void Dispose() => _timer.Dispose();

    private void Tick()
    {
        foreach (var replica in _replicas.Values)
            replica.OnTick();
    }
}

/// <summary>The way over a node's links.</summary>
public sealed class HubLinks(LinkHub hub) : IReplicaLinks
{
    /// <inheritdoc/>
    public bool TrySend(NodeId to, LinkChannel channel, LinkBuffer frame) => hub.TrySend(to.Value, channel, frame);
}
