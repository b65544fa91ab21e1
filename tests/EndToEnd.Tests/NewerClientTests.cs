using System.Net;
using Iggy.Client;
using Iggy.Protocol;
using Iggy.Testing;

namespace Iggy.EndToEnd.Tests;

/// <summary>The client's whole suite in the newer dialect.</summary>
public class NewerClientTests(ServerFixture fixture) : ClientTests(fixture)
{
    private protected override string Dialect => "newer";

    [Fact]
    public async Task Send_TimesTooFarApart_IsRefusedAndTheConnectionLives()
    {
        await using var client = await ConnectAsync();
        Identifier stream = new(ServerFixture.NewName()), topic = new("t");
        await client.CreateStreamAsync(stream.Name!, TestContext.Current.CancellationToken);
        await client.CreateTopicAsync(stream, "t", 1, cancellationToken: TestContext.Current.CancellationToken);
        Message[] apart = [new("a") { OriginTimestampMicros = 1 }, new("b") { OriginTimestampMicros = 2UL + uint.MaxValue }];
        var ping = client.PingAsync(TestContext.Current.CancellationToken); // under way beside it
        await Assert.ThrowsAsync<ArgumentException>(async () => await client.SendMessagesAsync(stream, topic, Partitioning.ToPartition(0), apart, TestContext.Current.CancellationToken));
        await ping;
        await client.SendMessagesAsync(stream, topic, Partitioning.ToPartition(0), apart.AsSpan(0, 1), TestContext.Current.CancellationToken);
    }
}

/// <summary>The client's whole suite in the newer dialect, on a WebSocket.</summary>
public sealed class NewerWebSocketClientTests(ServerFixture fixture) : NewerClientTests(fixture)
{
    private protected override (string Scheme, IPEndPoint Address) TransportOf(ServerProcess server) => ("iggy+ws", server.WebSocket.Address);
}
