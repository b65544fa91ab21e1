using System.Collections.Immutable;
using Iggy.Replication.Tests.Simulation;

namespace Iggy.Replication.Tests;

/// <summary>Schedules that random search finds rarely or never, with the rule that they need and without it.</summary>
public sealed class DirectedTests
{
    private readonly Random _random = new(1); // nothing is lost, doubled or swapped here; it only sizes pieces

    // Goal: the best log is that of the newest leader. Method: 1 writes X alone, 3 writes Y alone, 1 comes back and commits X under a third epoch
    // without writing anything; then 3, whose Y has a newer epoch than X, takes over.
    [Fact]
    public void Takeover_AfterALeaderThatWroteNothing_KeepsWhatItCommitted()
    {
        Assert.Null(Run(new()));
        Assert.NotNull(Run(new() { RankByLogEpoch = false }));

        string? Run(Rules rules) => Try(() =>
        {
            var cluster = NewCluster(rules);
            TakeOver(cluster, 1, [1, 2]);
            cluster.Nodes[0].Append(101);
            TakeOver(cluster, 3, [2, 3]);
            cluster.Nodes[2].Append(102);
            TakeOver(cluster, 1, [1, 2]);
            Replicate(cluster, 1, [1, 2]);
            Assert.Equal(1ul, cluster.Nodes[0].Leader!.Commit);
            cluster.Nodes[0].Kill();
            TakeOver(cluster, 3, [2, 3]);
        });
    }

    // Goal: who has lost its page cache does not decide what is there. Method: 1 and 2 have X, 2 loses its power, and takes over with 3.
    [Fact]
    public void Takeover_WithASuspectAndAnEmptyLog_Waits()
    {
        Assert.Null(Run(new()));
        Assert.NotNull(Run(new() { DistrustSuspects = false }));

        string? Run(Rules rules) => Try(() =>
        {
            var cluster = NewCluster(rules);
            TakeOver(cluster, 1, [1, 2]);
            cluster.Nodes[0].Append(101);
            Replicate(cluster, 1, [1, 2]);
            Assert.Equal(1ul, cluster.Nodes[0].Leader!.Commit);
            cluster.Nodes[1].LosePower();
            cluster.Nodes[1].Start();
            TakeOver(cluster, 3, [2, 3]);
            Assert.Null(cluster.Nodes[2].Leader);
            TakeOver(cluster, 3, [1, 2, 3]);
            Assert.NotNull(cluster.Nodes[2].Leader);
        });
    }

    // Goal: what a suspect said before its loss does not count once it is trusted again. Method: 2 has X and Y and says so late, loses them, and is told
    // to talk again in the same session; it is trusted with what 1 had then, not with what 1 began with.
    [Fact]
    public void Attach_AfterALoss_TrustsWithEverythingTheLeaderHadThen()
    {
        Assert.Null(Run(new()));
        Assert.NotNull(Run(new() { AwaitTrust = false }));

        string? Run(Rules rules) => Try(() =>
        {
            var cluster = NewCluster(rules);
            TakeOver(cluster, 1, [1, 2]);
            Replicate(cluster, 1, [1, 2]);
            cluster.Nodes[0].Append(101);
            Push(cluster, 1, 2);
            Deliver(cluster, [1, 2], answers: false);
            var late = cluster.Network.ToArray();
            cluster.Network.Clear();
            cluster.Nodes[1].LosePower();
            cluster.Nodes[1].Start();
            cluster.Nodes[0].Leader!.Attach(new(2), isNew: false);
            Deliver(cluster, [1, 2]);
            foreach (var ack in late)
                cluster.Deliver(ack);
            Assert.Equal(1ul, cluster.Nodes[0].Leader!.Commit);
            cluster.Nodes[0].Kill();
            TakeOver(cluster, 3, [2, 3]);
        });
    }

    // Goal: three voters from one, and back, without a moment in which a minority decides.
    [Fact]
    public void Voters_FromOneToThreeAndBack_KeepEverything()
    {
        var cluster = new SimCluster(_random, Rules.Protocol, syncsFirst: false, encodes: true, voters: 1);
        TakeOver(cluster, 1, [1]);
        var leader = cluster.Nodes[0].Leader!;
        cluster.Nodes[0].Append(101);
        Assert.Equal(1ul, leader.Commit);
        foreach (var added in new ulong[] { 2, 3 })
        {
            Change(cluster, leader.TryProposeLearners([new(added)]));
            Assert.Null(leader.TryPropose(leader.Register.Voters.Add(new(added)))); // it has nothing yet
            Replicate(cluster, 1, [1, 2, 3]);
            Change(cluster, leader.TryPropose(leader.Register.Voters.Add(new(added))));
        }
        cluster.Nodes[0].Append(102);
        Assert.Equal(1ul, leader.Commit);
        Replicate(cluster, 1, [1, 3]);
        Assert.Equal(2ul, leader.Commit);
        Assert.Null(leader.TryPropose([new(2), new(3)])); // a leader does not vote itself out
        Assert.Null(leader.TryPropose([new(1)])); // not two at once
        Change(cluster, leader.TryPropose([new(1), new(3)]));
        Change(cluster, leader.TryPropose([new(1)]));
        cluster.Nodes[0].Append(103);
        Assert.Equal(3ul, leader.Commit);
    }

    // Goal: while nobody knows whether the change went through, either set of voters has to find what is committed.
    [Fact]
    public void Change_WithUnknownOutcome_CommitsUnderBothSetsOnly()
    {
        var cluster = NewCluster(Rules.Protocol);
        TakeOver(cluster, 1, [1, 2, 3]);
        Replicate(cluster, 1, [1, 2, 3]);
        var leader = cluster.Nodes[0].Leader!;
        var wanted = leader.TryPropose([new(1), new(2)]);
        Assert.NotNull(wanted);
        cluster.Nodes[0].Append(101);
        Replicate(cluster, 1, [1, 3]);
        Assert.Equal(0ul, leader.Commit);
        Assert.Same(wanted, leader.OnRegister(cluster.Register)); // to be asked for again
        Replicate(cluster, 1, [1, 2]);
        Assert.Equal(1ul, leader.Commit);
        Assert.Null(leader.OnRegister(wanted));
        Assert.False(leader.IsChanging);
    }

    // Goal: a leader that others have left knows it as soon as it reads the register.
    [Fact]
    public void OnRegister_WithANewerEpoch_EndsTheLeadership()
    {
        var cluster = NewCluster(Rules.Protocol);
        TakeOver(cluster, 1, [1, 2]);
        var leader = cluster.Nodes[0].Leader!;
        leader.OnRegister(cluster.Register.Claim(new(2), 1));
        Assert.False(leader.IsLeading);
        Assert.Throws<ReplicationException>(() => leader.Appended(1));
    }

    // Goal: a follower refuses to lose what it knows to be committed, whoever asks.
    [Fact]
    public void OnCut_BelowWhatIsCommitted_IsRefused()
    {
        var cluster = NewCluster(Rules.Protocol);
        TakeOver(cluster, 1, [1, 2]);
        cluster.Nodes[0].Append(101);
        Replicate(cluster, 1, [1, 2]);
        Replicate(cluster, 1, [1, 2]);
        var follower = cluster.Nodes[1].State;
        Assert.Equal(1ul, follower.Commit);
        follower.OnAttach(new(3), new(9, 1, 0), nonce: 77);
        Assert.Throws<ReplicationException>(() => follower.OnCut(new(9, 1, 77, 0, 0, 0, 0, EpochMap.Empty, default, default)));
        Assert.Equal(1ul, follower.End);
    }

    // Goal: segments roll where the leader's do, and nowhere else.
    [Fact]
    public void OnSession_RollAtTheEnd_IsFollowedOnce()
    {
        var cluster = NewCluster(Rules.Protocol);
        TakeOver(cluster, 1, [1, 2]);
        Replicate(cluster, 1, [1, 2]);
        var session = cluster.Nodes[0].Leader!.NextFor(new(2))!.Value.Session;
        cluster.Nodes[1].State.OnSession(new Frames.Roll(1, session, 0, 5));
        cluster.Nodes[1].State.OnSession(new Frames.Roll(1, session, 3, 5));
        Assert.Equal(1, cluster.Rolls);
    }

    private SimCluster NewCluster(Rules rules) => new(_random, rules, syncsFirst: false, encodes: true);

    private static string? Try(Action run)
    {
        try
        {
            run();
            return null;
        }
        catch (Exception e) when (e is ViolationException or ReplicationException)
        {
            return e.Message;
        }
    }

    private static void TakeOver(SimCluster cluster, ulong node, ImmutableArray<ulong> reachable)
    {
        var one = cluster.Node(new(node));
        if (one.Takeover is not { IsAlive: true, Leader: null })
            cluster.Claim(one);
        Deliver(cluster, reachable);
        one.Takeover!.Repeat();
        Deliver(cluster, reachable);
        cluster.Judge(one);
    }

    private static void Replicate(SimCluster cluster, ulong node, ImmutableArray<ulong> reachable)
    {
        foreach (var follower in reachable.Where(one => one != node))
        {
            for (var i = 0; i < 3; i++)
            {
                Push(cluster, node, follower);
                Deliver(cluster, reachable);
            }
        }
    }

    private static void Push(SimCluster cluster, ulong node, ulong follower) => cluster.Node(new(node)).Push(new(follower), 5, anew: false);

    private static void Change(SimCluster cluster, PartitionRegister? wanted)
    {
        Assert.NotNull(wanted);
        cluster.Ask(cluster.Nodes[0], wanted);
        Deliver(cluster, [1]);
        Assert.Equal(cluster.Register, wanted);
    }

    // Everything that is on the way between these; what comes of it too, unless it is to wait. The rest is lost.
    private static void Deliver(SimCluster cluster, ImmutableArray<ulong> reachable, bool answers = true)
    {
        do
        {
            var sent = cluster.Network.ToArray();
            cluster.Network.Clear();
            foreach (var message in sent.Where(message => reachable.Contains(message.From.Value) && reachable.Contains(message.To.Value)))
                cluster.Deliver(message);
        }
        while (answers && cluster.Network.Count > 0);
    }
}
