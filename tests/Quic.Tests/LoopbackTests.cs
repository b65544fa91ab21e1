namespace Iggy.Quic.Tests;

/// <summary>Our client against our server.</summary>
public sealed class LoopbackTests
{
    // Goal: what was sent is what comes back, whatever its size. Method: around the borders of packets, of buffers and of windows.
    [Theory]
    [InlineData(1)]
    [InlineData(8)]
    [InlineData(1200)]
    [InlineData(100_000)]
    [InlineData(1_048_576)]
    [InlineData(10_000_000)]
    public async Task Stream_OfAnySize_ComesBackWhole(int bytes)
    {
        await using var server = EchoServer.Start();
        var (endpoint, connection) = await EchoServer.ConnectAsync(server.Address);
        await using (endpoint)
        {
            var request = new byte[bytes];
            new Random(bytes).NextBytes(request);
            Assert.Equal(request, await EchoServer.AskAsync(connection, request));
        }
    }

    // Goal: streams of one connection do not disturb each other.
    [Fact]
    public async Task Streams_SideBySide_AllComeBack()
    {
        await using var server = EchoServer.Start();
        var (endpoint, connection) = await EchoServer.ConnectAsync(server.Address);
        await using (endpoint)
        {
            var requests = Enumerable.Range(1, 200).Select(i => Enumerable.Repeat((byte)i, i * 100).ToArray()).ToArray();
            var answers = await Task.WhenAll(requests.Select(request => EchoServer.AskAsync(connection, request)));
            Assert.Equal(requests, answers);
        }
    }

    // Goal: a closed connection is over on both sides at once, not after the idle timeout.
    [Fact]
    public async Task Close_ByTheServer_EndsTheClientsStreams()
    {
        var server = EchoServer.Start();
        var (endpoint, connection) = await EchoServer.ConnectAsync(server.Address);
        await using (endpoint)
        {
            await using var stream = await connection.OpenStreamAsync(TestContext.Current.CancellationToken);
            var reading = stream.ReceiveAsync(new byte[10]).AsTask();
            await server.DisposeAsync();
            await Assert.ThrowsAsync<QuicException>(() => reading);
            Assert.Contains("closed the connection", connection.EndReason, StringComparison.Ordinal);
        }
    }

    // Goal: nobody waits for a handshake that nobody answers.
    [Fact]
    public async Task Connect_ToAClosedPort_FailsAtOnce()
    {
        var server = EchoServer.Start();
        var address = server.Address;
        await server.DisposeAsync();
        var refused = await Assert.ThrowsAsync<QuicException>(() => EchoServer.ConnectAsync(address));
        Assert.Contains("Nobody listens", refused.Message, StringComparison.Ordinal);
    }
}
