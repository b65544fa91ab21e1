using System.Buffers.Binary;
using System.Net;
using Iggy.EndToEnd.Tests.Setup;
using Iggy.Testing;
using static Iggy.Testing.RawClient;

namespace Iggy.EndToEnd.Tests;

/// <summary>Consumer groups over the wire: commands, offsets, and who reads what.</summary>
public class GroupTests(ServerFixture fixture)
{
    private protected virtual EndPoint AddressOf(ServerProcess server) => server.Tcp;

    /// <summary>The code by which a refusal is told.</summary>
    private protected virtual uint Told(uint code, uint status) => status;

    /// <summary>Whether who asks for groups is told that stream or topic are missing.</summary>
    private protected virtual bool IsToldWhatIsMissing => false;

    /// <summary>What an offset of a group that nobody is in is answered, without a partition.</summary>
    private protected virtual uint WhileNobodyIsIn(uint code) => 5006;

    [Fact]
    public async Task Groups_MakeLookRemove_AnswerAsDocumented()
    {
        var (client, stream, topic) = await fixture.NewTopicAsync(2, AddressOf(fixture.Server));
        using var _ = client;
        Assert.Empty(await client.DoAsync(601, stream, topic));
        Assert.Equal(Join(U32(0), U32(2), U32(0), Name("workers")), await client.DoAsync(602, stream, topic, Name("workers")));
        Assert.Equal(5004u, (await client.AskAsync(602, stream, topic, Name("workers"))).Status);
        Assert.Equal(4u, (await client.AskAsync(602, stream, topic, U8(0))).Status);
        Assert.Equal(Join(U32(1), U32(2), U32(0), Name("Workers")), await client.DoAsync(602, stream, topic, Name("Workers")));
        Assert.Equal(Join(U32(0), U32(2), U32(0), Name("workers")), await client.DoAsync(600, stream, topic, Id(0)));

        Assert.Empty(await client.DoAsync(604, stream, topic, Id("workers")));
        Assert.Empty(await client.DoAsync(604, stream, topic, Id(0))); // again, by number: no change
        var joined = Join(U32(0), U32(2), U32(1), Name("workers"), U32(0), U32(2), U32(0), U32(1));
        Assert.Equal(joined, await client.DoAsync(600, stream, topic, Id("workers")));
        Assert.Equal(Join(U32(0), U32(2), U32(1), Name("workers"), U32(1), U32(2), U32(0), Name("Workers")), await client.DoAsync(601, stream, topic));

        Assert.Empty(await client.DoAsync(605, stream, topic, Id("workers")));
        Assert.Equal(5006u, (await client.AskAsync(605, stream, topic, Id("workers"))).Status);
        Assert.Empty(await client.DoAsync(603, stream, topic, Id("workers")));
        Assert.Empty(await client.DoAsync(600, stream, topic, Id("workers")));
        foreach (var code in new uint[] { 603, 604, 605 })
            Assert.Equal(5000u, (await client.AskAsync(code, stream, topic, Id("workers"))).Status);
        Assert.Equal(U32(0), (await client.DoAsync(602, stream, topic, Name("new")))[..4]); // the lowest free number
    }

    // Goal: a member that found nothing again and again, and is no longer asked for, finds what comes, and loses what goes to another. Method: three empty
    // polls before each change.
    [Fact]
    public async Task Poll_EmptyAgainAndAgain_FindsWhatComesAndWhoHasIt()
    {
        var (client, stream, topic) = await fixture.NewTopicAsync(1, AddressOf(fixture.Server));
        using var _ = client;
        using var other = await LogInAsync(AddressOf(fixture.Server));
        await client.DoAsync(602, stream, topic, Name("g"));
        await client.DoAsync(604, stream, topic, Id("g"));
        var send = Messages(stream, topic, ToPartition(0), (0, "m"u8.ToArray(), []));
        for (var round = 0ul; round < 10; round++)
        {
            await EmptyAsync(client);
            await other.DoAsync(101, send);
            Assert.Equal([round], await PollAsync(client));
        }
        await EmptyAsync(client);
        await other.DoAsync(604, stream, topic, Id("g"));
        await EmptyAsync(other);
        await client.DoAsync(605, stream, topic, Id("g"));
        await other.DoAsync(101, send);
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        ulong[] found;
        while ((found = await PollAsync(other)).Length == 0)
            limit.Token.ThrowIfCancellationRequested(); // the partition is on its way
        Assert.Equal([10ul], found);

        async Task<ulong[]> PollAsync(RawClient who) => [.. ReadPoll(await who.DoAsync(100, U8(2), Id("g"), stream, topic, U8(0), U32(0), U8(5), U64(0), U32(100), U8(1))).Messages.Select(message => message.Offset)];
        async Task EmptyAsync(RawClient who)
        {
            for (var i = 0; i < 3; i++)
                Assert.Empty(await PollAsync(who));
        }
    }

    [Fact]
    public async Task Groups_OfSomethingMissing_AnswerAsDocumented()
    {
        var (client, stream, topic) = await fixture.NewTopicAsync(1, AddressOf(fixture.Server));
        using var _ = client;
        foreach (var (from, of, status) in new[] { (Id("nope"), topic, 1009u), (stream, Id("nope"), 2010u) })
        {
            foreach (var code in new uint[] { 600, 601 })
                Assert.Equal(IsToldWhatIsMissing ? status : 0, (await client.AskAsync(code, from, of, Id(0))).Status);
            Assert.Equal(status, (await client.AskAsync(602, from, of, Name("g"))).Status);
            foreach (var code in new uint[] { 603, 604, 605 })
                Assert.Equal(status, (await client.AskAsync(code, from, of, Id(0))).Status);
            var consumer = Join(U8(2), Id(0), from, of, U8(0), U32(0));
            Assert.Equal(status, (await client.AskAsync(100, consumer, U8(5), U64(0), U32(1), U8(0))).Status);
            Assert.Equal(Told(121, status), (await client.AskAsync(121, consumer, U64(0))).Status);
            Assert.Equal(Told(122, status), (await client.AskAsync(122, consumer)).Status);
            Assert.Empty(await client.DoAsync(120, consumer));
        }

        var missing = Join(U8(2), Id("g"), stream, topic, U8(0), U32(0));
        Assert.Equal(5000u, (await client.AskAsync(100, missing, U8(5), U64(0), U32(1), U8(0))).Status);
        Assert.Equal(Told(122, 5000), (await client.AskAsync(122, missing)).Status);
        await client.DoAsync(602, stream, topic, Name("g"));
        Assert.Equal(5006u, (await client.AskAsync(100, missing, U8(5), U64(0), U32(1), U8(0))).Status); // there, but not joined
        Assert.Equal(WhileNobodyIsIn(121), (await client.AskAsync(121, missing, U64(0))).Status);
        Assert.Equal(WhileNobodyIsIn(122), (await client.AskAsync(122, missing)).Status);
        Assert.Empty(await client.DoAsync(120, missing));
    }

    [Fact]
    public async Task Memberships_ShowInClientsAndStats_UntilTheGroupOrTopicGoes()
    {
        await using var server = await ServerProcess.StartAsync();
        using var topic = await GroupTopic.MakeAsync(server, 1);
        await topic.Owner.DoAsync(602, topic.Stream, topic.Topic, Name("other"));
        using var member = await topic.JoinAsync();
        await member.DoAsync(604, topic.Stream, topic.Topic, Id("other"));

        byte[] Groups(byte[] details) => details[(9 + 4 + (int)BinaryPrimitives.ReadUInt32LittleEndian(details.AsSpan(9)))..];
        async Task<uint> StatsAsync() => BinaryPrimitives.ReadUInt32LittleEndian((await topic.Owner.DoAsync(10)).AsSpan(104));
        var me = await member.DoAsync(20);
        Assert.Equal(Join(U32(2), U32(0), U32(0), U32(0), U32(0), U32(0), U32(1)), Groups(me));
        Assert.Equal(me, await topic.Owner.DoAsync(21, me[..4]));
        Assert.Contains(Convert.ToHexString(me[..^24]), Convert.ToHexString(await topic.Owner.DoAsync(22)), StringComparison.Ordinal); // the record with its count
        Assert.Equal(2u, await StatsAsync());

        await topic.Owner.DoAsync(603, topic.Stream, topic.Topic, Id("other"));
        Assert.Equal(Join(U32(1), U32(0), U32(0), U32(0)), Groups(await member.DoAsync(20)));
        await topic.Owner.DoAsync(303, topic.Stream, topic.Topic);
        Assert.Equal(U32(0), Groups(await member.DoAsync(20)));
        Assert.Equal(0u, await StatsAsync());
        Assert.Equal(2010u, (await member.AskAsync(100, topic.Poll())).Status);
    }

    [Fact]
    public async Task Poll_WithoutAPartition_GoesRoundThoseOfTheMember()
    {
        using var topic = await GroupTopic.MakeAsync(fixture.Server, 3);
        for (var partition = 0u; partition < 3; partition++)
            await topic.SendAsync(partition, 2);
        var member = await topic.JoinAsync();
        var polls = new List<(uint, int)>();
        for (var i = 0; i < 7; i++)
        {
            var (partition, current, offsets) = await topic.PollAsync(member, autoCommit: true);
            Assert.Equal(1ul, current);
            polls.Add((partition, offsets.Count));
        }
        Assert.Equal([(0u, 2), (1u, 2), (2u, 2), (0u, 0), (1u, 0), (2u, 0), (0u, 0)], polls); // also when there is nothing
        Assert.Equal(1u, (await topic.PollAsync(member, partition: 1)).Partition);
    }

    [Fact]
    public async Task Members_MoreThanPartitions_AreIdleUntilOthersLeave()
    {
        using var topic = await GroupTopic.MakeAsync(fixture.Server, 2);
        var (a, b, c) = (await topic.JoinAsync(), await topic.JoinAsync(), await topic.JoinAsync());
        await topic.SendAsync(0, 1);
        Assert.Equal(["0", "1", ""], (await topic.MembersAsync()).Values.Select(ids => string.Join(',', ids)));
        Assert.Equal(Join(U32(0), U64(0), U32(0)), await c.DoAsync(100, topic.Poll()));
        Assert.Equal(Join(U32(0), U64(0), U32(0)), await b.DoAsync(100, topic.Poll(partition: 0))); // not its own: empty, no error
        Assert.Equal(Join(U32(0), U64(0), U32(0)), await b.DoAsync(100, topic.Poll(partition: 7)));
        Assert.Equal(3022u, await topic.StoreAsync(c, null, 0));
        Assert.Equal(3022u, await topic.StoreAsync(b, 0, 0));

        await a.DoAsync(605, topic.Address);
        Assert.Equal(5006u, (await a.AskAsync(100, topic.Poll())).Status);
        Assert.Equal([1u, 2u], (await topic.MembersAsync()).Keys);
        Assert.Equal(1u, (await topic.PollAsync(c)).Partition);
        Assert.Equal([0ul], (await topic.PollAsync(b)).Offsets);
    }

    [Fact]
    public async Task Disconnect_FreesThePartitionsOfTheMember()
    {
        using var topic = await GroupTopic.MakeAsync(fixture.Server, 2);
        await topic.SendAsync(0, 3);
        var (a, b) = (await topic.JoinAsync(), await topic.JoinAsync());
        Assert.Equal([0ul, 1, 2], (await topic.PollAsync(a)).Offsets);
        a.Dispose(); // without a word, and without a commit
        Assert.Equal([0u, 1u], (await topic.MembersWhenAsync(members => members.Count == 1))[1]);
        Assert.Equal([0ul, 1, 2], (await topic.PollAsync(b, partition: 0)).Offsets);
    }

    [Fact]
    public async Task Offsets_OfAGroup_FollowTheRules()
    {
        using var topic = await GroupTopic.MakeAsync(fixture.Server, 2);
        var member = await topic.JoinAsync();
        Assert.Equal(4100u, await topic.StoreAsync(member, 0, 0)); // nothing was ever written
        Assert.Equal(3021u, (await member.AskAsync(122, topic.Consumer(0))).Status);
        await topic.SendAsync(0, 3);
        await topic.SendAsync(1, 3);
        Assert.Equal(4100u, await topic.StoreAsync(member, 0, 3));
        Assert.Equal(3022u, await topic.StoreAsync(member, 2, 0));

        Assert.Equal(0u, (await topic.PollAsync(member)).Partition);
        Assert.Equal(0u, await topic.StoreAsync(member, null, 1)); // none given: the one polled last
        Assert.Equal(Join(U32(0), U64(2), U64(1)), await topic.Owner.DoAsync(120, topic.Consumer(null))); // anybody may ask; none given: 0
        Assert.Equal(1u, (await topic.PollAsync(member)).Partition);
        Assert.Equal(0u, await topic.StoreAsync(member, null, 2));
        Assert.Equal(Join(U32(1), U64(2), U64(2)), await topic.Owner.DoAsync(120, topic.Consumer(1)));
        Assert.Empty(await topic.Owner.DoAsync(120, topic.Consumer(2)));
        Assert.Empty(await topic.Owner.DoAsync(120, U8(1), Id(0), topic.Stream, topic.Topic, U8(1), U32(0))); // consumer 0 is somebody else
        await member.DoAsync(122, topic.Consumer(null));
        Assert.Empty(await topic.Owner.DoAsync(120, topic.Consumer(1)));
        Assert.Equal(0u, await topic.StoreAsync(member, 0, 0)); // back is allowed to the one who owns it
        Assert.Equal([1ul, 2], (await topic.PollAsync(member, partition: 0)).Offsets);
    }

    // An operator winds a group back: nobody reads for it, so nobody is disturbed.
    [Fact]
    public async Task Offsets_OfAGroupThatNobodyIsIn_AreSetByWhoeverMayReadTheTopic()
    {
        using var topic = await GroupTopic.MakeAsync(fixture.Server, 2);
        await topic.SendAsync(0, 5);
        Assert.Equal(5006u, await topic.StoreAsync(topic.Owner, null, 1)); // of which partition?
        Assert.Equal(0u, await topic.StoreAsync(topic.Owner, 0, 1));
        Assert.Equal(Join(U32(0), U64(4), U64(1)), await topic.Owner.DoAsync(120, topic.Consumer(0)));
        Assert.Equal(4100u, await topic.StoreAsync(topic.Owner, 0, 5));
        Assert.Equal(3007u, await topic.StoreAsync(topic.Owner, 2, 0));

        var member = await topic.JoinAsync();
        Assert.Equal(5006u, await topic.StoreAsync(topic.Owner, 0, 0)); // its reader alone moves it now
        Assert.Equal([2ul, 3, 4], (await topic.PollAsync(member, partition: 0, autoCommit: true)).Offsets);
        await member.DoAsync(605, topic.Address);

        using var newer = await RawVsrClient.LogInAsync(fixture.Server.Tcp);
        await newer.DoAsync(121, topic.Consumer(0), U64(2), U8(1));
        Assert.Equal(Join(U32(0), U64(4), U64(2)), await topic.Owner.DoAsync(120, topic.Consumer(0)));
        await topic.Owner.DoAsync(122, topic.Consumer(0));
        Assert.Equal(3021u, (await topic.Owner.AskAsync(122, topic.Consumer(0))).Status);
    }

    [Fact]
    public async Task Delete_ThenTheSameNameAgain_StartsFromTheBeginning()
    {
        using var topic = await GroupTopic.MakeAsync(fixture.Server, 1);
        await topic.SendAsync(0, 3);
        var member = await topic.JoinAsync();
        Assert.Equal(3, (await topic.PollAsync(member, autoCommit: true)).Offsets.Count);
        await topic.Owner.DoAsync(603, topic.Address);
        Assert.Equal(5000u, (await member.AskAsync(100, topic.Poll())).Status);
        await topic.Owner.DoAsync(602, topic.Stream, topic.Topic, Name("g"));
        Assert.Equal(5006u, (await member.AskAsync(100, topic.Poll())).Status);
        await member.DoAsync(604, topic.Address);
        Assert.Equal([0ul, 1, 2], (await topic.PollAsync(member)).Offsets);
    }

    [Fact]
    public async Task Purge_KeepsMembersAndDropsOffsets()
    {
        using var topic = await GroupTopic.MakeAsync(fixture.Server, 1);
        await topic.SendAsync(0, 3);
        var member = await topic.JoinAsync();
        await topic.PollAsync(member, autoCommit: true);
        await topic.Owner.DoAsync(305, topic.Stream, topic.Topic);
        Assert.Empty(await topic.Owner.DoAsync(120, topic.Consumer(0)));
        Assert.Single(await topic.MembersAsync());
        await topic.SendAsync(0, 1);
        Assert.Equal([0ul], (await topic.PollAsync(member)).Offsets);
    }

    [Fact]
    public async Task Restart_KeepsGroupsAndOffsets_AndMembersJoinAgain()
    {
        var server = await ServerProcess.StartAsync();
        try
        {
            byte[] address, consumer;
            using (var topic = await GroupTopic.MakeAsync(server, 1))
            {
                (address, consumer) = (topic.Address, topic.Consumer(null));
                await topic.SendAsync(0, 5);
                var member = await topic.JoinAsync();
                await topic.PollAsync(member);
                Assert.Equal(0u, await topic.StoreAsync(member, 0, 2));
                await server.KillAsync();
            }
            await server.DisposeAsync();
            server = await ServerProcess.StartAsync(server.DataPath);
            using var again = await LogInAsync(AddressOf(server));
            Assert.Equal(5006u, (await again.AskAsync(100, consumer, U8(5), U64(0), U32(9), U8(0))).Status);
            Assert.Equal(Join(U32(0), U32(1), U32(0), Name("g")), await again.DoAsync(600, address));
            await again.DoAsync(604, address);
            Assert.Equal([3ul, 4], ReadPoll(await again.DoAsync(100, consumer, U8(5), U64(0), U32(9), U8(0))).Messages.Select(message => message.Offset));
        }
        finally
        {
            await server.DisposeAsync();
            Directory.Delete(server.DataPath, recursive: true);
        }
    }
}
