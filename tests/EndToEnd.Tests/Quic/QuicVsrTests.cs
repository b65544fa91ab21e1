using System.Buffers.Binary;
using Iggy.Quic.Tests;
using Iggy.Testing;
using static Iggy.Testing.RawClient;

namespace Iggy.EndToEnd.Tests.Quic;

/// <summary>What is peculiar to the newer dialect over QUIC: order, and the ends of streams and connections.</summary>
[Trait("kind", "process")]
public sealed class QuicVsrTests(ServerFixture fixture)
{
    private const byte NonReplicated = 2, CreateStream = 128;

    // Goal: numbered requests that are under way side by side are carried out in the order in which they were asked, also where their packets change
    // places: out of order the lower number would pass for a repeat, and its request would be lost.
    [Fact]
    public async Task Requests_SideBySide_AreCarriedOutInOrder()
    {
        Assert.SkipWhen(fixture.Server.Quic.Port == 0, "The server has no QUIC library.");
        await using var relay = new LossyRelay(fixture.Server.Quic, LossyRelay.Share(0.05, seed: 3));
        var (client, connection) = await LogInAsync(relay.Address);
        using var stream = connection;
        using (client)
        {
            var names = Enumerable.Range(0, 40).Select(_ => ServerFixture.NewName()).ToArray();
            var asks = names.Select((name, i) => RawQuicStream.ExchangeAsync(stream.Connection, client.Frame(CreateStream, 0, Name(name), (ulong)i + 1, client.Session))).ToArray();
            var replies = await Task.WhenAll(asks);
            uint? before = null;
            foreach (var reply in replies)
            {
                Assert.Equal((0u, 0u), (BinaryPrimitives.ReadUInt32LittleEndian(reply.AsSpan(216)), BinaryPrimitives.ReadUInt32LittleEndian(reply.AsSpan(256)))); // status and result
                var id = BinaryPrimitives.ReadUInt32LittleEndian(reply.AsSpan(260));
                Assert.True(before is null || id > before, $"Stream {id} was made after {before}.");
                before = id;
            }
        }
    }

    // Goal: a stream that ends inside a frame says nothing of the connection: neither its dialect, nor its end.
    [Theory]
    [InlineData(0)]
    [InlineData(4)]
    [InlineData(8)]
    [InlineData(255)]
    public async Task Stream_CutInsideAHead_LeavesTheChoiceOpen(int bytes)
    {
        Assert.SkipWhen(fixture.Server.Quic.Port == 0, "The server has no QUIC library.");
        using var stream = await RawQuicStream.ConnectAsync(fixture.Server.Quic);
        Assert.Empty(await RawQuicStream.ExchangeAsync(stream.Connection, new byte[bytes]));
        Assert.Equal(new byte[8], await RawQuicStream.ExchangeAsync(stream.Connection, Frame(1))); // a classic ping
        Assert.Empty(await RawQuicStream.ExchangeAsync(stream.Connection, new byte[8])); // in which zeros are a frame without a code: no reply here
        Assert.Equal(new byte[8], await RawQuicStream.ExchangeAsync(stream.Connection, Frame(1)));
    }

    // Goal: a request that its client gives up ends alone.
    [Fact]
    public async Task Stream_CutInsideABody_LeavesTheConnection()
    {
        Assert.SkipWhen(fixture.Server.Quic.Port == 0, "The server has no QUIC library.");
        var (client, stream) = await LogInAsync(fixture.Server.Quic);
        using var connection = stream;
        using (client)
        {
            Assert.Empty(await RawQuicStream.ExchangeAsync(stream.Connection, client.Frame(CreateStream, 0, Name("cut"), 1, client.Session).AsMemory(0, 258)));
            Assert.Equal(0u, (await client.AskFrameAsync(NonReplicated, 1, [], 1, client.Session)).Status);
        }
    }

    // Goal: the closing eviction arrives whole before the connection ends, and the end says why.
    [Fact]
    public async Task Eviction_ThatCloses_ComesFirst()
    {
        Assert.SkipWhen(fixture.Server.Quic.Port == 0, "The server has no QUIC library.");
        var (client, stream) = await LogInAsync(fixture.Server.Quic);
        using var connection = stream;
        using (client)
        {
            Assert.Equal(4, (await client.AskFrameAsync(64, 0, [], 1, client.Session)).Eviction);
            await stream.Connection.Ended.WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken);
            Assert.Equal($"The peer closed the connection (code {0x1004}).", stream.Connection.EndReason);
        }
    }

    [Fact]
    public async Task Stop_OfTheServer_IsToldByACode()
    {
        await using var server = await QuicServerFixture.StartAsync();
        Assert.SkipWhen(server.Quic.Port == 0, "The server has no QUIC library.");
        var (client, stream) = await LogInAsync(server.Quic);
        using var connection = stream;
        using (client)
        {
            Assert.Equal(0, await server.StopAsync());
            await stream.Connection.Ended.WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken);
            Assert.Equal($"The peer closed the connection (code {0x1003}).", stream.Connection.EndReason);
        }
    }

    private static async Task<(RawVsrClient Client, RawQuicStream Stream)> LogInAsync(System.Net.IPEndPoint server)
    {
        var stream = await RawQuicStream.ConnectAsync(server);
        var client = await RawVsrClient.LogInAsync(new StreamEndPoint(() => Task.FromResult<Stream>(stream)));
        return (client, stream);
    }
}
