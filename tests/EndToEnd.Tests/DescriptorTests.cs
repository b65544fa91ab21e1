using System.Net;
using System.Net.Sockets;
using Iggy.Testing;
using static Iggy.Testing.RawClient;

namespace Iggy.EndToEnd.Tests;

/// <summary>A server that may open few files, and more clients than it has room for, which only connect.</summary>
public sealed class DescriptorTests
{
    private const int OpenFiles = 512; // of which the runtime alone takes more than half

    // Goal: nobody has to log in to end the server. Method: more silent connections than it may open files, on every listener; who was there before is served all the time, and
    // when they leave the next gets in.
    [Fact]
    public async Task Connections_MoreThanThereAreDescriptors_WaitAndTheServerServesOn()
    {
        await using var server = await StartAsync(("Iggy__Limits__MaxStrangersPerAddress", "0"), ("Iggy__Limits__LoginTimeout", "00:00:00"));
        Assert.Contains("The listeners allow ", server.Output, StringComparison.Ordinal);
        using var there = await LogInAsync(server.Tcp);
        await there.DoAsync(202, Name("s"));
        await there.DoAsync(302, NewTopic(Id("s"), "t", 1));

        var silent = new List<Socket>();
        try
        {
            var full = server.WaitForOutputAsync("No connection is accepted until others end");
            IPEndPoint[] listeners = [server.Tcp, server.Http, server.WebSocket.Address];
            for (var i = 0; i < OpenFiles + 100; i++)
            {
                silent.Add(Connect(listeners[i % listeners.Length]));
                if (i % 100 == 0)
                    await there.DoAsync(101, Messages(Id("s"), Id("t"), ToPartition(0), ((ulong)i + 1, [1], [])));
            }
            await full;
            await there.DoAsync(302, NewTopic(Id("s"), "another", 3)); // what needs files of its own still has them
            await there.DoAsync(101, Messages(Id("s"), Id("another"), ToPartition(2), (1, [1], [])));
        }
        finally
        {
            foreach (var socket in silent)
                socket.Dispose();
        }
        using var next = await LogInAsync(server.Tcp);
        await next.DoAsync(101, Messages(Id("s"), Id("t"), ToPartition(0), (1, [1], [])));
        Assert.Equal(0, await server.StopAsync());
    }

    // Goal: one address does not take all the places by only connecting. Method: one more than it may have is closed at once, on whichever listener; a login makes room.
    [Fact]
    public async Task Strangers_MoreThanAnAddressMayHave_AreClosedAtOnce()
    {
        await using var server = await StartAsync(("Iggy__Limits__MaxStrangersPerAddress", "3"));
        using var first = await ConnectAsync(server.Tcp);
        await first.DoAsync(1);
        using var second = await ConnectAsync(server.WebSocket);
        await second.DoAsync(1);
        using var third = await ConnectAsync(server.Tcp);
        await third.DoAsync(1);
        using (var refused = await ConnectAsync(server.Tcp))
            Assert.True(await refused.IsClosedByServerAsync());
        await first.DoAsync(38, Login(ServerProcess.Username, ServerProcess.Password));
        await second.DoAsync(38, Login(ServerProcess.Username, ServerProcess.Password));
        using var fourth = await ConnectAsync(server.WebSocket);
        await fourth.DoAsync(1);
        using var fifth = await ConnectAsync(server.Tcp);
        await fifth.DoAsync(1);
        using (var refused = await ConnectAsync(server.Tcp))
            Assert.True(await refused.IsClosedByServerAsync());
    }

    /// <summary>Begins to connect.</summary>
    internal static Socket Connect(IPEndPoint server)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { Blocking = false };
        try
        {
            socket.Connect(server); // does not wait: those that are not accepted are in the system's queue, or will be
        }
        catch (SocketException e) when (e.SocketErrorCode is SocketError.WouldBlock or SocketError.InProgress)
        {
            // As it should be.
        }
        return socket;
    }

    private static Task<ServerProcess> StartAsync(params (string Name, string Value)[] settings) => ServerProcess.StartAsync(
        settings: new Dictionary<string, string>(settings.Select(one => KeyValuePair.Create(one.Name, one.Value)).Concat(WebSocketTests.On))
        {
            ["IGGY_HTTP_ENABLED"] = "true", ["IGGY_HTTP_ADDRESS"] = "127.0.0.1:0",
        },
        openFiles: OpenFiles);
}
