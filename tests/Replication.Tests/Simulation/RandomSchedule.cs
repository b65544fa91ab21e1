using System.Collections.Immutable;

namespace Iggy.Replication.Tests.Simulation;

/// <summary>A long row of random events, each seed with rates of its own: what is likely in one is rare in another.</summary>
internal sealed class RandomSchedule
{
    private const int Steps = 1500;
    private readonly Random _random;
    private readonly double _chaos;
    private readonly int _busy;
    private readonly double[] _weights;
    private readonly double _syncs;
    private readonly bool _purges;
    private readonly double _shrinks;
    private uint _lastValue;

    public RandomSchedule(int seed, Rules rules)
    {
        _random = new Random(seed); // a failure prints the seed
        var syncsFirst = seed % 3 == 2;
        Cluster = new(_random, rules, syncsFirst, encodes: seed % 4 == 0, voters: seed % 2 == 0 ? 3 : 5) { Doubling = 0.03 };
        _busy = Pick(4, 8, 12, 16);
        _chaos = Pick(.02, .05, .1);
        _syncs = syncsFirst ? Pick(.1, .3, .6) : .03;
        _purges = seed % 5 == 4;
        _shrinks = Pick(.3, .7);
        _weights = [.. new[] { 2.5, 1, 4, .5, .7, 1.5, 6, .15 }.Select(weight => weight * (.2 + _random.NextDouble()))];
    }

    public SimCluster Cluster { get; }

    /// <summary>Runs it.</summary>
    /// <returns>What was violated, or null.</returns>
    public string? Run()
    {
        try
        {
            for (var i = 0; i < Steps; i++)
                Step();
            return null;
        }
        catch (Exception e) when (e is ViolationException or ReplicationException)
        {
            return e.Message;
        }
    }

    private void Step()
    {
        DeliverSome();
        var leaders = Cluster.Nodes.Where(node => node is { IsUp: true, IsPaused: false, Leader: not null }).ToArray();
        if (leaders.Length > 0 && _random.NextDouble() < .3)
        {
            var leader = Pick(leaders);
            leader.Append((leader.Leader!.Register.PurgeEpoch << 32) | ++_lastValue);
        }
        if (leaders.Length > 0 && _random.NextDouble() < .05)
            Pick(leaders).StoreOffset(++_lastValue);

        foreach (var node in Cluster.Nodes.Where(node => node is { IsUp: true, IsPaused: false }))
        {
            if (_random.NextDouble() < _syncs)
                node.SyncDisk();
            if (node.Leader is { } leader)
                Lead(node, leader);
            else if (_random.NextDouble() < .1)
                RepeatTakeover(node);
        }
        if (_random.NextDouble() < _chaos)
            Disturb();
        if (_random.NextDouble() < .1)
            Cluster.JudgeReader(Pick([.. Cluster.Nodes]));
    }

    private void DeliverSome()
    {
        for (var i = _random.Next(_busy + 1); i > 0 && Cluster.Network.Count > 0; i--)
        {
            var index = _random.Next(_random.NextDouble() < .9 ? Math.Min(Cluster.Network.Count, 6) : Cluster.Network.Count);
            var message = Cluster.Network[index];
            Cluster.Network.RemoveAt(index);
            if (!Cluster.Deliver(message) && _random.NextDouble() < .7)
                Cluster.Network.Add(message);
        }
    }

    private void Lead(SimNode node, Roles.LeaderState leader)
    {
        if (_random.NextDouble() < .5)
        {
            foreach (var follower in leader.Followers.ToArray())
                node.Push(follower, _random.Next(1, 7), anew: _random.NextDouble() < .05);
        }
        if (_random.NextDouble() < .01 && leader.Commit > node.Disk.Start)
            leader.TrimTo(node.Disk.Start + (ulong)_random.NextInt64((long)(leader.Commit - node.Disk.Start) + 1));
        if (leader.IsChanging && _random.NextDouble() < .1 && leader.OnRegister(Cluster.Register) is { } again)
            Cluster.Ask(node, again);
        Cluster.Judge(node);
    }

    private void RepeatTakeover(SimNode node)
    {
        node.Takeover?.Repeat();
        Cluster.Judge(node);
    }

    private void Disturb()
    {
        var node = Pick([.. Cluster.Nodes]);
        switch (Weighted())
        {
            case 0: // somebody claims
                var voter = Cluster.Node(Pick([.. Cluster.Register.Voters]));
                if (voter is { IsUp: true, IsPaused: false, Leader: null })
                    Cluster.Claim(voter);
                break;
            case 1: // kill -9: the page cache stays
                if (node.IsUp)
                    node.Kill();
                break;
            case 2:
                foreach (var down in Cluster.Nodes.Where(one => !one.IsUp && _random.NextDouble() < .6))
                    down.Start();
                break;
            case 3: // a power cut; without syncs one machine at a time
                if (node.IsUp && (Cluster.SyncsFirst || !Cluster.Nodes.Any(one => one.Disk.IsSuspect)))
                {
                    node.LosePower();
                    if (_random.NextDouble() < .5)
                        node.Start();
                }
                break;
            case 4:
                var pauses = !node.IsPaused && _random.NextDouble() < .5;
                foreach (var one in Cluster.Nodes)
                    one.IsPaused = pauses && one == node;
                break;
            case 5:
                Cluster.Loss = Pick(0, 0, .05, .3);
                Cluster.CutOff = Pick(ImmutableArray<NodeId>.Empty, [node.Id], [node.Id, Pick([.. Cluster.Nodes]).Id]);
                break;
            case 6:
                Reconfigure();
                break;
            default: // everything is dropped, on purpose
                if (_purges && Cluster.Nodes.FirstOrDefault(one => one is { IsUp: true, IsPaused: false, Leader: not null }) is { } leader)
                    Cluster.Claim(leader, purges: true);
                break;
        }
    }

    private void Reconfigure()
    {
        if (Cluster.Nodes.FirstOrDefault(one => one is { IsUp: true, IsPaused: false, Leader: not null }) is not { } node)
            return;
        var (leader, voters) = (node.Leader!, node.Leader!.Register.Voters);
        PartitionRegister? wanted;
        if (voters.Length > 3 && (_random.NextDouble() < _shrinks || voters.Length == 5))
            wanted = leader.TryPropose(voters.Remove(Pick([.. voters.Where(voter => voter != node.Id)])));
        else if (leader.Register.Learners is [var learner])
            wanted = leader.TryPropose(voters.Add(learner));
        else
            wanted = leader.TryProposeLearners([Pick([.. Cluster.Nodes.Select(one => one.Id).Except(voters)])]);
        if (wanted is not null)
            Cluster.Ask(node, wanted);
    }

    private int Weighted()
    {
        var at = _random.NextDouble() * _weights.Sum();
        var index = 0;
        for (; index < _weights.Length - 1 && at >= _weights[index]; index++)
            at -= _weights[index];
        return index;
    }

    private T Pick<T>(params T[] choices) => choices[_random.Next(choices.Length)];
}
