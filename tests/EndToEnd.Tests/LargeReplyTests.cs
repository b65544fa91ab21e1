using System.Buffers.Binary;
using System.Diagnostics;
using System.IO.Hashing;
using System.Net;
using System.Net.Sockets;
using Iggy.Testing;
using static Iggy.Testing.RawClient;

namespace Iggy.EndToEnd.Tests;

/// <summary>Replies larger than what the server holds of them: they come whole, and clients that do not take them cost the others little.</summary>
public sealed class LargeReplyTests
{
    private const int Mega = 1_000_000;

    [Fact]
    public async Task Poll_FiveThousandMessagesOf20Kb_ComesWholeOnEveryWay()
    {
        await using var server = await StartAsync();
        using var client = await NewTopicAsync(server);
        var sent = await SendAsync(client, batches: 50, messages: 100, payloadBytes: 20_000);
        var (_, current, messages) = ReadPoll(await client.DoAsync(100, Poll(1, Id("s"), Id("t"), 0, 1, 0, 5_000)));
        Assert.Equal((4_999ul, 5_000), (current, messages.Count));
        for (var i = 0; i < messages.Count; i++)
            Assert.True(messages[i].Offset == (ulong)i && messages[i].Checksum == XxHash3.HashToUInt64(messages[i].Covered) && sent[i].AsSpan().SequenceEqual(messages[i].Payload), $"Message {i} is another one.");

        foreach (var address in new EndPoint[] { server.WebSocket, NewerDialect.Over(server.Tcp), NewerDialect.Over(server.WebSocket) })
        {
            using var another = await LogInAsync(address);
            Assert.Equal(messages.Select(Key), ReadPoll(await another.DoAsync(100, Poll(1, Id("s"), Id("t"), 0, 1, 0, 5_000))).Messages.Select(Key));
            await another.DoAsync(1); // and the connection goes on
        }
    }

    // Goal: SDKs that drop the connection at a frame above 64 MiB are not sent one; nobody else gets less for it.
    [Theory]
    [InlineData("csharp-sdk", 64 << 20)]
    [InlineData("rust-sdk", 256 << 20)]
    public async Task Poll_SdkWithALimitOfItsOwn_GetsNoLargerFrame(string sdk, int mostBytes)
    {
        await using var server = await StartAsync();
        using var sender = await NewTopicAsync(server);
        await SendAsync(sender, batches: 70, messages: 1, payloadBytes: Mega);
        using var client = await RawVsrClient.ConnectAsync(server.Tcp);
        var login = await client.RegisterAsync(RawVsrClient.Login(ServerProcess.Username, ServerProcess.Password, sdk: sdk));
        Assert.Equal(0u, login.Status);
        var body = await client.DoAsync(100, Poll(1, Id("s"), Id("t"), 0, 1, 0, 100));
        Assert.InRange(body.Length + 256, Math.Min(mostBytes, 70 * Mega) - (2 * Mega), mostBytes);
    }

    // Goal: a hundred clients that ask for 64 MB each and take nothing cost little memory and no time of others, are sent away, and leave nothing behind.
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task UnreadReplies_OfAHundredClients_CostTheOthersNothing(bool isWebSocket)
    {
        await using var server = await StartAsync(("Iggy__Limits__StallTimeout", "00:00:05"));
        using var other = await NewTopicAsync(server);
        await SendAsync(other, batches: 64, messages: 1, payloadBytes: Mega);
        var before = MemoryOf(server);

        var unread = new List<RawClient>();
        try
        {
            for (var i = 0; i < 100; i++)
            {
                unread.Add(await LogInAsync(isWebSocket ? server.WebSocket : server.Tcp));
                await unread[i].SendAsync(Frame(100, Poll(1, Id("s"), Id("t"), 0, 1, 0, 64)));
            }
            var took = new List<double>();
            for (var i = 0; i < 200; i++)
            {
                var started = Stopwatch.GetTimestamp();
                await other.DoAsync(101, Messages(Id("s"), Id("t"), ToPartition(0), ((ulong)i + 1, [1], [])));
                took.Add(Stopwatch.GetElapsedTime(started).TotalMilliseconds);
            }
            foreach (var client in unread)
                Assert.Equal((0u, (uint)(16 + (64 * (64 + Mega)))), await client.ReceiveHeadAsync()); // each of them is being answered
            Assert.InRange(MemoryOf(server) - before, long.MinValue, 700 * Mega);
            Assert.InRange(took.Order().ElementAt(took.Count / 2), 0, 50);

            using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(2));
            while (CountClients(await other.DoAsync(22)) > 1) // until the server has sent away all who take nothing
                limit.Token.ThrowIfCancellationRequested();
        }
        finally
        {
            unread.ForEach(client => client.Dispose());
        }
        Assert.Equal(64, ReadPoll(await other.DoAsync(100, Poll(1, Id("s"), Id("t"), 0, 1, 0, 64))).Messages.Count);
    }

    // Goal: the same beside as many silent connections as the server may open files, on every listener. Method: the whole attack at once; the server may open 20,000 files.
    [Fact]
    public async Task UnreadReplies_BesideSilentConnectionsOnEveryListener_CostTheOthersNothing()
    {
        await using var server = await ServerProcess.StartAsync(
            settings: new Dictionary<string, string>(WebSocketTests.On)
            {
                ["IGGY_HTTP_ENABLED"] = "true", ["IGGY_HTTP_ADDRESS"] = "127.0.0.1:0",
                ["Iggy__Limits__MaxStrangersPerAddress"] = "0", ["Iggy__Limits__LoginTimeout"] = "00:00:00",
            },
            openFiles: 20_000);
        using var other = await NewTopicAsync(server);
        await SendAsync(other, batches: 64, messages: 1, payloadBytes: Mega);
        var (unread, silent) = (new List<RawClient>(), new List<Socket>());
        try
        {
            for (var i = 0; i < 100; i++)
            {
                unread.Add(await LogInAsync(server.Tcp));
                await unread[i].SendAsync(Frame(100, Poll(1, Id("s"), Id("t"), 0, 1, 0, 64)));
            }
            IPEndPoint[] listeners = [server.Tcp, server.Http, server.WebSocket.Address];
            for (var i = 0; i < 18_000; i++) // what this process may open itself
                silent.Add(DescriptorTests.Connect(listeners[i % listeners.Length]));
            var took = new List<double>();
            for (var i = 0; i < 500; i++)
            {
                var started = Stopwatch.GetTimestamp();
                await other.DoAsync(101, Messages(Id("s"), Id("t"), ToPartition(0), ((ulong)i + 1, [1], [])));
                took.Add(Stopwatch.GetElapsedTime(started).TotalMilliseconds);
            }
            TestContext.Current.TestOutputHelper?.WriteLine($"{MemoryOf(server) / Mega} MB; sends {took.Order().ElementAt(took.Count / 2):F1} ms median, {took.Max():F0} ms worst");
            Assert.InRange(MemoryOf(server), 0, 1L << 30);
            Assert.InRange(took.Order().ElementAt(took.Count / 2), 0, 50);
        }
        finally
        {
            unread.ForEach(client => client.Dispose());
            silent.ForEach(socket => socket.Dispose());
        }
        Assert.Equal(0, await server.StopAsync());
    }

    // Goal: when others hold all the room, small polls are answered at once, large ones in parts, and a message that needs room gets it as soon as a client that
    // takes nothing is sent away.
    [Fact]
    public async Task MaxReplyBytesInFlight_UsedUp_PollsGoOnWithLess()
    {
        await using var server = await StartAsync(("Iggy__Limits__MaxReplyBytesInFlight", "16777216"), ("Iggy__Limits__StallTimeout", "00:00:05"));
        using var other = await NewTopicAsync(server);
        await SendAsync(other, batches: 2, messages: 1, payloadBytes: 30 * Mega);
        await SendAsync(other, batches: 1, messages: 2_000, payloadBytes: 1_000);
        using var holder = await LogInAsync(server.Tcp);
        await holder.SendAsync(Frame(100, Poll(1, Id("s"), Id("t"), 0, 1, 0, 2)));
        Assert.Equal((0u, (uint)(16 + (2 * (64 + (30 * Mega))))), await holder.ReceiveHeadAsync());

        var (_, _, part) = ReadPoll(await other.DoAsync(100, Poll(1, Id("s"), Id("t"), 0, 1, 2, 2_000)));
        Assert.Equal(64 * 1024 / 1_064, part.Count);
        var (_, _, large) = ReadPoll(await other.DoAsync(100, Poll(1, Id("s"), Id("t"), 0, 1, 0, 2))); // waits until the holder is sent away
        Assert.Single(large);
        Assert.Equal(2_000, ReadPoll(await other.DoAsync(100, Poll(1, Id("s"), Id("t"), 0, 1, 2, 2_000))).Messages.Count);
    }

    private static (ulong, ulong, string) Key(RawMessage message) => (message.Offset, message.IdLow, Convert.ToHexString(XxHash3.Hash(message.Payload)));

    private static async Task<RawClient> NewTopicAsync(ServerProcess server)
    {
        var client = await LogInAsync(server.Tcp);
        await client.DoAsync(202, Name("s"));
        await client.DoAsync(302, NewTopic(Id("s"), "t", 1));
        return client;
    }

    private static async Task<List<byte[]>> SendAsync(RawClient client, int batches, int messages, int payloadBytes)
    {
        var (random, sent) = (new Random(batches + messages), new List<byte[]>()); // fixed: a failure repeats
        for (var batch = 0; batch < batches; batch++)
        {
            var payloads = new byte[messages][];
            for (var i = 0; i < messages; i++)
                random.NextBytes(payloads[i] = new byte[payloadBytes]);
            await client.DoAsync(101, Messages(Id("s"), Id("t"), ToPartition(0), [.. payloads.Select((payload, i) => ((ulong)(sent.Count + i + 1), payload, Array.Empty<byte>()))]));
            sent.AddRange(payloads);
        }
        return sent;
    }

    private static int CountClients(ReadOnlySpan<byte> list)
    {
        var count = 0;
        for (; !list.IsEmpty; count++)
            list = list[(17 + BinaryPrimitives.ReadInt32LittleEndian(list[9..]))..]; // id, user, transport, length of the address, address, groups
        return count;
    }

    private static long MemoryOf(ServerProcess server)
    {
        using var process = Process.GetProcessById(server.ProcessId);
        return process.WorkingSet64;
    }

    private static Task<ServerProcess> StartAsync(params (string Name, string Value)[] settings) =>
        ServerProcess.StartAsync(settings: WebSocketTests.On.Concat(settings.Select(one => KeyValuePair.Create(one.Name, one.Value))).ToDictionary());
}
