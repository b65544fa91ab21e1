using System.Buffers.Binary;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Iggy.Testing;
using static Iggy.Testing.RawClient;

namespace Iggy.Cluster.Tests;

/// <summary>It does not matter which server of a cluster a client is connected to.</summary>
[Trait("kind", "process")]
public sealed class GatewayTests : IClassFixture<SharedCluster>
{
    private readonly SharedCluster _cluster;

    public GatewayTests(SharedCluster cluster)
    {
        Assert.SkipUnless(PostgreSqlServer.Missing is null, PostgreSqlServer.Missing ?? "");
        _cluster = cluster;
    }

    // Goal: what is made through one gateway is there for all, and each partition is kept by one server: the next one by another.
    [Fact]
    public async Task Partitions_MadeSentToAndReadThroughDifferentGateways_AreOne()
    {
        using var clients = new Clients(await _cluster.LogInAsync());
        await SharedCluster.MakeTopicAsync(clients[0], "any", 6);
        for (uint partition = 0; partition < 6; partition++)
        {
            for (var gateway = 0; gateway < 3; gateway++)
                await clients[gateway].DoAsync(101, Messages(Id("any"), Id("t"), ToPartition(partition), ((ulong)gateway + 1, Encoding.UTF8.GetBytes($"{gateway} to {partition}"), [])));
        }
        for (uint partition = 0; partition < 6; partition++)
        {
            for (var gateway = 0; gateway < 3; gateway++)
            {
                var (_, current, messages) = ReadPoll(await clients[gateway].DoAsync(100, Poll(1, Id("any"), Id("t"), partition, 1, 0, 10)));
                Assert.Equal(2u, current);
                Assert.Equal([$"0 to {partition}", $"1 to {partition}", $"2 to {partition}"], messages.Select(message => Encoding.UTF8.GetString(message.Payload)));
            }
        }

        // All tell the same of it.
        var told = await clients[0].DoAsync(300, Id("any"), Id("t"));
        Assert.Equal(told, await clients[1].DoAsync(300, Id("any"), Id("t")));
        Assert.Equal(told, await clients[2].DoAsync(300, Id("any"), Id("t")));
        await clients[2].DoAsync(303, Id("any"), Id("t"));
        var (status, _) = await clients[1].AskAsync(101, Messages(Id("any"), Id("t"), ToPartition(0), (9, [1], [])));
        Assert.Equal(2010u, status); // no gateway leads to what is gone
    }

    // Goal: the largest sends and messages pass between servers, in parts, whole.
    [Fact]
    public async Task Send_AboveOneCallBetweenServers_ArrivesWhole()
    {
        using var clients = new Clients(await _cluster.LogInAsync());
        await SharedCluster.MakeTopicAsync(clients[0], "large", 3);
        var payload = new byte[5_000_001];
        Random.Shared.NextBytes(payload);
        for (uint partition = 0; partition < 3; partition++)
        {
            await clients[0].DoAsync(101, Messages(Id("large"), Id("t"), ToPartition(partition), (1, payload, []), (2, payload[..1_500_000], [])));
            foreach (var client in clients.All)
            {
                var first = Assert.Single(ReadPoll(await client.DoAsync(100, Poll(1, Id("large"), Id("t"), partition, 1, 0, 1))).Messages);
                Assert.True(payload.AsSpan().SequenceEqual(first.Payload));
                var second = Assert.Single(ReadPoll(await client.DoAsync(100, Poll(1, Id("large"), Id("t"), partition, 1, 1, 1))).Messages);
                Assert.True(payload.AsSpan(0, 1_500_000).SequenceEqual(second.Payload));
            }
        }
    }

    // Goal: sends of one connection that are under way together reach a partition in their order, whichever server keeps it.
    [Fact]
    public async Task Sends_UnderWayTogether_KeepTheirOrderAtEveryServer()
    {
        using var clients = new Clients(await _cluster.LogInAsync());
        await SharedCluster.MakeTopicAsync(clients[0], "ordered", 3);
        using var client = await RawSessionsClient.LogInAsync(_cluster.Servers[0].Tcp);
        var routes = new Context[3];
        for (uint partition = 0; partition < 3; partition++)
            routes[partition] = await client.RouteAsync(Id("ordered"), Id("t"), partition);

        var sent = new List<(uint Partition, ulong Number)>();
        for (var id = 1UL; id <= 80; id++)
        {
            for (uint partition = 0; partition < 3; partition++)
            {
                var body = RawVsrClient.Messages(Id("ordered"), Id("t"), ToPartition(partition), new VsrMessage(id, new byte[2000], [], 1));
                sent.Add((partition, await client.StartAsync(101, body, routes[partition])));
            }
        }
        var next = new ulong[3];
        foreach (var (partition, number) in sent)
        {
            var (status, confirmation) = RawSessionsClient.Read(await client.ReplyAsync(number));
            Assert.Equal((0u, next[partition]++), (status, BinaryPrimitives.ReadUInt64LittleEndian(confirmation.AsSpan(16))));
        }
    }

    // Goal: a group is one, wherever its members are connected: each message is read once.
    [Fact]
    public async Task Group_WithMembersAtThreeGateways_ReadsEachMessageOnce()
    {
        using var clients = new Clients(await _cluster.LogInAsync());
        var topic = await SharedCluster.MakeTopicAsync(clients[0], "shared", 6);
        await clients[0].DoAsync(602, topic, Name("g"));
        for (uint partition = 0; partition < 6; partition++)
            await clients[1].DoAsync(101, Messages(Id("shared"), Id("t"), ToPartition(partition), [.. Enumerable.Range(0, 20).Select(i => ((ulong)((partition * 100) + i + 1), new byte[] { 1 }, Array.Empty<byte>()))]));
        foreach (var client in clients.All)
            await client.DoAsync(604, topic, Id("g"));

        var read = new List<ulong>();
        var readers = new HashSet<int>();
        while (read.Count < 120) // ends with the time limit of the run, should a message not come
        {
            for (var member = 0; member < 3; member++)
            {
                var reply = await clients[member].DoAsync(100, U8(2), Id("g"), topic, U8(0), U32(0), U8(5), U64(0), U32(7), U8(1));
                if (reply.Length == 0)
                    continue;
                var messages = ReadPoll(reply).Messages;
                read.AddRange(messages.Select(message => message.IdLow));
                if (messages.Count > 0)
                    readers.Add(member);
            }
        }
        Assert.Equal(120, read.Distinct().Count());
        Assert.Equal(3, readers.Count);
        // Any gateway tells of all members.
        Assert.Equal(await clients[0].DoAsync(600, topic, Id("g")), await clients[2].DoAsync(600, topic, Id("g")));
    }

    // Goal: clients, their numbers and the nodes are those of the whole cluster, through any gateway.
    [Fact]
    public async Task Clients_OfAllGateways_AreListedEverywhereUnderNumbersOfTheirOwn()
    {
        using var clients = new Clients(await _cluster.LogInAsync());
        var numbers = new HashSet<uint>();
        foreach (var client in clients.All)
            Assert.True(numbers.Add(BinaryPrimitives.ReadUInt32LittleEndian(await client.DoAsync(20))));
        Assert.Equal(3, numbers.Select(number => number >> 24).Distinct().Count()); // the first part is the server's
        foreach (var client in clients.All)
        {
            foreach (var number in numbers)
                Assert.Equal(number, BinaryPrimitives.ReadUInt32LittleEndian(await client.DoAsync(21, U32(number))));
        }
        foreach (var client in clients.All)
        {
            var nodes = await client.DoAsync(12);
            var nameBytes = BinaryPrimitives.ReadInt32LittleEndian(nodes);
            Assert.Equal("iggy", Encoding.UTF8.GetString(nodes, 4, nameBytes));
            Assert.Equal(3, BinaryPrimitives.ReadInt32LittleEndian(nodes.AsSpan(4 + nameBytes)));
        }
    }

    // Goal: a token of one gateway is good at the others, and taken back it is good nowhere, at once.
    [Fact]
    public async Task Token_TakenBackAtOneGateway_IsGoodNowhere()
    {
        using var http = new HttpClient();
        Uri At(int server, string path) => new($"http://{_cluster.Servers[server].Http}{path}");
        using var login = await http.PostAsJsonAsync(At(0, "/users/login"), new { username = ServerProcess.Username, password = ServerProcess.Password }, TestContext.Current.CancellationToken);
        var token = (await login.Content.ReadFromJsonAsync<JsonElement>(TestContext.Current.CancellationToken)).GetProperty("access_token").GetProperty("token").GetString();
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        for (var server = 0; server < 3; server++)
            Assert.Equal(200, (int)(await http.GetAsync(At(server, "/streams"), TestContext.Current.CancellationToken)).StatusCode);
        Assert.True((await http.DeleteAsync(At(1, "/users/logout"), TestContext.Current.CancellationToken)).IsSuccessStatusCode);
        for (var server = 0; server < 3; server++)
            Assert.Equal(401, (int)(await http.GetAsync(At(server, "/streams"), TestContext.Current.CancellationToken)).StatusCode);
    }
}
