using System.Buffers.Binary;
using System.Net;
using System.Net.WebSockets;
using Iggy.Client;
using Iggy.Testing;
using static Iggy.Testing.RawClient;

namespace Iggy.EndToEnd.Tests;

/// <summary>What a WebSocket adds to the frames: handshake, messages, their borders, and the close.</summary>
public sealed class WebSocketTests(ServerFixture fixture)
{
    /// <summary>Settings that switch the listener on.</summary>
    public static readonly Dictionary<string, string> On = new() { ["IGGY_WEBSOCKET_ENABLED"] = "true", ["IGGY_WEBSOCKET_ADDRESS"] = "127.0.0.1:0" };

    [Fact]
    public async Task Listener_OnAFreePort_IsToldEverywhere()
    {
        var server = fixture.Server;
        Assert.NotEqual(0, server.WebSocket.Address.Port);
        var runtime = await File.ReadAllTextAsync(Path.Combine(server.DataPath, "runtime", "current_config.toml"), TestContext.Current.CancellationToken);
        Assert.Contains($"[websocket]\nenabled = true\naddress = \"{server.WebSocket.Address}\"\n", runtime, StringComparison.Ordinal);
        using var client = await LogInAsync(server.WebSocket);
        byte[] ports = [.. new[] { server.Tcp.Port, server.Quic.Port, server.Http.Port, server.WebSocket.Address.Port }.SelectMany(port => BitConverter.GetBytes((ushort)port))];
        Assert.True((await client.DoAsync(12)).AsSpan().IndexOf(ports) > 0);
        var me = await client.DoAsync(20);
        Assert.Equal(4, me[8]); // transport
        Assert.Contains(client.LocalAddress.Replace("[::ffff:", "", StringComparison.Ordinal).Replace("]", "", StringComparison.Ordinal), System.Text.Encoding.UTF8.GetString(me), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/")]
    [InlineData("/any/path?with=query")]
    public async Task Handshake_AnyPathAndOrigin_IsAccepted(string path)
    {
        using var client = await ConnectAsync(new WebSocketEndPoint(fixture.Server.WebSocket.Address, path: path));
        await client.DoAsync(1);
        using var web = await RawWebSocket.ConnectAsync(fixture.Server.WebSocket.Address, path, "Origin: https://elsewhere.example", "Sec-WebSocket-Protocol: chat", "Sec-WebSocket-Extensions: permessage-deflate");
        Assert.DoesNotContain("Sec-WebSocket-Protocol", web.Answer, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("Sec-WebSocket-Extensions", web.Answer, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task Close_AsTheFirstFrame_IsAnswered()
    {
        using var web = await RawWebSocket.ConnectAsync(fixture.Server.WebSocket.Address);
        await web.SendAsync(RawWebSocket.Close, [0x03, 0xE8]); // 1000
        var (kind, payload) = await web.ReceiveAsync();
        Assert.Equal(RawWebSocket.Close, kind);
        Assert.Equal([0x03, 0xE8], payload);
    }

    [Fact]
    public async Task Request_ThatIsNoHandshake_Answers426()
    {
        using var http = new HttpClient();
        using var answer = await http.GetAsync(new Uri($"http://{fixture.Server.WebSocket.Address}/"), TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.UpgradeRequired, answer.StatusCode);
        Assert.Equal("websocket", answer.Headers.Upgrade.ToString());
    }

    // Goal: requests are a stream of bytes, replies are messages. Method: three requests in one message, then one request cut into messages and fragments at
    // every byte, with empty messages and text between.
    [Fact]
    public async Task Messages_HoweverCut_AreRequests_AndEachReplyIsOneMessage()
    {
        using var client = await ConnectAsync(fixture.Server.WebSocket);
        await client.SendAsync(Join(Frame(38, Login(ServerProcess.Username, ServerProcess.Password)), Frame(1), Frame(201)));
        for (var i = 0; i < 3; i++)
            AssertWholeReply(await ReceiveMessageAsync(client.Web));

        var request = Frame(202, Name(ServerFixture.NewName()));
        foreach (var one in request)
        {
            await client.Web.SendAsync(new[] { one }.AsMemory(), WebSocketMessageType.Binary, endOfMessage: true, TestContext.Current.CancellationToken);
            await client.Web.SendAsync(ReadOnlyMemory<byte>.Empty, WebSocketMessageType.Binary, endOfMessage: true, TestContext.Current.CancellationToken);
            await client.Web.SendAsync("text"u8.ToArray().AsMemory(), WebSocketMessageType.Text, endOfMessage: true, TestContext.Current.CancellationToken);
        }
        AssertWholeReply(await ReceiveMessageAsync(client.Web));

        request = Frame(202, Name(ServerFixture.NewName()));
        for (var i = 0; i < request.Length; i++)
            await client.Web.SendAsync(request.AsMemory(i, 1), WebSocketMessageType.Binary, endOfMessage: i == request.Length - 1, TestContext.Current.CancellationToken);
        AssertWholeReply(await ReceiveMessageAsync(client.Web));
    }

    [Fact]
    public async Task Reply_OfManyMegabytes_IsOneMessage()
    {
        var (client, stream, topic) = await fixture.NewTopicAsync(1, fixture.Server.WebSocket);
        using var _ = client;
        await client.DoAsync(101, Messages(stream, topic, ToPartition(0), (1, new byte[9_000_000], [])));
        await client.SendAsync(Frame(100, Poll(1, stream, topic, 0, 1, 0, 10)));
        var reply = await ReceiveMessageAsync(client.Web);
        Assert.True(reply.Length > 9_000_000);
        AssertWholeReply(reply);
    }

    [Fact]
    public async Task Ping_IsAnsweredWithItsContent_AndAPongIsPassedOver()
    {
        using var web = await RawWebSocket.ConnectAsync(fixture.Server.WebSocket.Address);
        await web.SendAsync(RawWebSocket.Ping, "are you there"u8.ToArray());
        Assert.Equal((RawWebSocket.Pong, "are you there"), await web.ReceiveTextAsync());
        await web.SendAsync(RawWebSocket.Pong, "unasked"u8.ToArray());
        await web.SendAsync(RawWebSocket.Binary, Frame(1));
        var (kind, reply) = await web.ReceiveAsync();
        Assert.Equal(RawWebSocket.Binary, kind);
        Assert.Equal(new byte[8], reply);
    }

    [Fact]
    public async Task Close_ByTheClient_IsAnsweredAndTheSessionIsGone()
    {
        using var watcher = await LogInAsync(fixture.Server.Tcp);
        using var client = await LogInAsync(fixture.Server.WebSocket);
        var id = (await client.DoAsync(20)).AsSpan(0, 4).ToArray();
        Assert.NotEmpty(await watcher.DoAsync(21, id));
        await client.Web.CloseAsync(WebSocketCloseStatus.NormalClosure, "done", TestContext.Current.CancellationToken);
        Assert.Equal((WebSocketState.Closed, WebSocketCloseStatus.NormalClosure), (client.Web.State, client.Web.CloseStatus));
        Assert.Empty(await watcher.DoAsync(21, id)); // the session ends before the client is told
    }

    // Unmasked, reserved bits, an unknown kind, a control frame that is too long, a continuation of nothing.
    [Theory]
    [InlineData(new byte[] { 0x82, 0x0C, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 })]
    [InlineData(new byte[] { 0xF2, 0x81, 0, 0, 0, 0, 0 })]
    [InlineData(new byte[] { 0x83, 0x81, 0, 0, 0, 0, 0 })]
    [InlineData(new byte[] { 0x89, 0xFE, 0x01, 0x00, 0, 0, 0, 0 })]
    [InlineData(new byte[] { 0x80, 0x81, 0, 0, 0, 0, 0 })]
    public async Task Frame_AgainstTheStandard_EndsTheConnection(byte[] frame)
    {
        using var web = await RawWebSocket.ConnectAsync(fixture.Server.WebSocket.Address);
        await web.SendRawAsync(frame);
        Assert.True(await web.EndsAsync());
        using var other = await ConnectAsync(fixture.Server.WebSocket);
        await other.DoAsync(1);
    }

    [Fact]
    public async Task Frames_OfRandomBytes_LeaveTheServerHealthy()
    {
        const int seed = 20_261_125;
        var random = new Random(seed); // fixed: a failure repeats
        for (var i = 0; i < 200; i++)
        {
            using var web = await RawWebSocket.ConnectAsync(fixture.Server.WebSocket.Address);
            var garbage = new byte[random.Next(1, 300)];
            random.NextBytes(garbage);
            if (i % 2 == 0)
                await web.SendRawAsync(garbage);
            else
                await web.SendAsync(RawWebSocket.Binary, garbage);
        }
        using var client = await ConnectAsync(fixture.Server.WebSocket);
        await client.DoAsync(1);
        Assert.DoesNotContain("[3003]", fixture.Server.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Stop_TellsWithAReplyAndAClose()
    {
        await using var server = await ServerProcess.StartAsync(settings: On);
        using var idle = await LogInAsync(server.WebSocket);
        using var inside = await LogInAsync(server.WebSocket);
        await inside.SendAsync(Frame(202, Name("cut")).AsMemory(0, 9));
        var stopping = server.StopAsync();
        foreach (var client in (RawClient[])[idle, inside])
        {
            Assert.Equal(Join(U32(8), U32(0)), await ReceiveMessageAsync(client.Web));
            Assert.Empty(await ReceiveMessageAsync(client.Web));
            Assert.Equal(WebSocketCloseStatus.EndpointUnavailable, client.Web.CloseStatus);
            await client.Web.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, TestContext.Current.CancellationToken);
        }
        Assert.Equal(0, await stopping);
    }

    [Fact]
    public async Task MaxMessageBytes_OneMore_EndsWith1009()
    {
        await using var server = await ServerProcess.StartAsync(settings: new Dictionary<string, string>(On) { ["Iggy__WebSocket__MaxMessageBytes"] = "1000" });
        using var client = await LogInAsync(server.WebSocket);
        for (var i = 0; i < 3; i++)
            await client.DoAsync(1, new byte[992]);
        await client.SendAsync(Frame(1, new byte[993]));
        Assert.Empty(await ReceiveMessageAsync(client.Web));
        Assert.Equal(WebSocketCloseStatus.MessageTooBig, client.Web.CloseStatus);
    }

    [Fact]
    public async Task MaxConnections_OneMore_IsRefusedAndAPlaceIsFreedByLeaving()
    {
        await using var server = await ServerProcess.StartAsync(settings: new Dictionary<string, string>(On) { ["Iggy__WebSocket__MaxConnections"] = "1" });
        var first = await LogInAsync(server.WebSocket);
        await Assert.ThrowsAsync<WebSocketException>(() => ConnectAsync(server.WebSocket));
        await first.DoAsync(1);
        await first.Web.CloseAsync(WebSocketCloseStatus.NormalClosure, null, TestContext.Current.CancellationToken);
        first.Dispose();
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (true)
        {
            limit.Token.ThrowIfCancellationRequested();
            try
            {
                using var second = await LogInAsync(server.WebSocket);
                return;
            }
            catch (WebSocketException)
            {
                // until the server has seen the first leave, its place is taken
            }
        }
    }

    [Fact]
    public async Task Tls_CertificateFromFiles_IsShownOnTheSameListener()
    {
        var folder = Directory.CreateTempSubdirectory("iggy-wss-").FullName;
        using var authority = new TestCertificates();
        var (certificate, key) = (Path.Combine(folder, "c.pem"), Path.Combine(folder, "k.pem"));
        authority.WriteServer(certificate, key);
        var settings = new Dictionary<string, string>(On)
        {
            ["IGGY_WEBSOCKET_TLS_ENABLED"] = "true", ["IGGY_WEBSOCKET_TLS_CERT_FILE"] = certificate, ["IGGY_WEBSOCKET_TLS_KEY_FILE"] = key,
        };
        await using (var server = await ServerProcess.StartAsync(folder, settings))
        {
            var address = server.WebSocket.Address;
            using var client = await LogInAsync(new WebSocketEndPoint(address, Trusting(authority.Root)));
            await client.DoAsync(202, Name("s"));
            await client.DoAsync(302, NewTopic(Id("s"), "t", 1));
            await client.DoAsync(101, Messages(Id("s"), Id("t"), ToPartition(0), (1, new byte[3_000_000], [])));
            Assert.Equal(3_000_000, ReadPoll(await client.DoAsync(100, Poll(1, Id("s"), Id("t"), 0, 1, 0, 10))).Messages[0].Payload.Length);

            var root = Path.Combine(folder, "root.pem");
            authority.WriteRoot(root);
            await using var own = await IggyClient.ConnectAsync(
                $"iggy+ws://{ServerProcess.Username}:{ServerProcess.Password}@localhost:{address.Port}?tls=true&tls_ca_file={Uri.EscapeDataString(root)}", TestContext.Current.CancellationToken);
            Assert.Single(await own.GetStreamsAsync(TestContext.Current.CancellationToken));

            using var stranger = new TestCertificates();
            await Assert.ThrowsAsync<WebSocketException>(() => ConnectAsync(new WebSocketEndPoint(address, Trusting(stranger.Root))));
            await Assert.ThrowsAsync<WebSocketException>(() => ConnectAsync(new WebSocketEndPoint(address))); // plain
            Assert.Equal(0, await server.StopAsync());
        }
        Directory.Delete(folder, recursive: true);
    }

    // Empty when a close frame came instead.
    private static async Task<byte[]> ReceiveMessageAsync(WebSocket web)
    {
        var message = new MemoryStream();
        var part = new byte[64 * 1024];
        while (true)
        {
            var received = await web.ReceiveAsync(part.AsMemory(), TestContext.Current.CancellationToken);
            message.Write(part, 0, received.Count);
            if (received.EndOfMessage || received.MessageType is WebSocketMessageType.Close)
                return message.ToArray();
        }
    }

    private static void AssertWholeReply(byte[] message)
    {
        Assert.Equal(0u, BinaryPrimitives.ReadUInt32LittleEndian(message));
        Assert.Equal(message.Length - 8, BinaryPrimitives.ReadInt32LittleEndian(message.AsSpan(4)));
    }
}
