using System.Collections.Immutable;
using Iggy.Grains.Interfaces;
using Iggy.Grains.Interfaces.ConsumerGroups;
using Iggy.Grains.Interfaces.Partitions;
using Iggy.Grains.Options;
using Iggy.Grains.Tests.Setup;
using Microsoft.Extensions.DependencyInjection;
using static Iggy.Grains.Tests.Setup.Messages;

namespace Iggy.Grains.Tests;

/// <summary>A group and its partitions, called as a gateway calls them.</summary>
public sealed class ConsumerGroupTests(SharedServer shared) : IClassFixture<SharedServer>
{
    [Fact]
    public async Task Join_SecondMember_GetsPartitionsOfWhichNothingIsUncommitted()
    {
        var group = await Group.MakeAsync(shared.Server, partitions: 2);
        var (a, b) = (group.NewMember(), group.NewMember());
        Assert.Equal([0u, 1u], Ids(await group.Grain.JoinAsync(a)));
        Assert.Equal([1u], Ids(await group.Grain.JoinAsync(b))); // never polled: at once
        Assert.Equal([0u], Ids(await group.Grain.RefreshAsync(a, null)));
        Assert.Equal([1u], Ids(await group.Grain.JoinAsync(b))); // again: no change
        Assert.Equal([a.Session], group.Gateway.Changed.Distinct());
    }

    [Fact]
    public async Task HandOver_WithUncommittedMessages_WaitsForTheCommitAndThenTheOldTermIsOver()
    {
        var group = await Group.MakeAsync(shared.Server, partitions: 1, messages: 4);
        var (a, b) = (group.NewMember(), group.NewMember());
        var owned = (await group.Grain.JoinAsync(a)).Partitions[0];
        Assert.Equal(4, Read((await group.PollAsync(owned)).Poll).Length);
        await group.Grain.JoinAsync(b);
        Assert.Equal([0u], Ids(await group.Grain.RefreshAsync(a, null))); // one partition for two: it stays with the first

        var two = await Group.MakeAsync(shared.Server, partitions: 2, messages: 4);
        (a, b) = (two.NewMember(), two.NewMember());
        owned = (await two.Grain.JoinAsync(a)).Partitions[1];
        Assert.Equal(4, Read((await two.PollAsync(owned)).Poll).Length);
        Assert.Empty((await two.Grain.JoinAsync(b)).Partitions);
        var leaving = (await two.Grain.RefreshAsync(a, null)).Partitions;
        Assert.Equal([(0u, false), (1u, true)], leaving.Select(partition => (partition.Id, partition.IsLeaving)));
        Assert.Equal(owned.Term, leaving[1].Term);
        Assert.Equal([[0u, 1u], []], (await two.Grain.ListMembersAsync()).Select(member => member.Partitions.ToArray()));

        Assert.Equal(new GroupStoreResult(Refusal.None, IsReleased: false), await two.StoreAsync(owned, 2));
        Assert.Equal(4, Read((await two.PollAsync(owned, PollFrom.First)).Poll).Length); // asked for by number it is served
        Assert.Equal(new GroupStoreResult(Refusal.None, IsReleased: true), await two.StoreAsync(owned, 3));
        Assert.Equal(Refusal.StaleClaim, (await two.PollAsync(owned)).Poll.Refusal); // from the commit on
        await two.Grain.CompleteAsync(1, owned.Term);

        var taken = (await two.Grain.RefreshAsync(b, null)).Partitions[0];
        Assert.Equal(1u, taken.Id);
        Assert.True(taken.Term > owned.Term);
        Assert.Empty(Read((await two.PollAsync(taken)).Poll)); // goes on after what was committed
        Assert.Equal(Refusal.StaleClaim, (await two.StoreAsync(owned, 0)).Refusal); // whoever lost it cannot move the offset back
        Assert.Equal(Refusal.StaleClaim, await two.Partition(owned).DeleteGroupOffsetAsync(two.Claim(owned)));
        await two.Grain.CompleteAsync(1, owned.Term); // told twice: no change
        Assert.Equal(taken, (await two.Grain.RefreshAsync(b, null)).Partitions[0]);
    }

    [Fact]
    public async Task HandOver_ByAutoCommit_IsReleasedWithThePoll()
    {
        var group = await Group.MakeAsync(shared.Server, partitions: 2, messages: 2);
        var (a, b) = (group.NewMember(), group.NewMember());
        var owned = (await group.Grain.JoinAsync(a)).Partitions[1];
        await group.PollAsync(owned);
        await group.Grain.JoinAsync(b);
        Assert.True((await group.PollAsync(owned, autoCommit: true)).IsReleased);
    }

    [Fact]
    public async Task HandOver_AfterAPurge_IsNotHeldUpByMessagesThatAreGone()
    {
        var group = await Group.MakeAsync(shared.Server, partitions: 2, messages: 2);
        var (a, b) = (group.NewMember(), group.NewMember());
        var owned = (await group.Grain.JoinAsync(a)).Partitions[1];
        await group.PollAsync(owned);
        await shared.Server.Topic(group.Topic).PurgeAsync();
        Assert.Equal([1u], Ids(await group.Grain.JoinAsync(b)));
    }

    [Fact]
    public async Task Leave_DealsAllAnewAtOnce_AndTheLeaverIsFenced()
    {
        var group = await Group.MakeAsync(shared.Server, partitions: 3, messages: 1);
        var (a, b) = (group.NewMember(), group.NewMember());
        var owned = (await group.Grain.JoinAsync(a)).Partitions[2];
        await group.PollAsync(owned);
        await group.Grain.JoinAsync(b);
        Assert.True(await group.Grain.LeaveAsync(a.Session));
        Assert.False(await group.Grain.LeaveAsync(a.Session));

        var all = (await group.Grain.RefreshAsync(b, null)).Partitions;
        Assert.Equal([0u, 1u, 2u], all.Select(partition => partition.Id));
        Assert.Equal(Refusal.StaleClaim, (await group.StoreAsync(owned, 0)).Refusal);
        Assert.Single(Read((await group.PollAsync(all[2])).Poll)); // not committed: delivered again
    }

    [Fact]
    public async Task Partitions_AddedAndRemoved_AreDealtAnew()
    {
        var group = await Group.MakeAsync(shared.Server, partitions: 2, messages: 1);
        var (a, b) = (group.NewMember(), group.NewMember());
        await group.PollAsync((await group.Grain.JoinAsync(a)).Partitions[1]);
        await group.Grain.JoinAsync(b);
        await shared.Server.Topic(group.Topic).AddPartitionsAsync(2);
        Assert.Equal([0u, 2u], Ids(await group.Grain.RefreshAsync(a, null)));
        Assert.Equal([1u, 3u], Ids(await group.Grain.RefreshAsync(b, null)));
        await shared.Server.Topic(group.Topic).RemovePartitionsAsync(3);
        Assert.Equal([0u], Ids(await group.Grain.RefreshAsync(a, null)));
        Assert.Empty(Ids(await group.Grain.RefreshAsync(b, null)));
    }

    [Fact]
    public async Task Join_DropsMembersWhoseConnectionIsGone()
    {
        var group = await Group.MakeAsync(shared.Server, partitions: 1);
        var (a, b) = (group.NewMember(), group.NewMember());
        await group.Grain.JoinAsync(a);
        group.Gateway.Gone.Add(a.Session);
        Assert.Equal([0u], Ids(await group.Grain.JoinAsync(b)));
    }

    [Fact]
    public async Task Join_ManyAtOnce_AsksAGatewayNoMoreThanOnceASecond()
    {
        var group = await Group.MakeAsync(shared.Server, partitions: 1);
        var started = TimeProvider.System.GetTimestamp();
        await Task.WhenAll(Enumerable.Range(0, 100).Select(_ => group.Grain.JoinAsync(group.NewMember()).AsTask()));
        Assert.Equal(100, (await group.Grain.ListMembersAsync()).Length);
        Assert.InRange(group.Gateway.Asked, 1, 2 + (2 * (int)TimeProvider.System.GetElapsedTime(started).TotalSeconds));
    }

    [Fact]
    public async Task Group_ThatLostItsActivation_TakesItsMembersBackUnderHigherTerms()
    {
        var group = await Group.MakeAsync(shared.Server, partitions: 1, messages: 1);
        var a = group.NewMember();
        var before = (await group.Grain.JoinAsync(a)).Partitions[0];
        await shared.Server.DeactivateAsync(group.Grain);
        var after = (await group.Grain.RefreshAsync(a, null)).Partitions[0];
        Assert.True(after.Term > before.Term);
        Assert.Equal(Refusal.StaleClaim, (await group.PollAsync(before)).Poll.Refusal);
        Assert.Single(Read((await group.PollAsync(after)).Poll));
    }

    [Fact]
    public async Task Partition_ThatLostItsActivation_RefusesUntilTheGroupToldItAgain()
    {
        var group = await Group.MakeAsync(shared.Server, partitions: 1, messages: 1);
        var a = group.NewMember();
        var owned = (await group.Grain.JoinAsync(a)).Partitions[0];
        await shared.Server.DeactivateAsync(group.Partition(owned));
        Assert.Equal(Refusal.StaleClaim, (await group.PollAsync(owned)).Poll.Refusal);
        Assert.Equal(owned, (await group.Grain.RefreshAsync(a, refusedPartition: 0)).Partitions[0]);
        Assert.Single(Read((await group.PollAsync(owned)).Poll));
    }

    [Fact]
    public async Task HandOver_NotCommittedInTime_IsForced()
    {
        await using var server = await Server.StartAsync(configure: silo => silo.Services.Configure<ConsumerGroupOptions>(options =>
            (options.RebalancingTimeout, options.RebalancingCheckInterval) = (TimeSpan.FromMilliseconds(50), TimeSpan.FromMilliseconds(10))));
        var group = await Group.MakeAsync(server, partitions: 2, messages: 1);
        var (a, b) = (group.NewMember(), group.NewMember());
        var owned = (await group.Grain.JoinAsync(a)).Partitions[1];
        await group.PollAsync(owned);
        Assert.Empty(Ids(await group.Grain.JoinAsync(b)));

        await server.Log.WaitForAsync(2302);
        var taken = (await group.Grain.RefreshAsync(b, null)).Partitions[0];
        Assert.Single(Read((await group.PollAsync(taken)).Poll));
        Assert.Equal(Refusal.StaleClaim, (await group.StoreAsync(owned, 0)).Refusal);
    }

    [Fact]
    public async Task Member_WhoseConnectionIsGone_IsDroppedWithoutAJoin()
    {
        await using var server = await Server.StartAsync(configure: silo => silo.Services.Configure<ConsumerGroupOptions>(options =>
            options.RebalancingCheckInterval = TimeSpan.FromMilliseconds(10)));
        var group = await Group.MakeAsync(server, partitions: 2);
        var (a, b) = (group.NewMember(), group.NewMember());
        await group.Grain.JoinAsync(a);
        await group.Grain.JoinAsync(b);
        group.Gateway.Expect(b.Session);
        group.Gateway.Gone.Add(a.Session);
        await group.Gateway.Heard;
        Assert.Equal([0u, 1u], Ids(await group.Grain.RefreshAsync(b, null)));
    }

    [Fact]
    public async Task Directory_GivesNamesAndIds_AndKeepsThemOverARestart()
    {
        var folder = Server.NewFolder();
        try
        {
            Guid topic;
            await using (var server = await Server.StartAsync(folder))
            {
                topic = (await server.MakeTopicAsync("s")).Topic.Incarnation;
                foreach (var name in new[] { "a", "b", "c" })
                    await server.Topic(topic).CreateGroupAsync(name);
                await Server.RefusedAsync(Refusal.ConsumerGroupNameTaken, () => server.Topic(topic).CreateGroupAsync("b").AsTask());
                await server.Topic(topic).DeleteGroupAsync((await server.Topic(topic).ListGroupsAsync())[1].Incarnation);
                await Server.RefusedAsync(Refusal.ConsumerGroupNotFound, () => server.Topic(topic).DeleteGroupAsync(Guid.NewGuid()).AsTask());
            }
            await using (var server = await Server.StartAsync(folder))
            {
                Assert.Equal(1u, (await server.Topic(topic).CreateGroupAsync("d")).Id);
                Assert.Equal([(0u, "a"), (1u, "d"), (2u, "c")], (await server.Topic(topic).ListGroupsAsync()).Select(group => (group.Id, group.Name)));
                await Server.RefusedAsync(Refusal.TopicNotFound, () => server.Topic(Guid.NewGuid()).CreateGroupAsync("a").AsTask());
            }
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public async Task Directory_Full_RefusesMore()
    {
        await using var server = await Server.StartAsync(configure: silo => silo.Services.Configure<ConsumerGroupOptions>(options => options.MaxGroupsPerTopic = 1));
        var (_, topic) = await server.MakeTopicAsync("s");
        await server.Topic(topic.Incarnation).CreateGroupAsync("a");
        await Server.RefusedAsync(Refusal.TooManyConsumerGroups, () => server.Topic(topic.Incarnation).CreateGroupAsync("b").AsTask());
    }

    [Fact]
    public async Task Delete_RemovesMembersAndOffsetsBeforeTheIdIsFree()
    {
        var group = await Group.MakeAsync(shared.Server, partitions: 1, messages: 3);
        var a = group.NewMember();
        var owned = (await group.Grain.JoinAsync(a)).Partitions[0];
        await group.StoreAsync(owned, 2);
        await shared.Server.Topic(group.Topic).DeleteGroupAsync(group.Entry.Incarnation);
        Assert.Equal([a.Session], group.Gateway.Ended);
        await Server.RefusedAsync(Refusal.ConsumerGroupNotFound, () => group.Grain.RefreshAsync(a, null).AsTask());
        Assert.Equal(Refusal.StaleClaim, (await group.StoreAsync(owned, 2)).Refusal);

        var again = await shared.Server.Topic(group.Topic).CreateGroupAsync(group.Entry.Name);
        Assert.Equal(group.Entry.Id, again.Id);
        var offset = await group.Partition(owned).GetOffsetAsync(new ConsumerKey(ConsumerKind.Group, again.Id));
        Assert.Equal(Refusal.ConsumerOffsetNotFound, offset.Refusal);
    }

    [Fact]
    public async Task Delete_OfTheTopic_EndsMemberships()
    {
        var server = shared.Server;
        var (stream, topic) = await server.MakeTopicAsync($"s{Guid.NewGuid()}");
        var group = new Group(server, topic.Incarnation, await server.Topic(topic.Incarnation).CreateGroupAsync("g"));
        var a = group.NewMember();
        await group.Grain.JoinAsync(a);
        await server.Stream(stream.Incarnation).DeleteTopicAsync(topic.Incarnation);
        Assert.Equal([a.Session], group.Gateway.Ended);
    }

    private static IEnumerable<uint> Ids(MemberAssignment assignment) => assignment.Partitions.Select(partition => partition.Id);

    /// <summary>A group of a topic of its own, and the gateway of its members.</summary>
    private sealed class Group(Server server, Guid topic, ConsumerGroupEntry entry)
    {
        private IGroupObserver? _reference;

        public Guid Topic { get; } = topic;
        public ConsumerGroupEntry Entry { get; } = entry;
        public Gateway Gateway { get; } = new();
        public IConsumerGroupGrain Grain { get; } = server.Grains.GetGrain<IConsumerGroupGrain>(ConsumerGroupKey.Of(topic, entry.Incarnation));

        /// <param name="server">Where.</param>
        /// <param name="partitions">Of the topic.</param>
        /// <param name="messages">In each of them.</param>
        public static async Task<Group> MakeAsync(Server server, uint partitions, int messages = 0)
        {
            var (_, topic) = await server.MakeTopicAsync($"s{Guid.NewGuid()}", partitions);
            if (messages > 0)
            {
                foreach (var partition in await server.Topic(topic.Incarnation).ListPartitionsAsync())
                    await server.Partition(partition.Key).AppendAsync(Batch([.. Enumerable.Repeat("m", messages)]));
            }
            return new Group(server, topic.Incarnation, await server.Topic(topic.Incarnation).CreateGroupAsync("g"));
        }

        public GroupMember NewMember() =>
            new(Guid.NewGuid(), _reference ??= server.Grains.CreateObjectReference<IGroupObserver>(Gateway));

        public IPartitionGrain Partition(OwnedPartition owned) => server.Partition(owned.Key);

        public GroupClaim Claim(OwnedPartition owned) => new(Entry.Id, Entry.Incarnation, owned.Term);

        public ValueTask<GroupPollResult> PollAsync(OwnedPartition owned, PollFrom from = PollFrom.Next, bool autoCommit = false) =>
            Partition(owned).PollGroupAsync(Poll(from, autoCommit: autoCommit) with { Consumer = new ConsumerKey(ConsumerKind.Group, Entry.Id) }, Claim(owned));

        public ValueTask<GroupStoreResult> StoreAsync(OwnedPartition owned, ulong offset) => Partition(owned).StoreGroupOffsetAsync(Claim(owned), offset);
    }

    private sealed class Gateway : IGroupObserver
    {
        private readonly TaskCompletionSource _heard = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private Guid? _expected;

        public List<Guid> Changed { get; } = [];
        public List<Guid> Ended { get; } = [];
        public HashSet<Guid> Gone { get; } = [];
        public int Asked { get; private set; }
        public Task Heard => _heard.Task.WaitAsync(Server.Patience);

        /// <summary>From now on <see cref="Heard"/> waits for a notice to this session.</summary>
        public void Expect(Guid session) => _expected = session;

        public ValueTask ChangedAsync(Guid group, ImmutableArray<Guid> sessions)
        {
            Changed.AddRange(sessions);
            if (_expected is { } expected && sessions.Contains(expected))
                _heard.TrySetResult();
            return default;
        }

        public ValueTask EndedAsync(Guid group, ImmutableArray<Guid> sessions)
        {
            Ended.AddRange(sessions);
            return default;
        }

        public ValueTask<ImmutableArray<Guid>> FindGoneAsync(Guid group, ImmutableArray<Guid> sessions)
        {
            Asked++;
            return new([.. sessions.Where(Gone.Contains)]);
        }
    }
}
