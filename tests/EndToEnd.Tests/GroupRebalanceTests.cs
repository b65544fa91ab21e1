using Iggy.EndToEnd.Tests.Setup;
using Iggy.Testing;
using static Iggy.Testing.RawClient;

namespace Iggy.EndToEnd.Tests;

/// <summary>Who reads what after members come, go and come again, and that every message finds a reader.</summary>
public sealed class GroupRebalanceTests(ServerFixture fixture)
{
    [Fact]
    public async Task OneMember_ByKeyAndBalanced_GetsEveryMessageOnce()
    {
        using var topic = await GroupTopic.MakeAsync(fixture.Server, 3);
        for (var i = 0; i < 30; i++)
            await topic.Owner.DoAsync(101, Messages(topic.Stream, topic.Topic, i % 2 == 0 ? Balanced() : ByKey([(byte)i]), ((ulong)i + 1, [1], [])));
        var member = await topic.JoinAsync();
        var seen = new List<(uint, ulong)>();
        await DrainAsync(topic, [member], seen);
        Assert.Equal((30, 30), (seen.Count, seen.Distinct().Count()));
    }

    [Fact]
    public async Task SeveralMembers_TogetherGetEveryMessageOnce_EachFromItsOwnPartitions()
    {
        using var topic = await GroupTopic.MakeAsync(fixture.Server, 6);
        for (var partition = 0u; partition < 6; partition++)
            await topic.SendAsync(partition, 10);
        RawClient[] members = [await topic.JoinAsync(), await topic.JoinAsync(), await topic.JoinAsync()];
        var seen = new List<(uint, ulong)>();
        var sources = await DrainAsync(topic, members, seen);
        Assert.Equal((60, 60), (seen.Count, seen.Distinct().Count()));
        Assert.Equal((await topic.MembersAsync()).Values.Select(ids => ids.Order()), sources.Select(ids => ids.Order()));
    }

    [Fact]
    public async Task Joins_AtOnce_EndEven()
    {
        using var topic = await GroupTopic.MakeAsync(fixture.Server, 6);
        await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => topic.JoinAsync()));
        var shares = (await topic.MembersAsync()).Values;
        Assert.All(shares, ids => Assert.Single(ids));
        Assert.Equal(6, shares.Count);
        Assert.Equal([0u, 1, 2, 3, 4, 5], shares.SelectMany(ids => ids).Order().ToArray());
    }

    [Fact]
    public async Task Join_TakesNoMoreFromRunningMembersThanTheShareOfTheNewOne()
    {
        using var topic = await GroupTopic.MakeAsync(fixture.Server, 6);
        await topic.JoinAsync();
        await topic.JoinAsync();
        var before = await topic.MembersAsync();
        await topic.JoinAsync();
        var after = await topic.MembersAsync();
        foreach (var (member, ids) in before)
        {
            Assert.Equal(2, after[member].Count);
            Assert.Subset(ids.ToHashSet(), after[member].ToHashSet());
        }
    }

    [Fact]
    public async Task Reconnect_GoesOnAfterTheCommittedOffset()
    {
        using var topic = await GroupTopic.MakeAsync(fixture.Server, 1);
        await topic.SendAsync(0, 5);
        var first = await topic.JoinAsync();
        Assert.Equal(5, (await topic.PollAsync(first, autoCommit: true)).Offsets.Count);
        first.Dispose();
        await topic.MembersWhenAsync(members => members.Count == 0);
        await topic.SendAsync(0, 2);
        var second = await topic.JoinAsync();
        Assert.Equal([0u], (await topic.MembersAsync()).Keys); // the place is free again
        Assert.Equal([5ul, 6], (await topic.PollAsync(second)).Offsets);
    }

    [Fact]
    public async Task Target_LeavesWhileItWaits_AllIsWithTheOldOwnerAgain()
    {
        using var topic = await GroupTopic.MakeAsync(fixture.Server, 2);
        await topic.SendAsync(1, 2);
        var a = await topic.JoinAsync();
        await topic.PollAsync(a, partition: 1);
        var b = await topic.JoinAsync(); // waits for partition 1
        await b.DoAsync(605, topic.Address);
        Assert.Equal([0u, 1u], Assert.Single(await topic.MembersAsync()).Value);
        Assert.Equal(0u, await topic.StoreAsync(a, 1, 1)); // it can still commit what it had
        Assert.Equal((0u, 1u), ((await topic.PollAsync(a)).Partition, (await topic.PollAsync(a)).Partition));
    }

    [Fact]
    public async Task Source_LeavesWhileItsPartitionIsPromised_TheMessagesComeAgain()
    {
        using var topic = await GroupTopic.MakeAsync(fixture.Server, 2);
        await topic.SendAsync(1, 3);
        var a = await topic.JoinAsync();
        await topic.PollAsync(a, partition: 1);
        Assert.Equal(0u, await topic.StoreAsync(a, 1, 0));
        var b = await topic.JoinAsync();
        await a.DoAsync(605, topic.Address);
        Assert.Equal([0u, 1u], Assert.Single(await topic.MembersAsync()).Value);
        Assert.Equal([1ul, 2], (await topic.PollAsync(b, partition: 1)).Offsets); // after what was committed
    }

    [Fact]
    public async Task Partitions_AddedWhileOneIsPromised_AreDealtAnewWithoutWaiting()
    {
        using var topic = await GroupTopic.MakeAsync(fixture.Server, 2);
        await topic.SendAsync(1, 2);
        var a = await topic.JoinAsync();
        await topic.PollAsync(a, partition: 1);
        var b = await topic.JoinAsync();
        await topic.Owner.DoAsync(402, topic.Stream, topic.Topic, U32(2));
        Assert.Equal(["0,2", "1,3"], (await topic.MembersAsync()).Values.Select(ids => string.Join(',', ids)));
        Assert.Equal([0ul, 1], (await topic.PollAsync(b, partition: 1)).Offsets);
        Assert.Equal(3022u, await topic.StoreAsync(a, 1, 1));
    }

    [Fact]
    public async Task Partitions_RemovedWithUncommittedWork_TheRestGoesOn()
    {
        using var topic = await GroupTopic.MakeAsync(fixture.Server, 3);
        await topic.SendAsync(2, 2);
        await topic.SendAsync(0, 1);
        var a = await topic.JoinAsync();
        await topic.PollAsync(a, partition: 2);
        await topic.Owner.DoAsync(403, topic.Stream, topic.Topic, U32(1));
        Assert.Equal(3022u, await topic.StoreAsync(a, 2, 1));
        var polls = new[] { await topic.PollAsync(a), await topic.PollAsync(a) };
        Assert.Equal([0u, 1u], polls.Select(poll => poll.Partition).Order());
        Assert.Equal([0ul], polls.SelectMany(poll => poll.Offsets));
    }

    [Fact]
    public async Task User_DeletedOrInactive_LosesItsPlaceThoughItsConnectionIsSilent()
    {
        await using var server = await ServerProcess.StartAsync(settings: new Dictionary<string, string>
        {
            ["IGGY_CONSUMER_GROUP_REBALANCING_CHECK_INTERVAL"] = "20 ms",
        });
        using var topic = await GroupTopic.MakeAsync(server, 2);
        foreach (var user in new[] { "deleted", "inactive" })
        {
            await topic.Owner.DoAsync(33, PermissionBytes.NewUser(user, "secret", PermissionBytes.Global("read_topics")));
            var member = await topic.JoinAsync(user, "secret");
            await member.DoAsync(100, topic.Poll());
        }
        await topic.JoinAsync();
        Assert.Equal(3, (await topic.MembersAsync()).Count);
        await topic.Owner.DoAsync(34, Id("deleted"));
        Assert.Equal([1u, 2u], (await topic.MembersWhenAsync(members => members.Count == 2)).Keys);
        await topic.Owner.DoAsync(35, Id("inactive"), U8(0), U8(1), U8(2));
        Assert.Equal([0u, 1u], Assert.Single(await topic.MembersWhenAsync(members => members.Count == 1)).Value);
    }

    [Fact]
    public async Task Logout_KeepsThePlace_AndTheNextUserNeedsItsOwnLeave()
    {
        using var topic = await GroupTopic.MakeAsync(fixture.Server, 1);
        await topic.SendAsync(0, 1);
        await topic.Owner.DoAsync(33, PermissionBytes.NewUser("nobody-of-groups", "secret", PermissionBytes.None));
        var member = await topic.JoinAsync();
        await member.DoAsync(39);
        Assert.Equal(40u, (await member.AskAsync(100, topic.Poll())).Status);
        Assert.Single(await topic.MembersAsync());
        await member.DoAsync(38, Login("nobody-of-groups", "secret"));
        Assert.Equal(41u, (await member.AskAsync(100, topic.Poll())).Status);
        Assert.Equal(41u, (await member.AskAsync(121, topic.Consumer(0), U64(0))).Status);
        await member.DoAsync(38, Login(ServerProcess.Username, ServerProcess.Password));
        Assert.Equal([0ul], (await topic.PollAsync(member)).Offsets);
    }

    // In turn, until a whole round finds nothing; each member's partitions with messages are returned.
    private static async Task<SortedSet<uint>[]> DrainAsync(GroupTopic topic, RawClient[] members, List<(uint, ulong)> seen)
    {
        var sources = members.Select(_ => new SortedSet<uint>()).ToArray();
        for (var empty = 0; empty < 8 * members.Length;)
        {
            for (var i = 0; i < members.Length; i++)
            {
                var (partition, _, offsets) = await topic.PollAsync(members[i], autoCommit: true);
                empty = offsets.Count == 0 ? empty + 1 : 0;
                if (offsets.Count > 0)
                    sources[i].Add(partition);
                seen.AddRange(offsets.Select(offset => (partition, offset)));
            }
        }
        return sources;
    }
}
