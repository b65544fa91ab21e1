using Iggy.EndToEnd.Tests.Setup;
using Iggy.Testing;
using static Iggy.Testing.RawClient;

namespace Iggy.EndToEnd.Tests;

/// <summary>Partitions of a group that go from one member to another, and members that are sent away.</summary>
public sealed class GroupHandOverTests(ServerFixture fixture)
{
    [Fact]
    public async Task Join_WhileMessagesAreUncommitted_WaitsForTheCommit()
    {
        using var topic = await GroupTopic.MakeAsync(fixture.Server, 2);
        await topic.SendAsync(0, 4);
        await topic.SendAsync(1, 4);
        var a = await topic.JoinAsync();
        Assert.Equal((0u, 1u), ((await topic.PollAsync(a)).Partition, (await topic.PollAsync(a)).Partition));

        var b = await topic.JoinAsync();
        Assert.Equal(["0,1", ""], (await topic.MembersAsync()).Values.Select(ids => string.Join(',', ids)));
        Assert.Empty((await topic.PollAsync(b)).Offsets);
        Assert.Equal((0u, 0u), ((await topic.PollAsync(a)).Partition, (await topic.PollAsync(a)).Partition)); // the one that leaves is skipped
        Assert.Equal(4, (await topic.PollAsync(a, partition: 1)).Offsets.Count); // unless asked for

        Assert.Equal(0u, await topic.StoreAsync(a, 1, 2));
        Assert.Empty((await topic.PollAsync(b)).Offsets); // one message is still with the other
        Assert.Equal(0u, await topic.StoreAsync(a, 1, 3));
        Assert.Equal(["0", "1"], (await topic.MembersAsync()).Values.Select(ids => string.Join(',', ids)));
        Assert.Equal(3022u, await topic.StoreAsync(a, 1, 0)); // who lost it cannot move it back
        Assert.Empty((await topic.PollAsync(a, partition: 1)).Offsets);
        await topic.SendAsync(1, 2);
        var (partition, _, offsets) = await topic.PollAsync(b);
        Assert.Equal(1u, partition);
        Assert.Equal([4ul, 5], offsets); // none twice, none lost
        Assert.Equal(0u, await topic.StoreAsync(b, null, 5));
    }

    [Fact]
    public async Task HandOver_ByAutoCommit_IsDoneWhenThePollIsAnswered()
    {
        using var topic = await GroupTopic.MakeAsync(fixture.Server, 2);
        await topic.SendAsync(1, 1);
        var a = await topic.JoinAsync();
        await topic.PollAsync(a, partition: 1);
        var b = await topic.JoinAsync();
        Assert.Single((await topic.PollAsync(a, partition: 1, autoCommit: true)).Offsets);
        await topic.SendAsync(1, 1);
        Assert.Equal([1ul], (await topic.PollAsync(b)).Offsets);
    }

    [Fact]
    public async Task Joins_OneByOne_EndEven()
    {
        using var topic = await GroupTopic.MakeAsync(fixture.Server, 7);
        for (var members = 1; members <= 5; members++)
        {
            await topic.JoinAsync();
            var shares = (await topic.MembersAsync()).Values;
            Assert.Equal(7, shares.SelectMany(ids => ids).Distinct().Count());
            Assert.All(shares, ids => Assert.InRange(ids.Count, 7 / members, (7 + members - 1) / members));
        }
    }

    [Fact]
    public async Task Partitions_AddedAndRemoved_AreDealtAnew()
    {
        using var topic = await GroupTopic.MakeAsync(fixture.Server, 1);
        var (a, b) = (await topic.JoinAsync(), await topic.JoinAsync());
        await topic.Owner.DoAsync(402, topic.Stream, topic.Topic, U32(3));
        Assert.Equal(["0,2", "1,3"], (await topic.MembersAsync()).Values.Select(ids => string.Join(',', ids)));
        await topic.SendAsync(3, 1);
        Assert.Equal((1u, 3u), ((await topic.PollAsync(b)).Partition, (await topic.PollAsync(b)).Partition));
        await topic.Owner.DoAsync(403, topic.Stream, topic.Topic, U32(2));
        Assert.Equal((0u, 0u), ((await topic.PollAsync(a)).Partition, (await topic.PollAsync(a)).Partition));
        Assert.Equal(["0", "1"], (await topic.MembersAsync()).Values.Select(ids => string.Join(',', ids)));
        await topic.Owner.DoAsync(402, topic.Stream, topic.Topic, U32(1)); // the same number, another partition
        Assert.Equal((0u, 2u), ((await topic.PollAsync(a)).Partition, (await topic.PollAsync(a)).Partition));
    }

    [Fact]
    public async Task HandOver_NotCommittedInTime_MovesAndDeliversAgain()
    {
        await using var server = await ServerProcess.StartAsync(settings: new Dictionary<string, string>
        {
            ["IGGY_CONSUMER_GROUP_REBALANCING_TIMEOUT"] = "200 ms",
            ["IGGY_CONSUMER_GROUP_REBALANCING_CHECK_INTERVAL"] = "20 ms",
        });
        using var topic = await GroupTopic.MakeAsync(server, 2);
        await topic.SendAsync(1, 2);
        var a = await topic.JoinAsync();
        Assert.Equal(2, (await topic.PollAsync(a, partition: 1)).Offsets.Count);
        var b = await topic.JoinAsync();
        await topic.MembersWhenAsync(members => members[1].Count == 1);
        Assert.Equal([0ul, 1], await topic.PollWhenThereAsync(b));
        Assert.Equal(3022u, await topic.StoreAsync(a, 1, 1));
    }

    [Fact]
    public async Task Heartbeat_SilentClient_LosesItsPlaceAndItsConnection()
    {
        await using var server = await ServerProcess.StartAsync(settings: new Dictionary<string, string>
        {
            ["IGGY_HEARTBEAT_ENABLED"] = "true",
            ["IGGY_HEARTBEAT_INTERVAL"] = "500 ms",
        });
        using var topic = await GroupTopic.MakeAsync(server, 2);
        var (silent, lively) = (await topic.JoinAsync(), await topic.JoinAsync());
        var closed = silent.IsClosedByServerAsync();
        while (!closed.IsCompleted)
        {
            await lively.DoAsync(201); // any request is a sign of life
            await topic.Owner.DoAsync(1);
        }
        Assert.True(await closed);
        await topic.MembersWhenAsync(members => members.Count == 1 && members.ContainsKey(1));
        Assert.Equal((0u, 1u), ((await topic.PollAsync(lively)).Partition, (await topic.PollAsync(lively)).Partition));
    }
}
