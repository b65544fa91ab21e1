using System.Buffers.Binary;
using Iggy.Testing;
using static Iggy.Testing.RawClient;

namespace Iggy.EndToEnd.Tests;

/// <summary>Requests of the 0.12 line: many at a time, reads that wait, histories of partitions, patches.</summary>
public sealed class SessionsLineTests(ServerFixture fixture)
{
    private static readonly byte[] s_consumer = [1, .. Id(7)];

    [Fact]
    public async Task Requests_OfOneConnection_AreAnsweredByNumberAndSendsKeepTheirOrder()
    {
        var (client, stream, topic) = await NewTopicAsync(1);
        using var _ = client;
        var context = await client.RouteAsync(stream, topic, 0);
        var waiting = await client.StartAsync(106, RawSessionsClient.DeferredPoll(s_consumer, stream, topic, 0, 1, 200, 10, false, 20_000_000), context);
        var numbers = new List<ulong>();
        for (var id = 1UL; id <= 200; id++)
            numbers.Add(await client.StartAsync(101, Send(stream, topic, 0, id), context));
        var ping = await client.StartAsync(1, []);

        var offsets = new List<ulong>();
        foreach (var number in numbers)
        {
            var (status, confirmation) = RawSessionsClient.Read(await client.ReplyAsync(number));
            Assert.Equal((0u, 1u), (status, BinaryPrimitives.ReadUInt32LittleEndian(confirmation)));
            offsets.Add(BinaryPrimitives.ReadUInt64LittleEndian(confirmation.AsSpan(16)));
        }
        Assert.Equal(Enumerable.Range(0, 200).Select(offset => (ulong)offset), offsets); // in the order in which they were sent
        Assert.Equal(0u, (await client.ReplyAsync(ping)).Status); // while the read still waits

        await client.DoAsync(201);
        var (code, _) = await client.AskAsync(101, Send(stream, topic, 0, 201), context);
        Assert.Equal(0u, code);
        var (_, told, messages) = RawSessionsClient.ReadPoll(RawSessionsClient.Read(await client.ReplyAsync(waiting)).Payload);
        Assert.Equal((context.Incarnation, 201UL), (told.Incarnation, Assert.Single(messages).IdLow));
    }

    [Fact]
    public async Task Request_AboveAsManyAsMayBeUnderWay_IsRefusedAndTheRestGoesOn()
    {
        var (client, stream, topic) = await NewTopicAsync(1);
        using var _ = client;
        var context = await client.RouteAsync(stream, topic, 0);
        var poll = RawSessionsClient.DeferredPoll(s_consumer, stream, topic, 0, 1, 0, 10, false, 25_000_000);
        var waiting = new List<ulong>();
        for (var i = 0; i < 256; i++)
            waiting.Add(await client.StartAsync(106, poll, context));
        Assert.Equal(90u, (await client.AskAsync(106, poll, context)).Status);
        Assert.Equal(58u, (await client.AskAsync(201, [])).Status);
        Assert.Equal(0u, (await client.AskAsync(1, [])).Status);

        await client.StartAsync(108, [], number: waiting[0]);
        Assert.Equal(58u, (await client.ReplyAsync(waiting[0])).Status);
        await client.StartAsync(108, [], number: 1_000_000); // nothing waits under it
        Assert.Equal(0u, (await client.AskAsync(101, Send(stream, topic, 0, 1), context)).Status);
        foreach (var number in waiting.Skip(1))
            Assert.Single(RawSessionsClient.ReadPoll(RawSessionsClient.Read(await client.ReplyAsync(number)).Payload).Messages);
    }

    [Fact]
    public async Task Poll_ThatWaits_EndsWithEnoughMessagesOrWithItsTime()
    {
        var (client, stream, topic) = await NewTopicAsync(1);
        using var _ = client;
        var context = await client.RouteAsync(stream, topic, 0);
        var (status, empty) = await client.AskAsync(106, RawSessionsClient.DeferredPoll(s_consumer, stream, topic, 0, 5, 0, 10, true, 0), context);
        Assert.Equal((0u, 40), (status, empty.Length));
        (status, empty) = await client.AskAsync(106, RawSessionsClient.DeferredPoll(s_consumer, stream, topic, 0, 5, 0, 10, true, 100_000), context);
        Assert.Equal((0u, 40), (status, empty.Length));

        var waiting = await client.StartAsync(106, RawSessionsClient.DeferredPoll(s_consumer, stream, topic, 0, 5, 0, 10, true, 25_000_000, minCount: 3), context);
        for (var id = 1UL; id <= 3; id++)
            Assert.Equal(0u, (await client.AskAsync(101, Send(stream, topic, 0, id), context)).Status);
        Assert.Equal(3, RawSessionsClient.ReadPoll(RawSessionsClient.Read(await client.ReplyAsync(waiting)).Payload).Messages.Count);
        var stored = (await client.AskAsync(120, Join(s_consumer, stream, topic, U8(1), U32(0)), context)).Payload;
        Assert.Equal(2UL, BinaryPrimitives.ReadUInt64LittleEndian(stored.AsSpan(12))); // committed before the answer
        Assert.Single(RawSessionsClient.ReadPoll((await client.AskAsync(106, RawSessionsClient.DeferredPoll(s_consumer, stream, topic, 0, 1, 0, 10, false, 0, maxBytes: 344), context)).Payload).Messages);
    }

    [Theory]
    [InlineData(600_000_001ul, 1u, 1000u, 620_000_000ul)]
    [InlineData(0ul, 0u, 1000u, 1ul)]
    [InlineData(0ul, 11u, 1000u, 1ul)]
    [InlineData(0ul, 1u, 343u, 1ul)]
    [InlineData(0ul, 1u, 1000u, 0ul)]
    [InlineData(1_000_000ul, 1u, 1000u, 1_999_999ul)]
    [InlineData(0ul, 1u, 1000u, 630_000_001ul)]
    public async Task Poll_WithAWaitThatCannotBe_IsRefusedAndTheSessionGoesOn(ulong wait, uint minCount, uint maxBytes, ulong timeout)
    {
        var (client, stream, topic) = await NewTopicAsync(1);
        using var _ = client;
        var context = await client.RouteAsync(stream, topic, 0);
        Assert.Equal(3u, (await client.AskAsync(106, RawSessionsClient.DeferredPoll(s_consumer, stream, topic, 0, 1, 0, 10, false, wait, minCount, maxBytes, timeout), context)).Status);
        Assert.Equal(0u, (await client.AskAsync(1, [])).Status);
    }

    [Fact]
    public async Task Poll_ThatAsksForMoreThanThereIs_WaitsForAsLongAsTheServerLets()
    {
        await using var server = await ServerProcess.StartAsync(settings: new Dictionary<string, string> { ["Iggy__Limits__MaxReadWait"] = "00:00:01", ["Iggy__Limits__MaxWaitingReads"] = "1" });
        using var client = await RawSessionsClient.LogInAsync(server.Tcp);
        await client.DoAsync(202, Name("s"));
        await client.DoAsync(302, Id("s"), U32(1), Name("t"));
        var context = await client.RouteAsync(Id("s"), Id("t"), 0);
        var poll = RawSessionsClient.DeferredPoll(s_consumer, Id("s"), Id("t"), 0, 1, 0, 10, false, 600_000_000);
        var waiting = await client.StartAsync(106, poll, context);
        Assert.Equal(90u, (await client.AskAsync(106, poll, context)).Status);
        Assert.Equal(40, RawSessionsClient.Read(await client.ReplyAsync(waiting)).Payload.Length);
    }

    [Fact]
    public async Task History_OfAPartitionThatWasMadeAnew_IsRefused()
    {
        var (client, stream, topic) = await NewTopicAsync(1);
        using var _ = client;
        var before = await client.RouteAsync(stream, topic, 0);
        Assert.Equal(0u, (await client.AskAsync(101, Send(stream, topic, 0, 1), before)).Status);
        await client.DoAsync(303, stream, topic);
        await client.DoAsync(302, stream, U32(1), Name("t"));
        var after = await client.RouteAsync(stream, topic, 0);
        Assert.True(after.Incarnation != before.Incarnation && after.MetadataOp > before.MetadataOp);

        var poll = RawSessionsClient.DeferredPoll(s_consumer, stream, topic, 0, 1, 0, 10, false, 0);
        Assert.Equal(87u, (await client.AskAsync(101, Send(stream, topic, 0, 2), before)).Status);
        Assert.Equal(87u, (await client.AskAsync(106, poll, before)).Status);
        Assert.Equal(87u, (await client.AskAsync(106, poll)).Status);
        Assert.Equal(87u, (await client.AskAsync(121, Join(s_consumer, stream, topic, U8(1), U32(0), U64(0), U8(1)), before)).Status);
        Assert.Equal(0u, (await client.AskAsync(101, Send(stream, topic, 0, 3), after)).Status);
        Assert.Equal(3UL, Assert.Single(RawSessionsClient.ReadPoll((await client.AskAsync(106, poll, after)).Payload).Messages).IdLow);
        Assert.Equal(5009u, (await client.AskAsync(106, poll, after with { OwnerGeneration = 4 })).Status);
    }

    [Fact]
    public async Task Fetch_OfSeveralPartitions_ReadsThemTogetherAndWaitsForAny()
    {
        var (client, stream, topic) = await NewTopicAsync(3);
        using var _ = client;
        var routes = new[] { await client.RouteAsync(stream, topic, 0), await client.RouteAsync(stream, topic, 1), await client.RouteAsync(stream, topic, 2) };
        Assert.Equal(0u, (await client.AskAsync(101, Send(stream, topic, 1, 1), routes[1])).Status);
        Assert.Equal(0u, (await client.AskAsync(101, Send(stream, topic, 2, 2), routes[2])).Status);

        var sections = Sections((await client.AskAsync(109, Fetch(stream, topic, 0, routes[0], routes[1], new(1, 0, 0)))).Payload);
        Assert.Equal([(1u, 0u, 1u), (2u, 87u, 0u)], sections.Select(section => (section.Partition, section.Status, section.Count)));
        var waiting = await client.StartAsync(109, Fetch(stream, topic, 25_000_000, routes[0]));
        Assert.Equal(0u, (await client.AskAsync(101, Send(stream, topic, 0, 3), routes[0])).Status);
        Assert.Equal([(0u, 0u, 1u)], Sections(RawSessionsClient.Read(await client.ReplyAsync(waiting)).Payload).Select(section => (section.Partition, section.Status, section.Count)));

        Assert.Equal(3u, (await client.AskAsync(109, Fetch(stream, topic, 0, [.. Enumerable.Repeat(routes[0], 10_000)]))).Status);
        Assert.Equal(3u, (await client.AskAsync(109, Fetch(stream, topic, 0))).Status);
        Assert.Equal(0u, (await client.AskAsync(1, [])).Status);
    }

    [Fact]
    public async Task Group_OfTwoSessions_ReadsByOwnerGeneration()
    {
        var (first, stream, topic) = await NewTopicAsync(2);
        using var _ = first;
        using var second = await RawSessionsClient.LogInAsync(fixture.Server.Tcp);
        byte[] group = [2, .. Id("g")];
        await first.DoAsync(602, stream, topic, Name("g"));
        await first.DoAsync(604, stream, topic, Id("g"));
        var routes = new[] { await first.RouteAsync(stream, topic, 0), await first.RouteAsync(stream, topic, 1) };
        for (var partition = 0u; partition < 2; partition++)
            Assert.Equal(0u, (await first.AskAsync(101, Send(stream, topic, partition, partition + 1), routes[partition])).Status);
        Assert.Equal(2, (await SyncAsync(first, stream, topic)).Length);
        await second.DoAsync(604, stream, topic, Id("g"));

        var seen = new List<ulong>();
        foreach (var member in new[] { first, second })
        {
            var mine = Assert.Single(await SyncAsync(member, stream, topic));
            var poll = RawSessionsClient.DeferredPoll(group, stream, topic, mine, 5, 0, 10, false, 0);
            var (_, told, messages) = RawSessionsClient.ReadPoll((await member.AskAsync(106, poll, routes[mine])).Payload);
            seen.Add(Assert.Single(messages).IdLow);
            Assert.NotEqual(0UL, told.OwnerGeneration);
            Assert.Equal(0u, (await member.AskAsync(106, poll, told)).Status);
            Assert.Equal(5009u, (await member.AskAsync(106, poll, told with { OwnerGeneration = told.OwnerGeneration + 1 })).Status);
            var store = Join(group, stream, topic, U8(1), U32(mine), U64(0), U8(1));
            Assert.Equal(5009u, (await member.AskAsync(121, store, told with { OwnerGeneration = told.OwnerGeneration + 1 })).Status);
            Assert.Equal(0u, (await member.AskAsync(121, store, told)).Status);
        }
        Assert.Equal([1UL, 2UL], seen.Order());
    }

    [Fact]
    public async Task Patch_OfResources_ChangesWhatIsGivenAndRefusesTheRest()
    {
        var (client, stream, topic) = await NewTopicAsync(1);
        using var _ = client;
        async Task<uint> PatchAsync(params byte[][] body) => (await client.AskAsync(16, Join(body))).Status;

        Assert.Equal(0u, await PatchAsync([1], stream, topic, [0], RawVsrClient.Option("message_expiry", 3_600_000_000), RawVsrClient.Option("name", "t2")));
        Assert.Contains("message_expiry", System.Text.Encoding.ASCII.GetString(await client.DoAsync(300, stream, Id("t2"))), StringComparison.Ordinal);
        Assert.Equal(0u, await PatchAsync([1], stream, Id("t2"), [1], Name("message_expiry"), RawVsrClient.Option("name", "t")));
        Assert.Equal(3u, await PatchAsync([1], stream, topic, [0]));
        Assert.Equal(3u, await PatchAsync([1], stream, topic, [2], Name("message_expiry"), Name("message_expiry")));
        Assert.Equal(3u, await PatchAsync([1], stream, topic, [0], RawVsrClient.Option("message_expiry", 0)));
        Assert.Equal(4041u, await PatchAsync([1], stream, topic, [0], RawVsrClient.Option("colour", "red")));
        Assert.Equal(4041u, await PatchAsync([1], stream, topic, [0], RawVsrClient.Option("enforce_fsync", "true")));
        Assert.Equal(4103u, await PatchAsync([1], stream, topic, [0], RawVsrClient.Option("durability", "persisted")));
        Assert.Equal(4104u, await PatchAsync([1], stream, topic, [1], Name("name")));
        Assert.Equal(4105u, await PatchAsync([2], stream, [0], RawVsrClient.Option("encryption_key_source", "server")));
        Assert.Equal(4042u, await PatchAsync([1], stream, topic, [0], RawVsrClient.Option("message_expiry", "soon")));
        Assert.Equal(4108u, await PatchAsync([3], Id(0), [0], RawVsrClient.Option("username", "somebody")));
        Assert.Equal(2010u, await PatchAsync([1], stream, Id("nope"), [0], RawVsrClient.Option("name", "x")));
        foreach (var removed in new uint[] { 204, 205, 304, 305, 35, 102 })
            Assert.Equal(3u, (await client.AskAsync(removed, Join(stream, topic))).Status);

        await client.DoAsync(302, stream, U32(1), Name("fixed"), RawVsrClient.Option("partition_resize_policy", "fixed"));
        Assert.Equal(2023u, (await client.AskAsync(402, Join(stream, Id("fixed"), U32(1)))).Status);
        Assert.Equal(4106u, (await client.AskAsync(202, Join(Name(ServerFixture.NewName()), RawVsrClient.Option("encryption_key", Convert.ToBase64String(new byte[32]))))).Status);
        Assert.Equal(70u, (await client.AskAsync(202, Join(Name(ServerFixture.NewName()), RawVsrClient.Option("encryption_key", "short")))).Status);
        Assert.Equal(5u, (await client.AskAsync(17, [0, .. new byte[44], 0, 0, .. U32(100), 0, 0, 0])).Status);
    }

    [Fact]
    public async Task Offsets_OfAnExternalGroup_AreItsOwn()
    {
        var (client, stream, topic) = await NewTopicAsync(1);
        using var _ = client;
        var context = await client.RouteAsync(stream, topic, 0);
        Assert.Equal(0u, (await client.AskAsync(101, Send(stream, topic, 0, 1), context)).Status);
        byte[] external = [3, .. Id("kafka")], consumer = [1, .. Id("kafka")];
        Assert.Equal(0u, (await client.AskAsync(121, Join(external, stream, topic, U8(1), U32(0), U64(0), U8(1)), context)).Status);
        Assert.Equal(20, (await client.AskAsync(120, Join(external, stream, topic, U8(1), U32(0)), context)).Payload.Length);
        Assert.Empty((await client.AskAsync(120, Join(consumer, stream, topic, U8(1), U32(0)), context)).Payload);
        Assert.Equal(3u, (await client.AskAsync(106, RawSessionsClient.DeferredPoll(external, stream, topic, 0, 5, 0, 10, false, 0), context)).Status);
        Assert.Equal(0u, (await client.AskAsync(121, Join(external, stream, topic, U8(1), U32(0), U64(4711), U8(1)), context)).Status); // nobody here judges it
        Assert.Equal(4711UL, BinaryPrimitives.ReadUInt64LittleEndian((await client.AskAsync(120, Join(external, stream, topic, U8(1), U32(0)), context)).Payload.AsSpan(12)));
        Assert.Equal(4100u, (await client.AskAsync(121, Join(consumer, stream, topic, U8(1), U32(0), U64(4711), U8(1)), context)).Status);
        Assert.Equal(0u, (await client.AskAsync(122, Join(external, stream, topic, U8(1), U32(0), U8(0)), context)).Status);
    }

    [Fact]
    public async Task Messages_OfAllLinesOnOnePort_AreReadByAllOfThem()
    {
        var (client, stream, topic) = await NewTopicAsync(1);
        using var _ = client;
        using var classic = await RawClient.LogInAsync(fixture.Server.Tcp);
        using var older = await RawVsrClient.LogInAsync(fixture.Server.Tcp);
        var context = await client.RouteAsync(stream, topic, 0);
        await classic.DoAsync(101, RawClient.Messages(stream, topic, ToPartition(0), (1, [1], [])));
        await older.DoAsync(101, RawVsrClient.Messages(stream, topic, ToPartition(0), new VsrMessage(2, [2], [], 1)));
        Assert.Equal(0u, (await client.AskAsync(101, Send(stream, topic, 0, 3), context)).Status);

        var poll = RawClient.Poll(9, stream, topic, 0, 3, 0, 10);
        ulong[] all = [1, 2, 3];
        Assert.Equal(all, RawClient.ReadPoll(await classic.DoAsync(100, poll)).Messages.Select(message => message.IdLow));
        Assert.Equal(all, RawVsrClient.ReadPoll(await older.DoAsync(100, poll)).Messages.Select(message => message.IdLow));
        Assert.Equal(all, RawSessionsClient.ReadPoll((await client.AskAsync(100, poll, context)).Payload).Messages.Select(message => message.IdLow));
        Assert.Equal(all, RawSessionsClient.ReadPoll((await client.AskAsync(100, poll)).Payload).Messages.Select(message => message.IdLow)); // of an SDK that looks up no routes
    }

    private async Task<(RawSessionsClient Client, byte[] Stream, byte[] Topic)> NewTopicAsync(uint partitions)
    {
        var client = await RawSessionsClient.LogInAsync(fixture.Server.Tcp);
        var name = ServerFixture.NewName();
        await client.DoAsync(202, Name(name));
        await client.DoAsync(302, Id(name), U32(partitions), Name("t"));
        return (client, Id(name), Id("t"));
    }

    private static byte[] Send(byte[] stream, byte[] topic, uint partition, ulong id) =>
        RawVsrClient.Messages(stream, topic, ToPartition(partition), new VsrMessage(id, [1, 2, 3], [], 1));

    private static byte[] Fetch(byte[] stream, byte[] topic, ulong wait, params Context[] targets) => Join(
    [
        s_consumer, stream, topic, U64(wait), U64(wait + 10_000_000), U32(1), U32(100), U32(1 << 20), U8(0), U32((uint)targets.Length),
        .. targets.Select((target, place) => Join(U32((uint)place), U8(1), U64(0), U32(1 << 20), U64(target.Incarnation), U64(0))),
    ]);

    private static List<(uint Partition, uint Status, uint Count)> Sections(byte[] reply)
    {
        var sections = new List<(uint, uint, uint)>();
        for (var at = 4; at < 4 + (56 * BinaryPrimitives.ReadInt32LittleEndian(reply)); at += 56)
            sections.Add((BinaryPrimitives.ReadUInt32LittleEndian(reply.AsSpan(at)), BinaryPrimitives.ReadUInt32LittleEndian(reply.AsSpan(at + 4)), BinaryPrimitives.ReadUInt32LittleEndian(reply.AsSpan(at + 16))));
        return sections;
    }

    private static async Task<uint[]> SyncAsync(RawSessionsClient client, byte[] stream, byte[] topic)
    {
        var reply = await client.DoAsync(606, stream, topic, Id("g"));
        return [.. Enumerable.Range(0, BinaryPrimitives.ReadInt32LittleEndian(reply.AsSpan(8))).Select(i => BinaryPrimitives.ReadUInt32LittleEndian(reply.AsSpan(12 + (4 * i))))];
    }
}
