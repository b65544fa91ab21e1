using System.Collections.Immutable;
using System.Diagnostics;
using System.Net;
using Iggy.Links;
using Iggy.Replicas;
using Iggy.Replication;
using Iggy.Storage;
using Iggy.Storage.Context;
using Iggy.Storage.Log;
using Iggy.Storage.Replicas;
using Microsoft.Extensions.Logging.Abstractions;

namespace Iggy.Bench.Replicas;

/// <summary>What one measurement found.</summary>
/// <param name="PerSecond">Batches that a majority had.</param>
/// <param name="ShareInLinks">Of the time from a call to its answer: what was neither the leader's work nor a follower's.</param>
internal readonly record struct Measured(double PerSecond, double ShareInLinks);

/// <summary>A partition with its replicas, in folders of their own that are deleted at the end.</summary>
internal sealed class Partition : IAsyncDisposable
{
    private static readonly LinkChannel s_channel = new(Guid.Parse("dddddddd-0000-0000-0000-000000000001"), 0);
    private readonly string _folder = Path.Combine(Path.GetTempPath(), "iggy-replica-bench", Guid.NewGuid().ToString("N"));
    private readonly List<PartitionReplica> _replicas = [];
    private readonly List<LinkHub> _hubs = [];
    private readonly List<TimedHandler> _handlers = [];

    private sealed class LateLinks : IReplicaLinks
    {
        public LinkHub? Hub { get; set; }

        public bool TrySend(NodeId to, LinkChannel channel, LinkBuffer frame) => Hub is { } hub && hub.TrySend(to.Value, channel, frame);
    }

    public static async Task<Partition> StartAsync(int replicas)
    {
        var partition = new Partition();
        var (cluster, options) = (Guid.NewGuid(), new ReplicaOptions());
        var nodes = Enumerable.Range(1, replicas).Select(number => new NodeId((ulong)number)).ToImmutableArray();
        foreach (var node in nodes)
        {
            var folder = Path.Combine(partition._folder, node.ToString());
            PartitionLog.Create(folder);
            var log = PartitionLog.Open(folder, new PartitionLogOptions { IsReplica = true }, TimeProvider.System, NullLogger.Instance);
            var (links, host) = (new LateLinks(), new ReplicaHost(options, TimeProvider.System));
            var replica = new PartitionReplica(log, ReplicaFiles.OpenOrCreate(folder, isFirst: true, MachineBoot.Current), new ReplicaIdentity("bench", s_channel, node, MachineBoot.Current),
                links, options, TimeProvider.System, NullLogger.Instance);
            host.Add(replica);
            var handler = new TimedHandler(host);
            var hub = new LinkHub(new LinkOptions { ClusterId = cluster, NodeId = node.Value, Listen = new IPEndPoint(IPAddress.Loopback, 0) }, handler, TimeProvider.System, NullLogger.Instance);
            links.Hub = hub;
            hub.Start();
            partition._replicas.Add(replica);
            partition._handlers.Add(handler);
            partition._hubs.Add(hub);
        }
        for (var i = 0; i < replicas; i++)
            partition._hubs[i].SetPeers(Enumerable.Range(0, replicas).Where(other => other != i).ToDictionary(other => nodes[other].Value, other => (EndPoint)partition._hubs[other].Address));
        await partition._replicas[0].TakeOverAsync(PartitionRegister.Create(nodes).Claim(nodes[0], 1));
        return partition;
    }

    /// <summary>Sends batches for a while, so many at a time.</summary>
    public async Task<Measured> SendAsync(Batch batch, int atATime, TimeSpan duration)
    {
        await RunAsync(batch, atATime, duration / 4); // the files grow and the code is compiled
        foreach (var handler in _handlers)
            handler.Reset();
        var (sent, seconds, inCalls) = await RunAsync(batch, atATime, duration);
        var followers = _handlers.Count > 1 ? _handlers.Skip(1).Average(handler => handler.Seconds) : 0;
        return new Measured(sent / seconds, Math.Max(0, 1 - ((inCalls + followers + _handlers[0].Seconds) / seconds)));
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var replica in _replicas)
            replica.Dispose();
        foreach (var hub in _hubs)
            await hub.DisposeAsync();
        foreach (var handler in _handlers)
            handler.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private async Task<(long Sent, double Seconds, double InCalls)> RunAsync(Batch batch, int atATime, TimeSpan duration)
    {
        var (started, inCalls) = (Stopwatch.GetTimestamp(), 0L);
        var counts = await Task.WhenAll(Enumerable.Range(0, atATime).Select(_ => Task.Run(async () =>
        {
            var sent = 0L;
            for (; Stopwatch.GetElapsedTime(started) < duration; sent++)
            {
                var before = Stopwatch.GetTimestamp();
                var answer = _replicas[0].AppendAsync(MessageLayout.Classic, batch.Bytes, batch.Count);
                Interlocked.Add(ref inCalls, Stopwatch.GetTimestamp() - before);
                if ((await answer).Status is not ReplicaStatus.Committed and var status)
                    throw new InvalidOperationException($"An append was not committed: {status}.");
            }
            return sent;
        })));
        return (counts.Sum(), Stopwatch.GetElapsedTime(started).TotalSeconds, (double)inCalls / Stopwatch.Frequency);
    }

    /// <summary>Measures how long frames are worked on.</summary>
    private sealed class TimedHandler(ReplicaHost host) : ILinkHandler, IDisposable
    {
        private long _ticks;

        public double Seconds => (double)Volatile.Read(ref _ticks) / Stopwatch.Frequency;

        public void Reset() => Volatile.Write(ref _ticks, 0);

        public void Connected(ulong node) => host.Connected(node);

        public void Disconnected(ulong node) => host.Disconnected(node);

        public void Received(ulong node, LinkChannel channel, ReadOnlyMemory<byte> payload)
        {
            var before = Stopwatch.GetTimestamp();
            host.Received(node, channel, payload);
            Interlocked.Add(ref _ticks, Stopwatch.GetTimestamp() - before);
        }

        public void Writable(ulong node, LinkChannel channel) => host.Writable(node, channel);

        public void Dispose() => host.Dispose();
    }
}
