using Iggy.Replicas.Tests.Setup;
using Iggy.Storage;
using Iggy.Storage.Context;
using Iggy.Storage.Tests.Setup;
using Microsoft.Extensions.Time.Testing;

namespace Iggy.Replicas.Tests;

/// <summary>Three replicas over real sockets and files: what was acknowledged is there, at its offset, whoever dies.</summary>
public sealed class ClusterTests
{
    private static readonly PartitionLogOptions s_log = new() { SegmentBytes = 2000, IsReplica = true };
    private static readonly ConsumerKey s_group = new(ConsumerKind.Group, 5);

    [Theory]
    [InlineData(DurabilityMode.None)]
    [InlineData(DurabilityMode.Always)]
    public async Task Append_ThroughTheLeader_IsReadAndTheSameEverywhere(DurabilityMode durability)
    {
        await using var cluster = new SocketCluster(s_log with { Durability = durability });
        var leader = await cluster.LeadAsync(0);
        for (var i = 0; i < 60; i++)
            Assert.Equal((ulong)i * 2, await SocketCluster.AppendAsync(leader, 2 * i, (2 * i) + 1));
        Assert.Equal(Enumerable.Range(0, 120).Select(i => ((ulong)i, i)), cluster.Nodes[0].Read());
        Assert.Equal(120UL, leader.Committed);
        await cluster.RestAsync(leader);
    }

    [Fact]
    public async Task Append_ManyAtATimeAndLargeOnes_KeepTheirOrder()
    {
        await using var cluster = new SocketCluster(s_log with { SegmentBytes = 1 << 20 });
        var leader = await cluster.LeadAsync(2);
        var waiting = new List<Task<ReplicaAppend>>();
        for (var i = 0; i < 300; i++)
            waiting.Add(leader.AppendAsync(MessageLayout.Classic, Batches.Classic(TestNode.Valued(i, i % 50 == 49 ? 6_000_000 : 100)), 1).AsTask());
        var answers = await Task.WhenAll(waiting);
        Assert.Equal(Enumerable.Range(0, 300).Select(i => new ReplicaAppend(ReplicaStatus.Committed, (ulong)i, default)), answers);
        await cluster.RestAsync(leader);
    }

    // Goal: whoever waits for messages looks again when there is something to see, and not before.
    [Fact]
    public async Task CommitMoved_AfterAMajorityHasIt_IsCalled()
    {
        await using var cluster = new SocketCluster(s_log);
        var leader = await cluster.LeadAsync(0);
        var moved = new TaskCompletionSource<ulong>(TaskCreationOptions.RunContinuationsAsynchronously);
        leader.CommitMoved = () => moved.TrySetResult(leader.Committed);
        await SocketCluster.AppendAsync(leader, 0, 1);
        Assert.Equal(2UL, await moved.Task.WaitAsync(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken));
    }

    // Goal: a takeover that was asked for once may be asked for again, and is not begun again.
    [Fact]
    public async Task TakeOver_AskedForTwice_IsOne()
    {
        await using var cluster = new SocketCluster(s_log);
        var claim = cluster.Claim(1);
        var replica = cluster.Nodes[1].Replica!;
        var (one, other) = (replica.TakeOverAsync(claim, TestContext.Current.CancellationToken), replica.TakeOverAsync(claim, TestContext.Current.CancellationToken));
        Assert.True(await one && await other);
        Assert.Equal(1UL, replica.Report.Epoch);
        Assert.True(await replica.TakeOverAsync(claim, TestContext.Current.CancellationToken));
        Assert.False(await cluster.Nodes[0].Replica!.TakeOverAsync(claim, TestContext.Current.CancellationToken)); // the claim is the other's
    }

    [Fact]
    public async Task Follower_KilledAndBack_CatchesUp()
    {
        await using var cluster = new SocketCluster(s_log);
        var leader = await cluster.LeadAsync(0);
        await SocketCluster.AppendAsync(leader, 0, 1);
        await cluster.KillAsync(1);
        for (var i = 2; i < 100; i++)
            await SocketCluster.AppendAsync(leader, i);
        cluster.Start(1);
        await cluster.RestAsync(leader);
    }

    // Goal: with its leader dead, frozen or not, nothing that it acknowledged is lost, and what it did not is gone from its own log too once it follows.
    [Fact]
    public async Task Leader_KilledWithMessagesThatNobodyElseHas_IsCutWhenItComesBack()
    {
        await using var cluster = new SocketCluster(s_log);
        var leader = await cluster.LeadAsync(0);
        for (var i = 0; i < 40; i++)
            await SocketCluster.AppendAsync(leader, i);
        await cluster.KillAsync(1);
        await cluster.KillAsync(2);
        var lost = new List<Task<ReplicaAppend>>();
        for (var i = 100; i < 130; i++)
            lost.Add(leader.AppendAsync(MessageLayout.Classic, TestNode.Batch(i), 1).AsTask());
        Assert.Equal(40UL, leader.Committed);
        await cluster.KillAsync(0);
        Assert.All(await Task.WhenAll(lost), answer => Assert.Equal(ReplicaStatus.OutcomeUnknown, answer.Status));

        cluster.Start(1);
        cluster.Start(2);
        leader = await cluster.LeadAsync(1);
        for (var i = 40; i < 60; i++)
            Assert.Equal((ulong)i, await SocketCluster.AppendAsync(leader, i));
        cluster.Start(0);
        await cluster.RestAsync(leader);
        Assert.Equal(60UL, cluster.Nodes[0].Replica!.Report.End);
    }

    [Fact]
    public async Task TakeOver_ByEachInTurnUnderLoad_LosesNothing()
    {
        await using var cluster = new SocketCluster(s_log);
        var acknowledged = new Dictionary<ulong, int>();
        var value = 0;
        for (var round = 0; round < 6; round++)
        {
            var leader = await cluster.LeadAsync(round % 3);
            var waiting = Enumerable.Range(0, 50).Select(_ => (Value: value, Task: leader.AppendAsync(MessageLayout.Classic, TestNode.Batch(value++), 1).AsTask())).ToArray();
            await waiting[10].Task;
            await cluster.KillAsync(round % 3); // in the middle of them
            foreach (var (sent, task) in waiting)
            {
                if (await task is { Status: ReplicaStatus.Committed } answer)
                    acknowledged.Add(answer.BaseOffset, sent);
            }
            cluster.Start(round % 3);
        }
        var last = await cluster.LeadAsync(1);
        await SocketCluster.AppendAsync(last, value);
        var found = cluster.Nodes[1].Read().ToDictionary(one => one.Offset, one => one.Value);
        Assert.True(acknowledged.Count >= 60);
        Assert.All(acknowledged, one => Assert.Equal(one.Value, found[one.Key]));
        await cluster.RestAsync(last);
    }

    // Goal: who may have lost the end of its log does not decide. Method: 2 has everything committed with 1 and loses it; then 2 and 3 are no majority that counts.
    [Fact]
    public async Task TakeOver_WithANodeOfAnotherBoot_WaitsForOneThatIsWhole()
    {
        await using var cluster = new SocketCluster(s_log);
        var leader = await cluster.LeadAsync(0);
        await SocketCluster.AppendAsync(leader, 0);
        await SocketCluster.UntilAsync(() => cluster.Nodes[2].Replica!.Report.End == 1, "the third has the first message");
        await cluster.KillAsync(2);
        for (var i = 1; i < 20; i++)
            await SocketCluster.AppendAsync(leader, i);
        await cluster.KillAsync(0);
        await cluster.LosePowerAsync(1, fromOffset: 5);
        cluster.Start(1);
        cluster.Start(2);
        Assert.True(cluster.Nodes[1].Replica!.Report.IsSuspect);
        var waits = cluster.Nodes[2].Replica!.TakeOverAsync(cluster.Claim(2), TestContext.Current.CancellationToken);
        await SocketCluster.UntilAsync(() => cluster.Nodes[1].Replica!.Report.Epoch == 2, "the second has promised");
        Assert.False(waits.IsCompleted);
        Assert.Equal(ReplicaRole.Candidate, cluster.Nodes[2].Replica!.Report.Role);
        cluster.Start(0);
        Assert.True(await waits.WaitAsync(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken));
        await SocketCluster.AppendAsync(cluster.Nodes[2].Replica!, 20);
        Assert.Equal(Enumerable.Range(0, 21).Select(i => ((ulong)i, i)), cluster.Nodes[2].Read());
        await cluster.RestAsync(cluster.Nodes[2].Replica!);
        Assert.False(cluster.Nodes[1].Replica!.Report.IsSuspect);
    }

    // Method: the replicas' clock stands still but for what this test moves it.
    [Fact]
    public async Task Append_WithoutAMajority_IsRefusedAndWhoWaitsHearsThatNobodyKnows()
    {
        var clock = new FakeTimeProvider();
        await using var cluster = new SocketCluster(s_log, new ReplicaOptions(), clock);
        var leader = await cluster.LeadAsync(0);
        await SocketCluster.AppendAsync(leader, 0);
        await cluster.KillAsync(1);
        await cluster.KillAsync(2);
        var waiting = leader.AppendAsync(MessageLayout.Classic, TestNode.Batch(1), 1).AsTask();
        clock.Advance(TimeSpan.FromSeconds(2));
        Assert.False(waiting.IsCompleted);
        await SocketCluster.UntilAsync(() => Moved() && waiting.IsCompleted, "who waits hears of it");
        Assert.Equal(ReplicaStatus.OutcomeUnknown, (await waiting).Status);
        Assert.Equal(ReplicaStatus.NoMajority, (await leader.AppendAsync(MessageLayout.Classic, TestNode.Batch(2), 1)).Status);
        Assert.Equal([(0UL, 0)], cluster.Nodes[0].Read());
        cluster.Start(1);
        await SocketCluster.UntilAsync(() => Moved() && leader.Committed == 2, "what was written is committed after all");
        await SocketCluster.UntilAsync(() => Moved() && !leader.Report.IsWithoutMajority, "a majority is found");
        Assert.Equal(2UL, await SocketCluster.AppendAsync(leader, 2));

        bool Moved()
        {
            clock.Advance(TimeSpan.FromMilliseconds(250));
            return true;
        }
    }

    [Fact]
    public async Task Append_BeyondWhatMayWait_IsRefused()
    {
        await using var cluster = new SocketCluster(s_log, SocketCluster.Replica with { MaxWaiting = 3 });
        var leader = await cluster.LeadAsync(0);
        await cluster.KillAsync(1);
        await cluster.KillAsync(2);
        for (var i = 0; i < 3; i++)
            Assert.False(leader.AppendAsync(MessageLayout.Classic, TestNode.Batch(i), 1).AsTask().IsCompleted);
        Assert.Equal(ReplicaStatus.TooManyWaiting, (await leader.AppendAsync(MessageLayout.Classic, TestNode.Batch(3), 1)).Status);
        Assert.Equal(ReplicaStatus.TooManyWaiting, (await leader.StoreOffsetAsync(s_group, 0, waits: true)).Status);
    }

    // Goal: with durability always nothing is acknowledged that is on the disk of the leader alone.
    [Fact]
    public async Task Append_WithAlwaysAndFollowersThatCannotSync_IsNotCommitted()
    {
        await using var cluster = new SocketCluster(s_log with { Durability = DurabilityMode.Always });
        var leader = await cluster.LeadAsync(0);
        await SocketCluster.AppendAsync(leader, 0);
        await SocketCluster.UntilAsync(() => cluster.Nodes.All(node => node.Replica!.Report.End == 1), "all have the first");
        using var gate = new ManualResetEventSlim();
        cluster.Nodes[1].Disk.BeforeFlush = cluster.Nodes[2].Disk.BeforeFlush = () => gate.Wait(TimeSpan.FromSeconds(60));
        var waiting = leader.AppendAsync(MessageLayout.Classic, TestNode.Batch(1), 1).AsTask();
        await SocketCluster.UntilAsync(() => leader.Look(log => log.EndOffset) == 2 && cluster.Nodes[1].Replica!.Report.End == 2, "a follower has it in memory");
        Assert.False(waiting.IsCompleted);
        Assert.Equal(1UL, leader.Committed);
        gate.Set();
        Assert.Equal(ReplicaStatus.Committed, (await waiting).Status);
    }

    [Fact]
    public async Task StoreOffset_ThenAnotherLeader_IsThere()
    {
        await using var cluster = new SocketCluster(s_log);
        var leader = await cluster.LeadAsync(0);
        await SocketCluster.AppendAsync(leader, 0, 1, 2);
        Assert.Equal(StoreOffsetStatus.OutOfRange, (await leader.StoreOffsetAsync(s_group, 3, waits: true)).Log);
        Assert.Equal(ReplicaStatus.Committed, (await leader.StoreOffsetAsync(s_group, 1, waits: true)).Status);
        Assert.Equal(ReplicaStatus.Committed, (await leader.StoreOffsetAsync(new(ConsumerKind.Consumer, 1), 2, waits: true)).Status);
        Assert.Equal(ReplicaStatus.Committed, (await leader.StoreOffsetAsync(new(ConsumerKind.Consumer, 1), null, waits: true)).Status);
        await cluster.KillAsync(0);
        leader = await cluster.LeadAsync(2);
        Assert.Equal((true, 1UL), leader.Look(log => (log.TryGetConsumerOffset(s_group, out var stored), stored)));
        Assert.Equal(1, leader.Look(log => log.ConsumersCount));
        cluster.Start(0);
        await SocketCluster.AppendAsync(leader, 3);
        await SocketCluster.UntilAsync(() => cluster.Nodes.All(node => node.Replica!.Look(log => log.OffsetsMark) == leader.Look(log => log.OffsetsMark)), "the same stored offsets");
    }

    [Fact]
    public async Task Trim_OnTheLeader_ReachesFollowersAndThoseThatComeLater()
    {
        await using var cluster = new SocketCluster(s_log);
        var leader = await cluster.LeadAsync(0);
        await SocketCluster.AppendAsync(leader, 0);
        await cluster.KillAsync(2);
        for (var i = 1; i < 100; i++)
            await SocketCluster.AppendAsync(leader, i);
        var removal = leader.Trim(log => log.TakeOldest(2))!;
        removal.Run();
        Assert.Equal(2u, removal.Count);
        Assert.True(leader.Report.Start > 0);
        cluster.Start(2); // it has less than the leader still has
        await cluster.RestAsync(leader);
    }

    [Fact]
    public async Task Purge_ByTheRegister_LeavesNothing()
    {
        await using var cluster = new SocketCluster(s_log);
        var leader = await cluster.LeadAsync(0);
        await SocketCluster.AppendAsync(leader, 0, 1);
        await leader.StoreOffsetAsync(s_group, 1, waits: true);
        await cluster.KillAsync(1);
        leader = await cluster.LeadAsync(2, purges: true);
        Assert.Equal(0UL, await SocketCluster.AppendAsync(leader, 7));
        Assert.Equal(0, leader.Look(log => log.ConsumersCount));
        cluster.Start(1);
        Assert.Equal([(0UL, 7)], cluster.Nodes[2].Read());
        await cluster.RestAsync(leader);
    }

    [Fact]
    public async Task Voters_OneLessAndOneMore_GoOn()
    {
        await using var cluster = new SocketCluster(s_log);
        var leader = await cluster.LeadAsync(0);
        await SocketCluster.AppendAsync(leader, 0);
        var two = leader.ProposeVoters([cluster.Nodes[0].Id, cluster.Nodes[1].Id])!;
        Assert.True(cluster.TrySet(two));
        Assert.Null(leader.Observe(cluster.Register));
        await cluster.KillAsync(2);
        await SocketCluster.AppendAsync(leader, 1);
        cluster.Start(2);
        Assert.True(cluster.TrySet(leader.ProposeLearners([cluster.Nodes[2].Id])!));
        leader.Observe(cluster.Register);
        await SocketCluster.UntilAsync(() => leader.ProposeVoters([.. cluster.Nodes.Select(node => node.Id)]) is { } three && cluster.TrySet(three), "the third has caught up");
        leader.Observe(cluster.Register);
        await SocketCluster.AppendAsync(leader, 2);
        await cluster.RestAsync(leader);
    }

    // Goal: an older leader that lives on finds out, and does not acknowledge any more.
    [Fact]
    public async Task Leader_WhoseSuccessorIsFenced_StopsAndFollows()
    {
        await using var cluster = new SocketCluster(s_log);
        var old = await cluster.LeadAsync(0);
        await SocketCluster.AppendAsync(old, 0);
        var next = await cluster.LeadAsync(1);
        await SocketCluster.AppendAsync(next, 1);
        await SocketCluster.UntilAsync(() => old.Report.Role is ReplicaRole.Follower && old.Report.End == 2, "it follows");
        Assert.Equal(ReplicaStatus.NotLeading, (await old.AppendAsync(MessageLayout.Classic, TestNode.Batch(9), 1)).Status);
        await cluster.RestAsync(next);
    }

    [Fact]
    public async Task Follower_WithAFullDisk_GoesOnWhenThereIsSpace()
    {
        await using var cluster = new SocketCluster(s_log with { SegmentBytes = 1 << 20 });
        var leader = await cluster.LeadAsync(0);
        await SocketCluster.AppendAsync(leader, 0);
        await SocketCluster.UntilAsync(() => cluster.Nodes[1].Replica!.Report.End == 1, "a follower has the first");
        cluster.Nodes[1].Disk.FullFrom = 100_000;
        var large = Batches.Classic(TestNode.Valued(1, 300_000));
        Assert.Equal(ReplicaStatus.Committed, (await leader.AppendAsync(MessageLayout.Classic, large, 1)).Status);
        Assert.Equal(1UL, cluster.Nodes[1].Replica!.Report.End);
        cluster.Nodes[1].Disk.FullFrom = long.MaxValue;
        await cluster.RestAsync(leader);
    }

    // Goal: a replica whose disk fails stops, and says nothing that is not on its disk.
    [Fact]
    public async Task Replica_WhoseDiskFails_StopsAndIsOpenedAgain()
    {
        await using var cluster = new SocketCluster(s_log with { Durability = DurabilityMode.Always });
        var leader = await cluster.LeadAsync(0);
        await SocketCluster.AppendAsync(leader, 0);
        cluster.Nodes[1].Disk.BeforeFlush = () => throw new IOException("broken");
        await SocketCluster.AppendAsync(leader, 1);
        await SocketCluster.UntilAsync(() => cluster.Nodes[1].Replica!.Report.Role is ReplicaRole.Failed, "it stops");
        cluster.Nodes[1].Disk.BeforeFlush = null;
        cluster.Nodes[1].Replica!.Dispose();
        await cluster.KillAsync(1);
        cluster.Start(1);
        await cluster.RestAsync(leader);
    }
}
