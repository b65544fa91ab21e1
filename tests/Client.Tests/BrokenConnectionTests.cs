using Iggy.Protocol;
using Iggy.Testing;
using Microsoft.Extensions.Time.Testing;
using static Iggy.Testing.ScriptedServer;

namespace Iggy.Client.Tests;

/// <summary>What callers are told when connections break, and how the client comes back.</summary>
public sealed class BrokenConnectionTests
{
    private static readonly Message _message = new("m");

    private static Task SendAsync(IggyClient client) =>
        client.SendMessageAsync(new("s"), new("t"), Partitioning.Balanced, _message, Setup.Cancellation).Within();

    // Goal: a send is never repeated in silence. Method: the peer takes it and closes at each byte of the reply.
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(4)]
    [InlineData(7)]
    public async Task Send_PeerDiesInsideTheReply_FailsWithUnknownOutcome(int bytes)
    {
        using var server = new ScriptedServer();
        var (client, peer) = await Setup.ConnectAsync(server);
        await using var _ = client;
        var send = SendAsync(client);
        Assert.Equal(101u, (await peer.ReadAsync()).Code);
        await peer.WriteAsync(Empty()[..bytes]);
        peer.Dispose();
        Assert.True((await Assert.ThrowsAsync<IggyConnectionException>(() => send)).IsOutcomeUnknown);
    }

    [Fact]
    public async Task Read_PeerDies_IsRepeatedOnANewConnectionAfterLogin()
    {
        using var server = new ScriptedServer();
        var (client, peer) = await Setup.ConnectAsync(server, options => options with { Credentials = Credentials.ForUser("iggy", "iggy") });
        await using var _ = client;
        var me = client.GetMeAsync(Setup.Cancellation).Within();
        await peer.ReadAsync();
        await peer.WriteAsync(Ok(ClientBytes(9))[..12]); // half of the reply
        peer.Dispose();

        using var next = await server.AcceptAsync();
        await next.AcceptLoginAsync();
        Assert.Equal(20u, (await next.ReadAsync()).Code);
        await next.WriteAsync(Ok(ClientBytes(10)));
        Assert.Equal(10u, (await me).Client.ClientId);
    }

    [Fact]
    public async Task Send_AfterABreak_GoesToANewConnectionAfterLogin()
    {
        using var server = new ScriptedServer();
        var (client, peer) = await Setup.ConnectAsync(server, options => options with { Credentials = Credentials.ForUser("iggy", "iggy") });
        await using var _ = client;
        var lost = SendAsync(client);
        await peer.ReadAsync();
        peer.Dispose();
        await Assert.ThrowsAsync<IggyConnectionException>(() => lost);

        var send = SendAsync(client);
        using var next = await server.AcceptAsync();
        await next.AcceptLoginAsync();
        Assert.Equal(101u, (await next.ReadAsync()).Code);
        await next.WriteAsync(Empty());
        await send;
    }

    // Goal: credentials given by a call count for later connections too.
    [Fact]
    public async Task LogIn_ByCall_IsRepeatedAfterABreak()
    {
        using var server = new ScriptedServer();
        var (client, peer) = await Setup.ConnectAsync(server);
        await using var _ = client;
        var login = client.LogInAsync("bob", "secret", Setup.Cancellation).Within();
        var (_, first) = await peer.ReadAsync();
        await peer.WriteAsync(Ok(U32(3)));
        Assert.Equal(3u, await login);
        var me = client.GetMeAsync(Setup.Cancellation).Within();
        await peer.ReadAsync();
        peer.Dispose();

        using var next = await server.AcceptAsync();
        var (code, again) = await next.ReadAsync();
        Assert.Equal(38u, code);
        Assert.Equal(first, again);
        await next.WriteAsync(Ok(U32(3)));
        await next.ReadAsync();
        await next.WriteAsync(Ok(ClientBytes(1)));
        await me;
    }

    // Goal: a server that says it stops is believed, and what was under way fails. Method: the notice comes unasked, as after a stop signal.
    [Fact]
    public async Task Notice_ServerIsStopping_FailsWhatIsUnderWay()
    {
        using var server = new ScriptedServer();
        var (client, peer) = await Setup.ConnectAsync(server, options => options with { Reconnect = ReconnectPolicy.Off });
        await using var _ = client;
        var send = SendAsync(client);
        await peer.ReadAsync();
        await peer.WriteAsync(Empty(8));
        var fault = await Assert.ThrowsAsync<IggyConnectionException>(() => send);
        Assert.True(fault.IsOutcomeUnknown);
        Assert.Contains("is stopping", fault.Message, StringComparison.Ordinal);

        var refused = await Assert.ThrowsAsync<IggyConnectionException>(() => client.PingAsync(Setup.Cancellation).Within());
        Assert.False(refused.IsOutcomeUnknown);
    }

    // Goal: a length from outside is judged before memory is taken. Method: 4 GiB are announced, and an error with a payload.
    [Theory]
    [InlineData(0u, uint.MaxValue, "MaxReplyBytes")]
    [InlineData(0u, 1025u, "MaxReplyBytes")]
    [InlineData(3u, 4u, "errors have none")]
    public async Task Reply_WithALengthThatCannotBe_EndsTheConnection(uint status, uint bytes, string reason)
    {
        using var server = new ScriptedServer();
        var (client, peer) = await Setup.ConnectAsync(server, options => options with { MaxReplyBytes = 1024 });
        await using var _ = client;
        var send = SendAsync(client);
        await peer.ReadAsync();
        await peer.WriteAsync([.. U32(status), .. U32(bytes)]);
        Assert.Contains(reason, (await Assert.ThrowsAsync<IggyConnectionException>(() => send)).Message, StringComparison.Ordinal);
        Assert.Null(await peer.TryReadAsync());
    }

    [Fact]
    public async Task Reply_NobodyAskedFor_EndsTheConnection()
    {
        using var server = new ScriptedServer();
        var (client, peer) = await Setup.ConnectAsync(server);
        await using var _ = client;
        await peer.WriteAsync(Ok(ClientBytes(1)));
        Assert.Null(await peer.TryReadAsync());
    }

    // Goal: a reply that can't be decoded concerns one caller; the frame was whole, so the connection goes on.
    [Fact]
    public async Task Reply_ThatCannotBeDecoded_LeavesTheConnectionInStep()
    {
        using var server = new ScriptedServer();
        var (client, peer) = await Setup.ConnectAsync(server);
        await using var _ = client;
        var (bad, good) = (client.GetMeAsync(Setup.Cancellation).Within(), client.GetMeAsync(Setup.Cancellation).Within());
        await peer.ReadAsync();
        await peer.WriteAsync([.. Ok([1, 2, 3]), .. Ok(ClientBytes(4))]);
        Assert.Equal(IggyError.CannotDeserializeResource, (await Assert.ThrowsAsync<IggyException>(() => bad)).Error);
        Assert.Equal(4u, (await good).Client.ClientId);
    }

    // Goal: a silent server does not hang anybody. Method: the clock is moved past the limit once the request has arrived.
    [Fact]
    public async Task Ask_NoReplyInTime_TimesOutAndEndsTheConnection()
    {
        using var server = new ScriptedServer();
        var clock = new FakeTimeProvider();
        var (client, peer) = await Setup.ConnectAsync(server, options => options with { Clock = clock, RequestTimeout = TimeSpan.FromMinutes(1) });
        await using var _ = client;
        var send = SendAsync(client);
        await peer.ReadAsync();
        clock.Advance(TimeSpan.FromMinutes(2));
        await Assert.ThrowsAsync<TimeoutException>(() => send);
        Assert.Null(await peer.TryReadAsync());
    }

    // Goal: a peer that does not read blocks neither cancellation nor the end. Method: more than the sockets hold is sent and never read.
    [Fact]
    public async Task Send_PeerDoesNotRead_CanBeCancelledAndDisposed()
    {
        using var server = new ScriptedServer();
        var (client, peer) = await Setup.ConnectAsync(server);
        using var leave = new CancellationTokenSource();
        var payload = new byte[32_000_000];
        var sends = Enumerable.Range(0, 3).Select(i => client.SendMessagesAsync(new(1), new(1), Partitioning.Balanced, [new(payload)], leave.Token).Within()).ToArray();
        await leave.CancelAsync();
        foreach (var send in sends)
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => send);
        await client.DisposeAsync().Within();
        peer.Dispose();
    }

    [Fact]
    public async Task Dispose_WithRequestsUnderWay_FailsThem()
    {
        using var server = new ScriptedServer();
        var (client, peer) = await Setup.ConnectAsync(server, options => options with { Reconnect = ReconnectPolicy.Off });
        var me = client.GetMeAsync(Setup.Cancellation).Within();
        await peer.ReadAsync();
        await client.DisposeAsync().Within();
        await Assert.ThrowsAsync<IggyConnectionException>(() => me);
        await Assert.ThrowsAsync<ObjectDisposedException>(() => client.PingAsync(Setup.Cancellation).Within());
    }

    [Fact]
    public async Task Connect_NobodyListens_FailsAtOnce()
    {
        int port;
        using (var server = new ScriptedServer())
            port = server.Port;
        var fault = await Assert.ThrowsAsync<IggyConnectionException>(() =>
            IggyClient.ConnectAsync($"iggy://iggy:iggy@127.0.0.1:{port}", Setup.Cancellation).WaitAsync(Limit, Setup.Cancellation));
        Assert.Equal((false, IggyError.CannotEstablishConnection), (fault.IsOutcomeUnknown, fault.Error));
        Assert.Contains($"127.0.0.1:{port}", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Connect_LoginRefused_SaysSo()
    {
        using var server = new ScriptedServer();
        var connecting = IggyClient.ConnectAsync(Setup.Options(server) with { Credentials = Credentials.ForToken("t") }, Setup.Cancellation);
        using var peer = await server.AcceptAsync();
        Assert.Equal(44u, (await peer.ReadAsync()).Code);
        await peer.WriteAsync(Empty(42));
        Assert.Equal(IggyError.InvalidCredentials, (await Assert.ThrowsAsync<IggyException>(() => connecting.WaitAsync(Limit, Setup.Cancellation))).Error);
        Assert.Null(await peer.TryReadAsync());
    }

    [Theory]
    [InlineData(1, 0.0, 50)]
    [InlineData(1, 1.0, 100)]
    [InlineData(3, 1.0, 400)]
    [InlineData(100, 1.0, 5000)]
    public void DelayAfter_FailedTries_DoublesUpToTheMaximum(int failed, double random, int milliseconds) =>
        Assert.Equal(TimeSpan.FromMilliseconds(milliseconds), ReconnectPolicy.Default.DelayAfter(failed, random));
}
