using Iggy.Protocol;
using Iggy.Testing;
using static Iggy.Testing.ScriptedServer;

namespace Iggy.Client.Tests;

/// <summary>Many callers on one connection: each gets its own reply, however the bytes are cut.</summary>
public sealed class PipelineTests
{
    // Goal: replies find their callers. Method: 100 callers ask for clients with their own number; the peer reads all, then answers all at once.
    [Fact]
    public async Task Ask_By100CallersAtOnce_GivesEachItsOwnReply()
    {
        using var server = new ScriptedServer();
        var (client, peer) = await Setup.ConnectAsync(server);
        await using var _ = client;
        var calls = Enumerable.Range(1, 100).Select(id => client.GetClientAsync((uint)id, Setup.Cancellation).Within()).ToArray();
        var replies = new List<byte>();
        for (var i = 0; i < calls.Length; i++)
            replies.AddRange(Ok(ClientBytes(BitConverter.ToUInt32((await peer.ReadAsync()).Payload))));
        await peer.WriteAsync([.. replies]);

        for (var i = 0; i < calls.Length; i++)
            Assert.Equal((uint)i + 1, (await calls[i])!.Client.ClientId);
    }

    // Goal: no cut of the stream matters. Method: two replies, cut at every byte; the second part leaves only after the first was received.
    [Fact]
    public async Task Ask_RepliesCutAtEveryByte_AreReadWhole()
    {
        byte[] both = [.. Ok(ClientBytes(11)), .. Empty(1009), .. Ok(ClientBytes(12))];
        for (var cut = 1; cut < both.Length; cut++)
        {
            using var server = new ScriptedServer();
            var (client, peer) = await Setup.ConnectAsync(server);
            await using var _ = client;
            var (first, second, third) = (client.GetMeAsync(Setup.Cancellation).Within(), client.DeleteStreamAsync(new(1), Setup.Cancellation).Within(), client.GetMeAsync(Setup.Cancellation).Within());
            for (var i = 0; i < 3; i++)
                await peer.ReadAsync();
            await peer.WriteAsync(both[..cut]);
            if (cut >= Ok(ClientBytes(11)).Length)
                await first; // proof that the first part arrived alone
            await peer.WriteAsync(both[cut..]);

            Assert.Equal(11u, (await first).Client.ClientId);
            Assert.Equal(IggyError.StreamIdNotFound, (await Assert.ThrowsAsync<IggyException>(() => second)).Error);
            Assert.Equal(12u, (await third).Client.ClientId);
        }
    }

    [Fact]
    public async Task Ask_ReplyInSingleBytes_IsReadWhole()
    {
        using var server = new ScriptedServer();
        var (client, peer) = await Setup.ConnectAsync(server);
        await using var _ = client;
        var me = client.GetMeAsync(Setup.Cancellation).Within();
        await peer.ReadAsync();
        foreach (var one in Ok(ClientBytes(5)))
            await peer.WriteAsync([one]);
        Assert.Equal(5u, (await me).Client.ClientId);
    }

    [Fact]
    public async Task Ask_ErrorReply_IsAnExceptionWithItsCode()
    {
        using var server = new ScriptedServer();
        var (client, peer) = await Setup.ConnectAsync(server);
        await using var _ = client;
        var refused = client.CreateStreamAsync("s", Setup.Cancellation).Within();
        await peer.ReadAsync();
        await peer.WriteAsync(Empty(1012));
        Assert.Equal(IggyError.StreamNameAlreadyExists, (await Assert.ThrowsAsync<IggyException>(() => refused)).Error);

        var ping = client.PingAsync(Setup.Cancellation).Within(); // still in step
        await peer.ReadAsync();
        await peer.WriteAsync(Empty());
        await ping;
    }

    // Goal: one caller that leaves does not disturb the others. Method: the middle one of three is cancelled after all were received.
    [Fact]
    public async Task Ask_CancelledWhileUnderWay_LeavesTheOthersInStep()
    {
        using var server = new ScriptedServer();
        var (client, peer) = await Setup.ConnectAsync(server);
        await using var _ = client;
        using var leave = new CancellationTokenSource();
        var (first, second, third) = (client.GetMeAsync(Setup.Cancellation).Within(), client.GetMeAsync(leave.Token).Within(), client.GetMeAsync(Setup.Cancellation).Within());
        for (var i = 0; i < 3; i++)
            await peer.ReadAsync();
        await leave.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => second);
        await peer.WriteAsync([.. Ok(ClientBytes(1)), .. Ok(ClientBytes(2)), .. Ok(ClientBytes(3))]);

        Assert.Equal(1u, (await first).Client.ClientId);
        Assert.Equal(3u, (await third).Client.ClientId);
    }

    // Goal: the number of requests under way is bounded. Method: with a limit of 2 the third request is not sent before a reply came.
    [Fact]
    public async Task Ask_MoreThanMaxInFlight_Waits()
    {
        using var server = new ScriptedServer();
        var (client, peer) = await Setup.ConnectAsync(server, options => options with { MaxInFlight = 2 });
        await using var _ = client;
        var calls = Enumerable.Range(0, 3).Select(i => client.GetMeAsync(Setup.Cancellation).Within()).ToArray();
        await peer.ReadAsync();
        await peer.ReadAsync();
        var third = peer.ReadAsync();
        Assert.False(third.IsCompleted);
        await peer.WriteAsync(Ok(ClientBytes(1)));
        await third;
        await peer.WriteAsync([.. Ok(ClientBytes(2)), .. Ok(ClientBytes(3))]);
        Assert.Equal([1u, 2u, 3u], (await Task.WhenAll(calls)).Select(me => me.Client.ClientId));
    }

    // Goal: a large reply is received straight into its own buffer, also when its start came with another reply.
    [Fact]
    public async Task Ask_LargeReplyBehindASmallOne_IsReadWhole()
    {
        using var server = new ScriptedServer();
        var (client, peer) = await Setup.ConnectAsync(server);
        await using var _ = client;
        var (me, clients) = (client.GetMeAsync(Setup.Cancellation).Within(), client.GetClientsAsync(Setup.Cancellation).Within());
        await peer.ReadAsync();
        await peer.ReadAsync();
        var records = Enumerable.Range(0, 20_000).SelectMany(i => ClientBytes((uint)i)).ToArray();
        await peer.WriteAsync([.. Ok(ClientBytes(1)), .. Ok(records)]);

        Assert.Equal(1u, (await me).Client.ClientId);
        Assert.Equal(Enumerable.Range(0, 20_000).Select(i => (uint)i), (await clients).Select(one => one.ClientId));
    }
}
