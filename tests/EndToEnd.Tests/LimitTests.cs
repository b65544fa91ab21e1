using System.Net;
using System.Net.Sockets;
using System.Net.WebSockets;
using Iggy.Testing;
using static Iggy.Testing.RawClient;

namespace Iggy.EndToEnd.Tests;

/// <summary>What one client may cost the others.</summary>
public class LimitTests
{
    private protected virtual EndPoint AddressOf(ServerProcess server) => server.Tcp;

    // Goal: who does not log in is sent away, pings or not; who has is left alone.
    [Fact]
    public async Task LoginTimeout_PingsDoNotExtendIt_AndUsersStay()
    {
        await using var server = await StartAsync(("Iggy__Limits__LoginTimeout", "00:00:05"));
        using var user = await LogInAsync(AddressOf(server));
        using var silent = await ConnectAsync(AddressOf(server));
        using var stranger = await ConnectAsync(AddressOf(server));
        await AssertClosedAsync(async () =>
        {
            while (true)
                await stranger.DoAsync(1);
        });
        Assert.True(await silent.IsClosedByServerAsync());
        await user.DoAsync(1);
        await user.DoAsync(39); // logged out: a stranger again
        Assert.True(await user.IsClosedByServerAsync());
    }

    [Fact]
    public async Task IdleTimeout_SilentUserIsSentAway_BusyOneStays()
    {
        await using var server = await StartAsync(("Iggy__Limits__IdleTimeout", "00:00:01"));
        using var silent = await LogInAsync(AddressOf(server));
        using var busy = await LogInAsync(AddressOf(server));
        var closing = silent.IsClosedByServerAsync();
        while (!closing.IsCompleted)
            await busy.DoAsync(1);
        Assert.True(await closing);
        await busy.DoAsync(1);
    }

    [Fact]
    public async Task MaxConnectionsPerAddress_OneMore_IsClosedAndAPlaceIsFreedByLeaving()
    {
        await using var server = await StartAsync(("Iggy__Limits__MaxConnectionsPerAddress", "2"));
        using var first = await LogInAsync(AddressOf(server));
        var second = await LogInAsync(AddressOf(server));
        Assert.False(await AnswersAsync(server));
        second.Dispose();
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (!await AnswersAsync(server)) // until the server has seen the second leave, its place is taken
            limit.Token.ThrowIfCancellationRequested();
        await first.DoAsync(1);
    }

    // Goal: large requests wait for memory, small ones do not, and a client that stalls inside one does not hold the others up for ever.
    [Fact]
    public async Task MaxInFlightBytes_LargeRequestWaits_SmallOnesDoNot_AndAStalledOneIsSentAway()
    {
        await using var server = await StartAsync(("Iggy__Limits__MaxInFlightBytes", "67108864"), ("Iggy__Limits__StallTimeout", "00:00:02"));
        using var waiting = await LogInAsync(AddressOf(server));
        using var small = await LogInAsync(AddressOf(server));
        using var stalling = await LogInAsync(AddressOf(server));
        await waiting.DoAsync(202, Name("s"));
        await waiting.DoAsync(302, NewTopic(Id("s"), "t", 1));

        // More than the kernel keeps: when it is sent, the server is reading it, so the request has its memory.
        await stalling.SendAsync(Frame(101, Messages(Id("s"), Id("t"), ToPartition(0), (1, new byte[60_000_000], []))).AsMemory(0, 59_000_000));
        var sending = waiting.SendAsync(Frame(101, Messages(Id("s"), Id("t"), ToPartition(0), (2, new byte[20_000_000], []))));
        var answering = waiting.ReceiveAsync();
        await small.DoAsync(101, Messages(Id("s"), Id("t"), ToPartition(0), (3, [3], [])));
        Assert.False(answering.IsCompleted);

        Assert.True(await stalling.IsClosedByServerAsync());
        await sending;
        Assert.Equal(0u, (await answering).Status);
        var (_, current, messages) = ReadPoll(await small.DoAsync(100, Poll(1, Id("s"), Id("t"), 0, 1, 0, 10)));
        Assert.Equal(1ul, current);
        Assert.Equal(3ul, messages[0].IdLow); // the small one was first, the stalled one left nothing
    }

    // Goal: who may not send takes no memory, however much he announces. Method: memory for one such request, and more of them than that; a user who may sends all the while.
    [Fact]
    public async Task MaxInFlightBytes_UserWithoutPermission_TakesNone()
    {
        await using var server = await StartAsync(("Iggy__Limits__MaxInFlightBytes", "67108864"), ("Iggy__Limits__StallTimeout", "00:10:00"));
        using var honest = await LogInAsync(AddressOf(server));
        await honest.DoAsync(202, Name("s"));
        await honest.DoAsync(302, NewTopic(Id("s"), "t", 1));
        await honest.DoAsync(33, Name("nobody"), Name("secret"), [1, 0]);
        var send = Messages(Id("s"), Id("t"), ToPartition(0), (1, new byte[60_000_000], []));
        var announcing = new List<RawClient>();
        try
        {
            for (var i = 0; i < 3; i++)
            {
                var client = await ConnectAsync(AddressOf(server));
                announcing.Add(client);
                await client.DoAsync(38, Login("nobody", "secret"));
                await client.SendAsync(Frame(101, send).AsMemory(0, 30_000_000)); // more than the system keeps: the server has read of it
            }
            await honest.DoAsync(101, Messages(Id("s"), Id("t"), ToPartition(0), (2, new byte[10_000_000], [])));
            await announcing[0].SendAsync(Frame(101, send).AsMemory(30_000_000));
            Assert.Equal(41u, (await announcing[0].ReceiveAsync()).Status); // the frame was drained
            await announcing[0].DoAsync(1);
        }
        finally
        {
            foreach (var client in announcing)
                client.Dispose();
        }
    }

    // Goal: a byte now and then does not keep memory that others wait for.
    [Fact]
    public async Task StallTimeout_ClientDripsItsLargeRequest_IsSentAway()
    {
        await using var server = await StartAsync(("Iggy__Limits__StallTimeout", "00:00:02"));
        using var dripping = await LogInAsync(AddressOf(server));
        await dripping.DoAsync(202, Name("s"));
        await dripping.DoAsync(302, NewTopic(Id("s"), "t", 1));
        await dripping.SendAsync(Frame(101, Messages(Id("s"), Id("t"), ToPartition(0), (1, new byte[1_000_000], []))).AsMemory(0, 1000));
        using var pause = new PeriodicTimer(TimeSpan.FromMilliseconds(100));
        await AssertClosedAsync(async () =>
        {
            while (await pause.WaitForNextTickAsync())
                await dripping.SendAsync(new byte[1]);
        });
    }

    private async Task<bool> AnswersAsync(ServerProcess server)
    {
        try
        {
            using var client = await ConnectAsync(AddressOf(server));
            await client.DoAsync(1);
            return true;
        }
        catch (Exception refused) when (refused is IOException or SocketException or WebSocketException)
        {
            return false;
        }
    }

    private static async Task AssertClosedAsync(Func<Task> talking)
    {
        try
        {
            await talking().WaitAsync(TimeSpan.FromSeconds(30));
        }
        catch (Exception closed) when (closed is IOException or SocketException or WebSocketException)
        {
            return;
        }
        Assert.Fail("The connection stayed open.");
    }

    private static Task<ServerProcess> StartAsync(params (string Name, string Value)[] settings) =>
        ServerProcess.StartAsync(settings: WebSocketTests.On.Concat(settings.Select(one => KeyValuePair.Create(one.Name, one.Value))).ToDictionary());
}
