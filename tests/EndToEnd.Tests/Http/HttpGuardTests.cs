using System.Net;
using System.Net.Sockets;
using System.Text;
using Iggy.Testing;

namespace Iggy.EndToEnd.Tests.Http;

/// <summary>What one client can take of the listener: time, requests, and the version of HTTP.</summary>
public sealed class HttpGuardTests(HttpFixture fixture)
{
    [Fact]
    public async Task Clear_SpeaksHttp1Only()
    {
        using var client = new HttpClient { BaseAddress = new Uri($"http://{fixture.Server.Http}"), DefaultRequestVersion = HttpVersion.Version20, DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact };
        await Assert.ThrowsAnyAsync<HttpRequestException>(() => client.GetAsync(new Uri("/ping", UriKind.Relative), TestContext.Current.CancellationToken));
        // Who asks to change over goes on as before.
        Assert.StartsWith("HTTP/1.1 200 OK\r\n", await AskAsync(fixture.Server, "GET /ping HTTP/1.1\r\nHost: x\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\n"), StringComparison.Ordinal);
        // Who begins with HTTP/2 is told in its own words: a GOAWAY frame with the reason HTTP_1_1_REQUIRED.
        var farewell = await AskAsync(fixture.Server, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
        Assert.Equal((17, "\0\0\u0008\u0007", "\0\0\0\u000d"), (farewell.Length, farewell[..4], farewell[^4..]));
        using var still = new ApiClient(fixture.Server.Http);
        Assert.Equal("pong", (await still.AskAsync("GET", "/ping")).Body);
    }

    [Fact]
    public async Task SlowHeaders_AndIdleConnections_AreSentAway()
    {
        var settings = HttpFixture.Settings;
        settings["Iggy__Http__HeadersTimeout"] = "00:00:00.500";
        settings["Iggy__Http__KeepAliveTimeout"] = "00:00:00.500";
        await using var server = await ServerProcess.StartAsync(settings: settings);
        Assert.StartsWith("HTTP/1.1 408 ", await AskAsync(server, "GET /ping HTTP/1.1\r\nHost: x\r\nX-Slow: "), StringComparison.Ordinal);
        Assert.StartsWith("HTTP/1.1 200 OK\r\n", await AskAsync(server, "GET /ping HTTP/1.1\r\nHost: x\r\n\r\n", untilClosed: true), StringComparison.Ordinal);
        Assert.StartsWith("HTTP/1.1 431 ", await AskAsync(server, $"GET /ping HTTP/1.1\r\nHost: x\r\nX-Large: {new string('x', 40_000)}\r\n\r\n"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Requests_MoreThanAllowed_AreRefused_AndProbesAnswered()
    {
        var settings = HttpFixture.Settings;
        settings["Iggy__Http__MaxRequests"] = "1";
        await using var server = await ServerProcess.StartAsync(settings: settings);
        using var client = await ApiClient.LogInAsync(server);
        await client.DoAsync("POST", "/streams", """{"name":"s"}""");
        await client.DoAsync("POST", "/streams/s/topics", """{"name":"t","partitions_count":1,"compression_algorithm":"none","message_expiry":0,"max_topic_size":0}""");
        using (var reader = new HttpClient { BaseAddress = new Uri($"http://{server.Http}") })
        {
            reader.DefaultRequestHeaders.Authorization = new("Bearer", client.Token);
            using var pushed = await reader.GetAsync(new Uri("/streams/s/topics/t/messages/stream", UriKind.Relative), HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken);
            Assert.Equal(HttpStatusCode.OK, pushed.StatusCode);
            await client.RefusedAsync(429, 429, "GET", "/streams");
            await client.RefusedAsync(429, 429, "POST", "/users/login", """{"username":"iggy","password":"iggy"}""");
            Assert.Equal("1", (await client.AskAsync("GET", "/streams")).Headers["retry-after"]);
            foreach (var path in new[] { "/ping", "/health/live", "/health/ready", "/metrics" })
                Assert.Equal(200, (await client.AskAsync("GET", path)).Status);
        }
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while ((await client.AskAsync("GET", "/streams")).Status == 429)
            limit.Token.ThrowIfCancellationRequested();
        Assert.Equal(200, (await client.AskAsync("GET", "/streams")).Status);
    }

    // Sends bytes and reads until the server closes, or until its pong.
    private static async Task<string> AskAsync(ServerProcess server, string bytes, bool untilClosed = false)
    {
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(server.Http, TestContext.Current.CancellationToken);
        await socket.SendAsync(Encoding.Latin1.GetBytes(bytes), TestContext.Current.CancellationToken);
        var answer = new StringBuilder();
        var buffer = new byte[4096];
        while (untilClosed || !answer.ToString().EndsWith("pong", StringComparison.Ordinal))
        {
            var length = await socket.ReceiveAsync(buffer, TestContext.Current.CancellationToken).AsTask().WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
            if (length == 0)
                break;
            answer.Append(Encoding.Latin1.GetString(buffer, 0, length));
        }
        return answer.ToString();
    }
}
