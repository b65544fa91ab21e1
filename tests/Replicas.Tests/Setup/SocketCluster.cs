using System.Net;
using Iggy.Links;
using Iggy.Replication;
using Iggy.Storage;
using Iggy.Storage.Context;
using Microsoft.Extensions.Logging.Abstractions;

namespace Iggy.Replicas.Tests.Setup;

/// <summary>Three nodes in this process with real links over loopback, and a register in memory that changes by compare-and-set.</summary>
internal sealed class SocketCluster : IAsyncDisposable
{
    public static readonly ReplicaOptions Replica = new() { Tick = TimeSpan.FromMilliseconds(20), Beat = TimeSpan.FromMilliseconds(50), Retry = TimeSpan.FromMilliseconds(200), QuorumTimeout = TimeSpan.FromSeconds(20) };
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);
    private readonly Guid _cluster = Guid.NewGuid();
    private readonly Dictionary<ulong, IPEndPoint> _addresses = [];
    private readonly LateLinks[] _links;
    private readonly LinkHub?[] _hubs = new LinkHub?[3];
    private readonly ReplicaHost?[] _hosts = new ReplicaHost?[3];
    private readonly ReplicaOptions _options;
    private readonly TimeProvider _clock; // of the replicas

    public SocketCluster(PartitionLogOptions log, ReplicaOptions? replica = null, TimeProvider? clock = null)
    {
        (_options, _clock) = (replica ?? Replica, clock ?? TimeProvider.System);
        _links = [new(), new(), new()];
        Nodes = [.. Enumerable.Range(0, 3).Select(i => new TestNode((ulong)i + 1, log, _options, _clock, _links[i]))];
        Register = PartitionRegister.Create([.. Nodes.Select(node => node.Id)]);
        for (var i = 0; i < 3; i++)
            Start(i, isFirst: true);
    }

    public TestNode[] Nodes { get; }

    public PartitionRegister Register { get; private set; }

    private sealed class LateLinks : IReplicaLinks
    {
        public LinkHub? Hub { get; set; }

        public bool TrySend(NodeId to, LinkChannel channel, LinkBuffer frame) => Hub is { } hub && hub.TrySend(to.Value, channel, frame);
    }

    public void Start(int i, bool isFirst = false)
    {
        var node = Nodes[i];
        var host = _hosts[i] = new ReplicaHost(_options, _clock);
        var options = new LinkOptions
        {
            ClusterId = _cluster, NodeId = node.Id.Value, Listen = new IPEndPoint(IPAddress.Loopback, 0), FirstRetry = TimeSpan.FromMilliseconds(10), LongestRetry = TimeSpan.FromMilliseconds(100),
            PeerTimeout = TimeSpan.FromSeconds(30), HandshakeTimeout = TimeSpan.FromSeconds(30),
        };
        var hub = _hubs[i] = new LinkHub(options, host, TimeProvider.System, NullLogger.Instance);
        _links[i].Hub = hub;
        host.Add(node.Open(isFirst));
        hub.Start();
        _addresses[node.Id.Value] = hub.Address;
        for (var other = 0; other < 3; other++)
            _hubs[other]?.SetPeers(_addresses.Where(one => one.Key != Nodes[other].Id.Value).ToDictionary(one => one.Key, one => (EndPoint)one.Value));
    }

    public async Task KillAsync(int i)
    {
        Nodes[i].Kill();
        await StopLinksAsync(i);
    }

    public async Task LosePowerAsync(int i, ulong fromOffset)
    {
        Nodes[i].LosePower(fromOffset);
        await StopLinksAsync(i);
    }

    /// <summary>Claims the partition for a node, and waits until it leads.</summary>
    public async Task<PartitionReplica> LeadAsync(int i, bool purges = false)
    {
        var claim = Claim(i, purges);
        using var limit = new CancellationTokenSource(s_patience);
        Assert.True(await Nodes[i].Replica!.TakeOverAsync(claim, limit.Token));
        return Nodes[i].Replica!;
    }

    public PartitionRegister Claim(int i, bool purges = false)
        => Register = purges ? Register.Purge(Nodes[i].Id, 1) : Register.Claim(Nodes[i].Id, 1);

    public bool TrySet(PartitionRegister wanted)
    {
        if (wanted.Version != Register.Version + 1)
            return false;
        Register = wanted;
        return true;
    }

    public static async Task<ulong> AppendAsync(PartitionReplica replica, params int[] values)
    {
        var answer = await replica.AppendAsync(MessageLayout.Classic, TestNode.Batch(values), (uint)values.Length).AsTask().WaitAsync(s_patience);
        Assert.Equal(ReplicaStatus.Committed, answer.Status);
        return answer.BaseOffset;
    }

    public static async Task UntilAsync(Func<bool> holds, string what)
    {
        using var limit = new CancellationTokenSource(s_patience);
        while (!holds())
        {
            Assert.False(limit.IsCancellationRequested, $"'{what}' did not come to hold.");
            await Task.Delay(2);
        }
    }

    /// <summary>All replicas have what the leader has, and their files are the same; then they are open again.</summary>
    public async Task RestAsync(PartitionReplica leader)
    {
        await UntilAsync(() => Nodes.All(node => node.Replica!.Report is var report && report.End == leader.Report.End && report.Start == leader.Report.Start && report.Committed == report.End), "all level");
        for (var i = 0; i < 3; i++)
        {
            Nodes[i].Replica!.Dispose();
            await StopLinksAsync(i);
        }
        SegmentFiles.AssertSame(Nodes[0].Folder, Nodes[1].Folder);
        SegmentFiles.AssertSame(Nodes[0].Folder, Nodes[2].Folder);
        for (var i = 0; i < 3; i++)
            Start(i);
    }

    public async ValueTask DisposeAsync()
    {
        for (var i = 0; i < 3; i++)
        {
            Nodes[i].Dispose();
            await StopLinksAsync(i);
        }
    }

    private async Task StopLinksAsync(int i)
    {
        _hosts[i]?.Dispose();
        if (_hubs[i] is { } hub)
            await hub.DisposeAsync();
        (_hosts[i], _hubs[i], _links[i].Hub) = (null, null, null);
    }
}
