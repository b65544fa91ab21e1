using System.Net.Sockets;
using System.Security.Cryptography;
using Microsoft.Extensions.Logging.Abstractions;

namespace Iggy.Quic.Tests;

/// <summary>Bad networks and packets from strangers.</summary>
public sealed class NetworkTests
{
    // Goal: loss, doubling and reordering cost time, never bytes. Method: a relay that does each to 5 % of all packets, both ways.
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Streams_OverABadNetwork_ComeBackWhole(int seed)
    {
        await using var server = EchoServer.Start();
        await using var relay = new LossyRelay(server.Address, LossyRelay.Share(0.05, seed));
        var (endpoint, connection) = await EchoServer.ConnectAsync(relay.Address);
        await using (endpoint)
        {
            var requests = Enumerable.Range(0, 20).Select(i => RandomNumberGenerator.GetBytes(1 + i * 10_000)).ToArray();
            var answers = await Task.WhenAll(requests.Select(request => EchoServer.AskAsync(connection, request)));
            Assert.Equal(requests, answers);
            Assert.True(relay.Packets > 100);
        }
    }

    // Goal: no packet, whatever is in it, ends the server or another's connection. Method: random packets, first packets with flipped bits, and the
    // packets of a live connection with flipped bits, from a seed; beside them a connection that must go on.
    [Fact]
    public async Task Packets_OfAnyContent_DisturbNobody()
    {
        await using var server = EchoServer.Start();
        var random = new Random(20);
        await using var relay = new LossyRelay(server.Address, (number, packet) =>
        {
            var damaged = (byte[])packet.Clone();
            lock (random)
            {
                for (var flips = random.Next(1, 8); flips > 0; flips--)
                    damaged[random.Next(damaged.Length)] ^= (byte)(1 << random.Next(8));
                return number % 3 == 0 ? [damaged[..random.Next(damaged.Length)], damaged, packet] : [damaged, packet];
            }
        });
        var (endpoint, connection) = await EchoServer.ConnectAsync(relay.Address);
        await using (endpoint)
        {
            using var stranger = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
            stranger.Connect(server.Address);
            for (var round = 0; round < 200; round++)
            {
                for (var i = 0; i < 50; i++)
                {
                    byte[] junk;
                    lock (random)
                    {
                        junk = new byte[random.Next(0, 1500)];
                        random.NextBytes(junk);
                        if (junk.Length > 5 && i % 2 == 0)
                            (junk[0], junk[1], junk[2], junk[3], junk[4]) = ((byte)(0xc0 | (junk[0] & 0x3f)), 0, 0, 0, 1); // version 1, long header
                    }
                    await stranger.SendAsync(junk, TestContext.Current.CancellationToken);
                }
                var request = new byte[100 + round];
                Assert.Equal(request, await EchoServer.AskAsync(connection, request));
            }
        }
        var (second, fresh) = await EchoServer.ConnectAsync(server.Address);
        await using (second)
            Assert.Equal([1], await EchoServer.AskAsync(fresh, [1]));
    }

    // Goal: a server that asks for proof of the address serves those who give it.
    [Fact]
    public async Task Retry_WhenAskedForAlways_LetsClientsIn()
    {
        await using var server = EchoServer.Start(new() { HandshakesBeforeRetry = 0 });
        var (endpoint, connection) = await EchoServer.ConnectAsync(server.Address);
        await using (endpoint)
            Assert.Equal([1, 2, 3], await EchoServer.AskAsync(connection, [1, 2, 3]));
        Assert.True(server.Endpoint.Retries > 0);
    }

    // Goal: a client of another version learns which there are (RFC 9000, 17.2.1), with the ids turned round.
    [Fact]
    public async Task Version_ThatIsUnknown_IsAnsweredWithTheKnownOnes()
    {
        await using var server = EchoServer.Start();
        using var client = new UdpClient();
        client.Connect(server.Address);
        var packet = new byte[1200];
        ((byte[])[0xc0, 0xba, 0xba, 0xba, 0xba, 8, 1, 2, 3, 4, 5, 6, 7, 8, 4, 11, 12, 13, 14]).CopyTo(packet, 0);
        await client.SendAsync(packet, TestContext.Current.CancellationToken);
        var answer = (await client.ReceiveAsync(TestContext.Current.CancellationToken).AsTask().WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken)).Buffer;
        Assert.Equal([0, 0, 0, 0, 4, 11, 12, 13, 14, 8, 1, 2, 3, 4, 5, 6, 7, 8], answer[1..19]);
        Assert.Equal([0, 0, 0, 1], answer[^4..]);
    }

    // Goal: a client whose server was killed and started again learns it with its next packet, not after the idle timeout.
    [Fact]
    public async Task Restart_WithTheSameKey_ResetsOldConnections()
    {
        var key = RandomNumberGenerator.GetBytes(32);
        await using var first = EchoServer.Start(new() { ResetKey = key });
        await using var second = EchoServer.Start(new() { ResetKey = key });
        var target = first.Address;
        await using var relay = new SwitchRelay(() => target);
        var (endpoint, connection) = await EchoServer.ConnectAsync(relay.Address);
        await using (endpoint)
        {
            // Several, so that nothing of the handshake is still under way: its packets are never answered with a reset.
            for (var i = 0; i < 5; i++)
                Assert.Equal([1], await EchoServer.AskAsync(connection, [1]));
            target = second.Address; // the old one says nothing any more
            await Assert.ThrowsAsync<QuicException>(() => EchoServer.AskAsync(connection, [2]));
            Assert.Contains("stateless reset", connection.EndReason, StringComparison.Ordinal);
            Assert.True(second.Endpoint.Resets > 0);
        }
    }

    // Goal: a client that is gone without a word is forgotten, and no sooner.
    [Fact]
    public async Task Silence_BeyondTheIdleTimeout_EndsTheConnection()
    {
        var settings = new QuicSettings { IdleTimeout = TimeSpan.FromSeconds(1), KeepAlive = TimeSpan.Zero };
        await using var server = EchoServer.Start(settings);
        var (endpoint, connection) = await EchoServer.ConnectAsync(server.Address, settings);
        await using (endpoint)
        {
            await connection.Ended.WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken);
            Assert.Contains("idle", connection.EndReason, StringComparison.Ordinal);
        }
    }

    // Goal: a connection that is in use by nobody lives on by keep-alives.
    [Fact]
    public async Task Silence_WithKeepAlive_KeepsTheConnection()
    {
        var settings = new QuicSettings { IdleTimeout = TimeSpan.FromSeconds(1), KeepAlive = TimeSpan.FromMilliseconds(200) };
        await using var server = EchoServer.Start(settings);
        var (endpoint, connection) = await EchoServer.ConnectAsync(server.Address, settings);
        await using (endpoint)
        {
            await Assert.ThrowsAsync<TimeoutException>(() => connection.Ended.WaitAsync(TimeSpan.FromSeconds(3), TestContext.Current.CancellationToken));
            Assert.Equal([1], await EchoServer.AskAsync(connection, [1]));
        }
    }

    // Goal: streams that end half-way give the connection its window back, or it would stand still after a few. Method: many times the window.
    [Fact]
    public async Task Streams_GivenUpHalfWay_LeaveTheWindow()
    {
        await using var server = EchoServer.Start(new() { ReceiveWindow = 64 * 1024 });
        var (endpoint, connection) = await EchoServer.ConnectAsync(server.Address);
        await using (endpoint)
        {
            for (var i = 0; i < 200; i++)
            {
                await using var stream = await connection.OpenStreamAsync(TestContext.Current.CancellationToken);
                await stream.SendAsync(new byte[8 * 1024], isLast: false);
            }
            Assert.Equal(100_000, (await EchoServer.AskAsync(connection, new byte[100_000])).Length);
        }
    }

    // Goal: one more than allowed is refused at once.
    [Fact]
    public async Task Connection_BeyondTheLimit_IsRefused()
    {
        await using var server = EchoServer.Start(new() { MaxConnections = 1 });
        var (endpoint, connection) = await EchoServer.ConnectAsync(server.Address);
        await using (endpoint)
        {
            var refused = await Assert.ThrowsAsync<QuicException>(() => EchoServer.ConnectAsync(server.Address));
            Assert.Contains("transport error 0x2", refused.Message, StringComparison.Ordinal);
            Assert.Equal([1], await EchoServer.AskAsync(connection, [1]));
        }
    }

    // Goal: a new certificate is for new connections; the old ones go on.
    [Fact]
    public async Task Credentials_Replaced_ServeNewConnections()
    {
        await using var server = EchoServer.Start();
        var (first, old) = await EchoServer.ConnectAsync(server.Address);
        await using (first)
        {
            server.Endpoint.Replace(EchoServer.NewCredentials());
            var (second, fresh) = await EchoServer.ConnectAsync(server.Address);
            await using (second)
                Assert.Equal([2], await EchoServer.AskAsync(fresh, [2]));
            Assert.Equal([1], await EchoServer.AskAsync(old, [1]));
        }
    }

    // Goal: a client that asks for a proven name believes no certificate that it does not trust.
    [Fact]
    public async Task Server_ThatIsNotTrusted_IsRefused()
    {
        await using var server = EchoServer.Start();
        using var credentials = TlsCredentials.ForClient("localhost", EchoServer.NewAuthorityPem());
        await Assert.ThrowsAsync<QuicException>(() => QuicEndpoint.ConnectAsync(
            server.Address, credentials, "localhost", offersProtocol: true, new(), NullLogger.Instance, TestContext.Current.CancellationToken));
    }
}
