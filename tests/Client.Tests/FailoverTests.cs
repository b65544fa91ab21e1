using Iggy.Client.Connections;
using Iggy.Testing;
using Microsoft.Extensions.Time.Testing;
using static Iggy.Testing.ScriptedServer;

namespace Iggy.Client.Tests;

/// <summary>Clients of several servers: one that is out of reach costs a try, not the request.</summary>
public sealed class FailoverTests
{
    [Fact]
    public async Task Connect_FirstServerGone_TakesTheNext()
    {
        var gone = new ScriptedServer();
        using var there = new ScriptedServer();
        var options = Setup.Options(gone) with { OtherAddresses = [ServerAddress.Parse(there.Address)] };
        gone.Dispose();
        var connecting = IggyClient.ConnectAsync(options, Setup.Cancellation);
        using var peer = await there.AcceptAsync();
        await using var client = await connecting.WaitAsync(Limit, Setup.Cancellation);
    }

    [Fact]
    public async Task Request_ServerDiedMeanwhile_GoesToTheNext()
    {
        var first = new ScriptedServer();
        using var second = new ScriptedServer();
        var (client, peer) = await Setup.ConnectAsync(first, options => options with { OtherAddresses = [ServerAddress.Parse(second.Address)] });
        await using var owned = client;
        var ping = client.PingAsync(Setup.Cancellation).AsTask();
        await peer.ReadAsync();
        first.Dispose();
        peer.Dispose();
        using var other = await second.AcceptAsync();
        await other.ReadAsync();
        await other.WriteAsync(Empty());
        await ping.WaitAsync(Limit, Setup.Cancellation);
    }

    // Goal: a server that never answers takes its own time, not that of the others; the one that served is tried first from then on.
    [Fact]
    public async Task Open_ServerThatNeverAnswers_IsLeftAfterItsTime()
    {
        var clock = new FakeTimeProvider();
        var (mute, good) = (new Scripted(null), new Scripted(Stream.Null));
        var transport = new FailoverTransport([mute, good], TimeSpan.FromSeconds(5), clock);
        var opening = transport.OpenAsync(Setup.Cancellation).AsTask();
        clock.Advance(TimeSpan.FromSeconds(5));
        Assert.Same(Stream.Null, await opening.WaitAsync(Limit, Setup.Cancellation));
        await transport.OpenAsync(Setup.Cancellation);
        Assert.Equal((1, 2), (mute.Tries, good.Tries));
        transport.Leave(); // it took the connection and did not serve it
        opening = transport.OpenAsync(Setup.Cancellation).AsTask();
        clock.Advance(TimeSpan.FromSeconds(5));
        await opening.WaitAsync(Limit, Setup.Cancellation);
        Assert.Equal((2, 3), (mute.Tries, good.Tries));
    }

    [Fact]
    public async Task Open_NoServerAnswers_IsToldAsOutOfReach()
    {
        var clock = new FakeTimeProvider();
        var transport = new FailoverTransport([new Scripted(null)], TimeSpan.FromSeconds(5), clock);
        var opening = transport.OpenAsync(Setup.Cancellation).AsTask();
        clock.Advance(TimeSpan.FromSeconds(5));
        await Assert.ThrowsAsync<IOException>(() => opening.WaitAsync(Limit, Setup.Cancellation));
    }

    [Fact]
    public void Parse_SeveralServers_KeepsTheirOrder()
    {
        var options = IggyClientOptions.Parse("iggy://a:secret@one:1,two:2,[::1]:3?dialect=classic");
        Assert.Equal((new ServerAddress("one", 1), "one:1, two:2, [::1]:3"), (options.Address, options.Servers));
        Assert.Throws<FormatException>(() => IggyClientOptions.Parse("iggy://a:secret@one:1,two"));
        Assert.Throws<ArgumentException>(() => (options with { OtherAddresses = [.. Enumerable.Repeat(options.Address, 64)] }).Validate());
    }

    private sealed class Scripted(Stream? answer) : ITransport
    {
        public int Tries { get; private set; }

        public async ValueTask<Stream> OpenAsync(CancellationToken cancellationToken)
        {
            Tries++;
            if (answer is null)
                await Task.Delay(Timeout.Infinite, cancellationToken);
            return answer!;
        }
    }
}
