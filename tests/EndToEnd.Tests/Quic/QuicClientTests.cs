using Iggy.Client;
using Iggy.Protocol;

namespace Iggy.EndToEnd.Tests.Quic;

/// <summary>The .NET client over QUIC.</summary>
[Trait("kind", "process")]
public class QuicClientTests(QuicServerFixture fixture) : IClassFixture<QuicServerFixture>
{
    private protected virtual ProtocolDialect Dialect => ProtocolDialect.Classic;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    // Goal: what the client promises holds over QUIC too: messages of any size come back, in the order they were sent, by many callers on one connection.
    [Fact]
    public async Task Messages_OfManyCallers_ComeBackInOrder()
    {
        await using var client = await ConnectAsync();
        Identifier stream = new(ServerFixture.NewName() + "-quic"), topic = new("t");
        await client.CreateStreamAsync(stream.Name!, Cancel);
        await client.CreateTopicAsync(stream, "t", 1, cancellationToken: Cancel);
        var sends = Enumerable.Range(0, 200).Select(i => client.SendMessageAsync(stream, topic, Partitioning.ToPartition(0), new($"{i}"), Cancel).AsTask()).ToArray();
        await Task.WhenAll(sends);
        using (var polled = await client.PollMessagesAsync(new(ConsumerKind.Single, new("r")), stream, topic, 0, PollingStrategy.First, 1000, cancellationToken: Cancel))
            Assert.Equal(Enumerable.Range(0, 200).Select(i => $"{i}"), polled.Select(message => message.PayloadText));

        await client.SendMessageAsync(stream, topic, Partitioning.ToPartition(0), new(new byte[4_000_000]), Cancel);
        using var large = await client.PollMessagesAsync(new(ConsumerKind.Single, new("r")), stream, topic, 0, PollingStrategy.Last, 1, cancellationToken: Cancel);
        Assert.Equal(4_000_000, Assert.Single(large).Payload.Length);
    }

    // Goal: an error leaves the connection usable.
    [Fact]
    public async Task Error_OfOneRequest_LeavesTheConnection()
    {
        await using var client = await ConnectAsync();
        await Assert.ThrowsAsync<IggyException>(async () => await client.DeleteStreamAsync(new("no such stream"), Cancel));
        await client.PingAsync(Cancel);
    }

    private Task<IggyClient> ConnectAsync()
    {
        Assert.SkipWhen(fixture.Server.Quic.Port == 0, "The server has no QUIC library.");
        var address = new ServerAddress("127.0.0.1", fixture.Server.Quic.Port);
        return IggyClient.ConnectAsync(new IggyClientOptions { Transport = TransportKind.Quic, Dialect = Dialect, Address = address, Credentials = Credentials.ForUser("iggy", "iggy") }, Cancel);
    }
}

/// <summary>The same in the newer dialect.</summary>
[Trait("kind", "process")]
public sealed class NewerQuicClientTests(QuicServerFixture fixture) : QuicClientTests(fixture)
{
    private protected override ProtocolDialect Dialect => ProtocolDialect.Newer;
}
