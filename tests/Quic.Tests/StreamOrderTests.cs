using System.Collections.Concurrent;
using System.Net;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Iggy.Quic.Tests;

/// <summary>What an endpoint promises of the order of streams and of handshakes that do not end.</summary>
public sealed class StreamOrderTests
{
    // Goal: streams are accepted in the order in which they were opened, also where their packets changed places. Method: a relay that turns pairs of large
    // packets round, which are those with the streams' bytes; each stream has a packet of its own.
    [Fact]
    public async Task Streams_WhosePacketsChangePlaces_AreAcceptedInOrder()
    {
        Assert.SkipUnless(QuicEndpoint.IsAvailable, QuicEndpoint.WhyNotAvailable ?? "");
        using var serverCredentials = EchoServer.NewCredentials();
        Assert.True(serverCredentials.TryUse()); // the endpoint frees one use
        await using var server = QuicEndpoint.Listen(new IPEndPoint(IPAddress.Loopback, 0), serverCredentials, new(), NullLogger.Instance);
        byte[]? held = null;
        var turned = 0;
        await using var relay = new LossyRelay(server.LocalEndPoint, (number, packet) =>
        {
            if (number <= 20 || packet.Length < 1000)
                return [packet];
            if (Interlocked.Exchange(ref held, null) is not { } before)
            {
                held = packet;
                return [];
            }
            turned++;
            return [packet, before];
        });
        var (endpoint, connection) = await EchoServer.ConnectAsync(relay.Address, new() { InitialPacketBytes = 1600 });
        await using (endpoint)
        {
            var accepted = (await server.AcceptAsync())!;
            const int Count = 200;
            var sends = new List<Task>();
            for (var i = 0; i < Count; i++)
            {
                var stream = await connection.OpenStreamAsync(TestContext.Current.CancellationToken);
                sends.Add(stream.SendAsync(new byte[1500], isLast: true).AsTask());
            }
            for (var i = 0; i < Count; i++)
            {
                var stream = (await accepted.AcceptStreamAsync(TestContext.Current.CancellationToken))!;
                Assert.Equal(4 * i, stream.Id);
                Assert.Equal(1500, (await EchoServer.ReadToEndAsync(stream)).Length);
                await stream.DisposeAsync();
            }
            await Task.WhenAll(sends);
            Assert.True(turned > 5, $"{turned} packets changed places.");
        }
    }

    // Goal: a handshake that does not end is given up after its own limit, not after the much longer idle timeout. Method: a relay that lets the client's
    // first packet through and no other.
    [Fact]
    public async Task Handshake_ThatDoesNotEnd_IsGivenUpInTime()
    {
        Assert.SkipUnless(QuicEndpoint.IsAvailable, QuicEndpoint.WhyNotAvailable ?? "");
        var log = new LineLog();
        using var credentials = EchoServer.NewCredentials();
        Assert.True(credentials.TryUse());
        await using var server = QuicEndpoint.Listen(new IPEndPoint(IPAddress.Loopback, 0), credentials,
            new() { HandshakeTimeout = TimeSpan.FromMilliseconds(300), IdleTimeout = TimeSpan.FromMinutes(10), KeepAlive = TimeSpan.Zero }, log);
        await using var relay = new LossyRelay(server.LocalEndPoint, (number, packet) => number == 1 ? [packet] : []);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        var connecting = EchoServer.ConnectUntilAsync(relay.Address, new() { HandshakeTimeout = TimeSpan.FromMinutes(10), IdleTimeout = TimeSpan.FromMinutes(10) }, limit.Token);
        Assert.Contains("The handshake did not end in time.", await log.FirstAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
        await limit.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => connecting);
    }

    private sealed class LineLog : ILogger
    {
        private readonly BlockingCollection<string> _lines = [];

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) => _lines.Add(formatter(state, exception));

        public Task<string> FirstAsync(CancellationToken cancellationToken) => Task.Run(() => _lines.TryTake(out var line, 20_000, cancellationToken) ? line : "nothing within 20 s");
    }
}
