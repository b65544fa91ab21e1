using System.Buffers.Binary;
using System.Diagnostics;
using Iggy.Testing;
using static Iggy.Testing.RawClient;

namespace Iggy.EndToEnd.Tests;

/// <summary>Reads of the 0.12 line that wait: what they cost, and groups that read by them.</summary>
public sealed class WaitingReadsTests(ServerFixture fixture)
{
    // 4 KiB each, and what the runtime takes at a time however many there are.
    private const long MostBytesEach = 4096, SlackBytes = 32 << 20;

    [Fact]
    [Trait("kind", "process")]
    public async Task Polls_ThatWaitInThousands_CostLittleMemoryEachAndAllHaveTheirMessage()
    {
        const int Connections = 40, OfAConnection = 250;
        await using var server = await ServerProcess.StartAsync();
        var clients = new List<RawSessionsClient>();
        try
        {
            for (var i = 0; i < Connections; i++)
                clients.Add(await RawSessionsClient.LogInAsync(server.Tcp));
            await clients[0].DoAsync(202, Name("s"));
            await clients[0].DoAsync(302, Id("s"), U32(1), Name("t"));
            var context = await clients[0].RouteAsync(Id("s"), Id("t"), 0);
            var poll = RawSessionsClient.DeferredPoll([1, .. Id(7)], Id("s"), Id("t"), 0, 1, 1, 1, false, 600_000_000);
            foreach (var client in clients) // what each connection needs for itself
                await client.ReplyAsync(await client.StartAsync(106, RawSessionsClient.DeferredPoll([1, .. Id(7)], Id("s"), Id("t"), 0, 1, 0, 1, false, 1), context));

            using var process = Process.GetProcessById(server.ProcessId);
            var before = process.WorkingSet64;
            var waiting = new List<(RawSessionsClient Client, ulong Number)>();
            foreach (var client in clients)
            {
                for (var i = 0; i < OfAConnection; i++)
                    waiting.Add((client, await client.StartAsync(106, poll, context)));
                await client.DoAsync(1); // all before it are under way
            }
            process.Refresh();
            var grown = process.WorkingSet64 - before;
            Assert.True(grown < (MostBytesEach * waiting.Count) + SlackBytes, $"{waiting.Count} polls that wait took {grown} bytes.");

            foreach (var id in new ulong[] { 1, 2 })
                Assert.Equal(0u, (await clients[0].AskAsync(101, RawVsrClient.Messages(Id("s"), Id("t"), ToPartition(0), new VsrMessage(id, [1], [], 1)), context)).Status);
            foreach (var (client, number) in waiting)
                Assert.Equal(2UL, Assert.Single(RawSessionsClient.ReadPoll(RawSessionsClient.Read(await client.ReplyAsync(number)).Payload).Messages).IdLow);
        }
        finally
        {
            clients.ForEach(static client => client.Dispose());
        }
    }

    [Fact]
    public async Task Fetch_OfAGroupOfTwo_ReadsEachMembersPartitionsAndCommits()
    {
        using var first = await RawSessionsClient.LogInAsync(fixture.Server.Tcp);
        using var second = await RawSessionsClient.LogInAsync(fixture.Server.Tcp);
        var name = ServerFixture.NewName();
        var (stream, topic) = (Id(name), Id("t"));
        await first.DoAsync(202, Name(name));
        await first.DoAsync(302, stream, U32(2), Name("t"));
        await first.DoAsync(602, stream, topic, Name("g"));
        await first.DoAsync(604, stream, topic, Id("g"));
        await second.DoAsync(604, stream, topic, Id("g"));
        var routes = new[] { await first.RouteAsync(stream, topic, 0), await first.RouteAsync(stream, topic, 1) };

        var seen = new List<ulong>();
        foreach (var member in new[] { first, second })
        {
            var reply = await member.DoAsync(606, stream, topic, Id("g"));
            Assert.Equal(1, BinaryPrimitives.ReadInt32LittleEndian(reply.AsSpan(8)));
            var mine = BinaryPrimitives.ReadUInt32LittleEndian(reply.AsSpan(12));
            var waiting = await member.StartAsync(109, Fetch(stream, topic, mine, routes[mine], wait: 25_000_000));
            Assert.Equal(0u, (await member.AskAsync(101, RawVsrClient.Messages(stream, topic, ToPartition(mine), new VsrMessage(mine + 1, [1], [], 1)), routes[mine])).Status);
            var (status, sections) = RawSessionsClient.Read(await member.ReplyAsync(waiting));
            Assert.Equal((0u, 1), (status, BinaryPrimitives.ReadInt32LittleEndian(sections)));
            Assert.Equal((mine, 0u, 1u), (BinaryPrimitives.ReadUInt32LittleEndian(sections.AsSpan(4)), BinaryPrimitives.ReadUInt32LittleEndian(sections.AsSpan(8)), BinaryPrimitives.ReadUInt32LittleEndian(sections.AsSpan(20))));
            seen.Add(BinaryPrimitives.ReadUInt64LittleEndian(sections.AsSpan(4 + 56 + 256 + 8)));
            Assert.Empty((await member.AskAsync(109, Fetch(stream, topic, mine, routes[mine], wait: 0))).Payload[4..]); // committed, so there is nothing more
            var others = (await member.AskAsync(109, Fetch(stream, topic, 1 - mine, routes[1 - mine], wait: 0))).Payload;
            Assert.Equal(5009u, BinaryPrimitives.ReadUInt32LittleEndian(others.AsSpan(8)));
        }
        Assert.Equal([1UL, 2UL], seen.Order());
    }

    private static byte[] Fetch(byte[] stream, byte[] topic, uint partition, Context route, ulong wait) => Join(
        [2, .. Id("g")], stream, topic, U64(wait), U64(wait + 10_000_000), U32(1), U32(100), U32(1 << 20), U8(1), U32(1),
        U32(partition), U8(5), U64(0), U32(1 << 20), U64(route.Incarnation), U64(0));
}
