using System.Net.Sockets;
using System.Text;

namespace Iggy.EndToEnd.Tests.Http;

/// <summary>Bodies and bytes that nobody should send: each gets a 4xx or a closed connection, and the server goes on.</summary>
public sealed class HostileJsonTests(HttpFixture fixture)
{
    private static readonly string[] s_bodies =
    [
        """{"partitioning":{"kind":"partition_id","value":"AAAAAA=="},"messages":[{"id":"af362865-042c-4000-0000-000000000001","payload":"d29ybGQ=","user_headers":[{"key":{"kind":"string","value":"a2V5XzE="},"value":{"kind":"uint32","value":"AQAAAA=="}}]}]}""",
        """{"name":"topic","partitions_count":1,"compression_algorithm":"none","message_expiry":0,"max_topic_size":0,"replication_factor":1}""",
        """{"name":"group","consumer_kind":"group","consumer_id":"group","partition_id":0,"offset":0}""",
        """{"compression":"Deflated","snapshot_types":["Test"]}""",
        """{"permissions":{"global":{"manage_servers":false,"read_servers":true,"manage_users":true,"read_users":true,"manage_streams":false,"read_streams":true,"manage_topics":false,"read_topics":true,"poll_messages":true,"send_messages":true},"streams":{"1":null}}}""",
    ];

    // Goal: no text makes the server fail. Method: good bodies with seeded cuts, swaps and insertions, to every route that reads one.
    [Fact]
    public async Task Bodies_Damaged_AreAnsweredAndTheServerLives()
    {
        var seed = Environment.TickCount;
        var random = new Random(seed); // a seed that a failing test prints
        var (client, topic) = await fixture.NewTopicAsync();
        using var _ = client;
        topic = topic[..^1] + "0"; // by id: its name may change
        string[] paths = [$"POST {topic}/messages", $"PUT {topic}", "PUT /users/4000000/permissions", $"PUT {topic}/consumer-offsets", "PUT /users/4000000", "POST /users/login", "POST /users/refresh-token", $"POST {topic}/consumer-groups", "POST /snapshot"];
        for (var round = 0; round < 600; round++)
        {
            var body = Damage(s_bodies[random.Next(s_bodies.Length)], random);
            var path = paths[random.Next(paths.Length)].Split(' ');
            var answer = await client.AskAsync(path[0], path[1], body);
            Assert.True(answer.Status is < 500 and >= 200, $"seed {seed}, round {round}: {answer.Status} to {path[0]} {path[1]} {body}");
        }
        Assert.Equal(200, (await client.AskAsync("GET", $"{topic}/messages")).Status);
        Assert.DoesNotContain("fail: ", fixture.Server.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("GET / HTTP/9.9\r\n\r\n")]
    [InlineData("GET /streams/%00%ff%2e%2e/../users HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")]
    [InlineData("POST /users/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 99999999999\r\n\r\n{")]
    [InlineData("POST /users/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n")]
    [InlineData("\0\0\0\0")]
    public async Task Bytes_ThatAreNoRequest_GetA4xxOrAClosedConnection(string bytes)
    {
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(fixture.Server.Http, TestContext.Current.CancellationToken);
        await socket.SendAsync(Encoding.Latin1.GetBytes(bytes), TestContext.Current.CancellationToken);
        socket.Shutdown(SocketShutdown.Send);
        var answer = new byte[4096];
        var length = await ReceiveAsync(socket, answer);
        if (length > 0)
            Assert.Matches("^HTTP/1.1 (4|505 )", Encoding.Latin1.GetString(answer, 0, length));
        using var client = new ApiClient(fixture.Server.Http);
        Assert.Equal("pong", (await client.AskAsync("GET", "/ping")).Body);
    }

    /// <returns>0 where the connection was closed; with a reset too, which a close becomes that leaves bytes unread.</returns>
    private static async Task<int> ReceiveAsync(Socket socket, byte[] answer)
    {
        try
        {
            return await socket.ReceiveAsync(answer, TestContext.Current.CancellationToken).AsTask().WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
        }
        catch (SocketException closed) when (closed.SocketErrorCode is SocketError.ConnectionReset)
        {
            return 0;
        }
    }

    private static string Damage(string body, Random random)
    {
        var text = new StringBuilder(body);
        for (var changes = random.Next(1, 4); changes > 0 && text.Length > 0; changes--)
        {
            var at = random.Next(text.Length);
            switch (random.Next(5))
            {
                case 0:
                    text.Length = at;
                    break;
                case 1:
                    text[at] = "{}[]\":,0-9\\ue\t\u00ffnt"[random.Next(17)];
                    break;
                case 2:
                    text.Insert(at, new string('[', random.Next(1, 200)));
                    break;
                case 3:
                    text.Insert(at, "18446744073709551616");
                    break;
                default:
                    text.Remove(at, Math.Min(random.Next(1, 30), text.Length - at));
                    break;
            }
        }
        return text.ToString();
    }
}
