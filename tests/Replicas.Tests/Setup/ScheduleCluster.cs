using Iggy.Links;
using Iggy.Replication;
using Iggy.Storage;
using Iggy.Storage.Context;
using Microsoft.Extensions.Time.Testing;

namespace Iggy.Replicas.Tests.Setup;

/// <summary>Three replicas with real files on links that lose, double, swap and delay, moved step by step by one thread, and the judge of what readers see.</summary>
internal sealed class ScheduleCluster : IDisposable
{
    private const int MostFrames = 200;
    private static readonly ReplicaOptions s_options = new() { PieceBytes = 600, MaxKeptChanges = 5, QuorumTimeout = TimeSpan.FromSeconds(20) };
    private readonly Random _random, _wire; // of the steps; of the links, under their lock
    private readonly DurabilityMode _durability;
    private readonly FakeTimeProvider _clock = new();
    private readonly List<(int From, int To, byte[] Bytes)> _network = [];
    private readonly Dictionary<ulong, int> _seen = [];      // by readers, at any time
    private readonly (int Life, ulong End)[] _shown = new (int, ulong)[3];
    private readonly (int Life, ulong Epoch, ulong End)[] _synced = new (int, ulong, ulong)[3];
    private PartitionRegister _register;
    private int _value;
    private int? _cutOff;

    public ScheduleCluster(Random random, DurabilityMode durability)
    {
        (_random, _wire, _durability) = (random, new Random(random.Next()), durability);
        Nodes = [.. Enumerable.Range(0, 3).Select(i => new TestNode((ulong)i + 1, new PartitionLogOptions { SegmentBytes = 1500, IsReplica = true, Durability = durability }, s_options, _clock, new Wire(this, i)))];
        _register = PartitionRegister.Create([.. Nodes.Select(node => node.Id)]);
        foreach (var node in Nodes)
            node.Open(isFirst: true);
    }

    public TestNode[] Nodes { get; }

    public List<(int Value, Task<ReplicaAppend> Answer)> Appends { get; } = [];

    /// <summary>Whether nothing goes wrong any more.</summary>
    public bool IsHealed { get; private set; }

    public int TakeOvers { get; private set; }

    public int Kills { get; private set; }

    public int PowerCuts { get; private set; }

    private sealed class Wire(ScheduleCluster cluster, int from) : IReplicaLinks
    {
        public bool TrySend(NodeId to, LinkChannel channel, LinkBuffer frame) => cluster.Send(from, (int)to.Value - 1, frame);
    }

    public async Task StepAsync()
    {
        var i = _random.Next(3);
        var node = Nodes[i];
        switch (_random.Next(1000))
        {
            case < 740: Deliver(); break;
            case < 840: Append(); break;
            case < 890: Tick(); break;
            case < 910: StoreOffset(); break;
            case < 918: Connect(i, (i + 1) % 3); break;
            case < 922: _cutOff = _random.Next(3) == 0 ? i : null; break;
            case < 930: Trim(); break;
            case < 932: TakeOver(i); break;
            case < 935: Kill(i); break;
            case < 937: LosePower(i); break;
            case < 938 when node.Replica is not null: Break(node); break;
            case < 940 when node.Replica?.Report.Role is ReplicaRole.Leader: TakeOver((i + 1) % 3); break;
            default: Start(i, claims: true); break;
        }
        if (_durability is DurabilityMode.Always && _random.Next(3) == 0 && node.Replica is { } syncs)
            await syncs.Syncing;
        Judge();
    }

    /// <summary>Lets everybody come level, and a leader be there.</summary>
    public async Task HealAsync()
    {
        (IsHealed, _cutOff) = (true, null);
        for (var i = 0; i < 3; i++)
            Start(i);
        var leader = -1;
        for (var round = 0; round < 3000; round++)
        {
            if (round % 400 == 0)
                TakeOver(leader = (leader + 1) % 3);
            if (round % 100 == 50)
            {
                for (var i = 0; i < 3; i++)
                {
                    Start(i); // one whose disk failed
                    Connect(i, (i + 1) % 3);
                }
            }
            while (_network.Count > 0)
                Deliver();
            Tick();
            Judge();
            await Task.Yield(); // syncs end on other threads
            var reports = Nodes.Select(node => node.Replica!.Report).ToArray();
            if (reports[leader].Role is not ReplicaRole.Leader || _network.Count > 0 || reports.Any(one => one.End != reports[leader].End || one.Committed != one.End || one.IsSuspect))
                continue;
            var start = reports.Max(one => one.Start);
            if (reports.All(one => one.Start == start))
                return;
            // An earlier leader had trimmed more: that comes to rest with the next trim.
            Nodes[leader].Replica!.Trim(log => log.TakeBelow(start))!.Run();
            Connect(leader, (leader + 1) % 3);
            Connect(leader, (leader + 2) % 3);
        }
        Assert.Fail($"They did not come level: {string.Join("; ", Nodes.Select(node => node.Replica!.Report with { Followers = [] }))}; {_network.Count} frames");
    }

    /// <summary>Compares what the replicas have.</summary>
    public void JudgeAtRest()
    {
        var tables = Nodes.Select(node => node.Replica!.Look(log => (log.OffsetsMark, Table: log.ExportOffsets()))).ToArray();
        Assert.All(tables, one => Assert.Equal(tables[0].Table, one.Table));
        foreach (var node in Nodes)
            node.Replica!.Dispose();
        SegmentFiles.AssertSame(Nodes[0].Folder, Nodes[1].Folder);
        SegmentFiles.AssertSame(Nodes[0].Folder, Nodes[2].Folder);
    }

    public int? SeenAt(ulong offset) => _seen.TryGetValue(offset, out var value) ? value : null;

    public void Dispose()
    {
        foreach (var node in Nodes)
            node.Dispose();
    }

    private bool Send(int from, int to, LinkBuffer frame)
    {
        lock (_network) // a sync may end on another thread
        {
            if (!IsHealed && _wire.Next(100) < 2)
                return false; // no room
            var bytes = frame.Written.ToArray();
            frame.Dispose();
            if (!IsHealed && _wire.Next(100) < 2)
                return true;
            _network.Add((from, to, bytes));
            if (!IsHealed && _wire.Next(100) < 3)
                _network.Add((from, to, bytes));
            while (_network.Count > MostFrames && !IsHealed)
                _network.RemoveAt(_wire.Next(_network.Count));
            return true;
        }
    }

    private void Deliver()
    {
        (int From, int To, byte[] Bytes) frame;
        lock (_network)
        {
            if (_network.Count == 0)
                return;
            var at = IsHealed || _random.Next(25) > 0 ? 0 : _random.Next(_network.Count);
            frame = _network[at];
            _network.RemoveAt(at);
        }
        if ((frame.From == _cutOff) != (frame.To == _cutOff))
            return;
        Nodes[frame.To].Replica?.Receive(Nodes[frame.From].Id, frame.Bytes);
    }

    private void Append()
    {
        if (Leaders() is not { } leader)
            return;
        var values = Enumerable.Range(0, _random.Next(1, 4)).Select(_ => _value++).ToArray();
        Appends.Add((values[0], leader.AppendAsync(MessageLayout.Classic, TestNode.Batch(values), (uint)values.Length).AsTask()));
    }

    private void StoreOffset()
    {
        if (Leaders() is { Committed: > 0 } leader)
            _ = leader.StoreOffsetAsync(new(ConsumerKind.Group, (uint)_random.Next(1, 4)), _random.Next(5) == 0 ? null : leader.Committed - 1, waits: false).AsTask();
    }

    private void Trim()
    {
        try
        {
            Leaders()?.Trim(log => log.TakeOldest(1))?.Run();
        }
        catch (IOException)
        {
            // The disk failed; the log says so to whoever uses it next.
        }
    }

    private void Tick()
    {
        _clock.Advance(TimeSpan.FromMilliseconds(_random.Next(400)));
        foreach (var node in Nodes)
            node.Replica?.OnTick();
    }

    private void Connect(int one, int other)
    {
        Nodes[one].Replica?.OnConnected(Nodes[other].Id);
        Nodes[other].Replica?.OnConnected(Nodes[one].Id);
    }

    private void TakeOver(int i)
    {
        if (Nodes[i].Replica is not { } replica)
            return;
        _register = _register.Claim(Nodes[i].Id, (ulong)Nodes[i].Life);
        _ = replica.TakeOverAsync(_register);
        TakeOvers++;
    }

    private void Kill(int i)
    {
        Nodes[i].Disk.BeforeFlush = null;
        Nodes[i].Kill();
        Kills++;
    }

    private void Start(int i, bool claims = false)
    {
        if (Nodes[i].Replica is { } replica && replica.Report.Role is not (ReplicaRole.Failed or ReplicaRole.Closed))
        {
            if (claims && Leaders() is null && _random.Next(4) == 0)
                TakeOver(i);
            return;
        }
        Kill(i);
        Nodes[i].Open();
    }

    // One at a time: with two machines that lost what they had nobody promises anything.
    private void LosePower(int i)
    {
        if (Nodes.Any(node => node != Nodes[i] && (node.Replica is null || node.Replica.Report is { IsSuspect: true } or { Role: ReplicaRole.Failed })))
            return;
        Nodes[i].Disk.BeforeFlush = null;
        Nodes[i].LosePower(_durability is DurabilityMode.Always ? ulong.MaxValue : _synced[i].End + (ulong)_random.Next(10)); // else the disk would have lied
        PowerCuts++;
    }

    private static void Break(TestNode node) => node.Disk.BeforeFlush = () =>
    {
        node.Disk.BeforeFlush = null;
        throw new IOException("broken");
    };

    private PartitionReplica? Leaders()
    {
        var leaders = Nodes.Where(node => node.Replica?.Report.Role is ReplicaRole.Leader).ToArray();
        return leaders.Length == 0 ? null : leaders[_random.Next(leaders.Length)].Replica;
    }

    // Two readers never differ at an offset, and what one saw stays.
    private void Judge()
    {
        for (var i = 0; i < 3; i++)
        {
            if (Nodes[i].Replica is not { } replica || replica.Report is not { Role: not ReplicaRole.Failed } report)
                continue;
            if (report.Role is ReplicaRole.Leader && (_synced[i].Life, _synced[i].Epoch) != (Nodes[i].Life, report.Epoch))
                _synced[i] = (Nodes[i].Life, report.Epoch, report.End);
            _synced[i].End = Math.Min(_synced[i].End, report.End);
            var end = replica.Committed;
            var (life, shown) = _shown[i];
            if (life != Nodes[i].Life)
                shown = 0;
            Assert.True(end >= shown, $"node {i + 1} showed {shown} and shows {end}");
            if (end > shown)
            {
                foreach (var (offset, value) in TestNode.Read(replica, shown))
                {
                    Assert.True(_seen.TryAdd(offset, value) || _seen[offset] == value, $"node {i + 1} shows {value} at {offset}, another {_seen[offset]}");
                }
            }
            _shown[i] = (Nodes[i].Life, end);
        }
    }
}
