using System.Net;
using System.Text;
using Iggy.Client;
using Iggy.Protocol;
using Iggy.Testing;

namespace Iggy.EndToEnd.Tests;

/// <summary>The same server through our own client: every call it has, a restart in the middle, many callers at once.</summary>
public class ClientTests(ServerFixture fixture)
{
    private protected virtual (string Scheme, IPEndPoint Address) TransportOf(ServerProcess server) => ("iggy+tcp", server.Tcp);

    private protected virtual string Dialect => "classic";

    // Over HTTP nobody has a connection that the server could tell about.
    private protected virtual async Task CheckClientsAsync(IggyClient client)
    {
        var me = await client.GetMeAsync(Cancel);
        Assert.Equal(me.Client, (await client.GetClientAsync(me.Client.ClientId, Cancel))!.Client);
        Assert.Contains(me.Client, await client.GetClientsAsync(Cancel));
    }

    private static readonly Consumer Reader = new(ConsumerKind.Single, new("reader"));

    private protected static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Tour_EveryCall_DoesWhatItSays()
    {
        await using var client = await ConnectAsync();
        Identifier stream = new(ServerFixture.NewName()), topic = new("events");
        await client.PingAsync(Cancel);
        Assert.Null(await client.GetStreamAsync(stream, Cancel));
        var made = await client.CreateStreamAsync(stream.Name!, Cancel);
        var refused = await Assert.ThrowsAsync<IggyException>(async () => await client.CreateStreamAsync(stream.Name!, Cancel));
        Assert.Equal(IggyError.StreamNameAlreadyExists, refused.Error);
        Assert.Contains(made, await client.GetStreamsAsync(Cancel));

        var details = await client.CreateTopicAsync(stream, "events", 2, cancellationToken: Cancel);
        Assert.Equal([0u, 1u], details.Partitions.Select(partition => partition.Id));
        await client.CreatePartitionsAsync(stream, topic, 2, Cancel);
        await client.DeletePartitionsAsync(stream, topic, 1, Cancel);
        Assert.Equal(3u, (await client.GetTopicAsync(stream, topic, Cancel))!.Topic.PartitionsCount);
        await client.UpdateTopicAsync(stream, topic, "events", new() { MessageExpiryMicros = 5_000_000 }, Cancel);
        Assert.Equal(5_000_000ul, Assert.Single(await client.GetTopicsAsync(stream, Cancel)).MessageExpiryMicros);

        var headers = new MessageHeaders().Add("trace", "abc");
        await client.SendMessagesAsync(stream, topic, Partitioning.ToPartition(0), [new("one") { UserHeaders = headers.ToMemory() }, new("two")], Cancel);
        await client.SendMessageAsync(stream, topic, Partitioning.ToPartition(0), new("three"), Cancel);
        await client.FlushAsync(stream, topic, 0, fsync: true, Cancel);
        using (var polled = await client.PollMessagesAsync(Reader, stream, topic, 0, PollingStrategy.First, 10, cancellationToken: Cancel))
        {
            Assert.Equal((3, 2ul), (polled.Count, polled.CurrentOffset));
            Assert.Equal(["one", "two", "three"], polled.Select(message => message.PayloadText));
            Assert.All(polled, message => Assert.True(message.IsChecksumRight()));
            Assert.True(polled.First().TryGetHeader("trace", out var trace) && trace == "abc");
        }

        Assert.Null(await client.GetConsumerOffsetAsync(Reader, stream, topic, 0, Cancel));
        await client.StoreConsumerOffsetAsync(Reader, stream, topic, 0, 1, Cancel);
        Assert.Equal(1ul, (await client.GetConsumerOffsetAsync(Reader, stream, topic, 0, Cancel))!.Value.StoredOffset);
        await client.DeleteConsumerOffsetAsync(Reader, stream, topic, 0, Cancel);
        await client.DeleteSegmentsAsync(stream, topic, 0, 10, Cancel);

        await CheckClientsAsync(client);
        Assert.Equal((uint)fixture.Server.ProcessId, (await client.GetStatsAsync(Cancel)).ProcessId);
        Assert.Single((await client.GetClusterMetadataAsync(Cancel)).Nodes);

        await client.PurgeTopicAsync(stream, topic, Cancel);
        await client.PurgeStreamAsync(stream, Cancel);
        Assert.Equal(0ul, (await client.GetStreamAsync(stream, Cancel))!.Stream.MessagesCount);
        await client.DeleteTopicAsync(stream, topic, Cancel);
        Identifier renamed = new(ServerFixture.NewName());
        await client.UpdateStreamAsync(stream, renamed.Name!, Cancel);
        await client.DeleteStreamAsync(renamed, Cancel);
        await client.LogOutAsync(Cancel);
        Assert.Equal(IggyError.Unauthenticated, (await Assert.ThrowsAsync<IggyException>(async () => await client.GetStreamsAsync(Cancel))).Error);
    }

    [Fact]
    public async Task Consume_FromTheBeginning_GivesEverythingInOrderAndGoesOnAfterIt()
    {
        await using var client = await ConnectAsync();
        Identifier stream = new(ServerFixture.NewName()), topic = new("t");
        await client.CreateStreamAsync(stream.Name!, Cancel);
        await client.CreateTopicAsync(stream, "t", 1, cancellationToken: Cancel);
        for (var batch = 0; batch < 20; batch++)
            await client.SendMessagesAsync(stream, topic, Partitioning.ToPartition(0), [.. Enumerable.Range(batch * 50, 50).Select(i => new Message($"{i}"))], Cancel);

        var options = new ConsumeOptions { Stream = stream, Topic = topic, PartitionId = 0, Consumer = Reader, Commit = CommitMode.AfterBatch, BatchCount = 333 };
        Assert.Equal(Enumerable.Range(0, 1000).Select(i => $"{i}"), await ReadAsync(client, options));
        Assert.Empty(await ReadAsync(client, options));
        await client.SendMessageAsync(stream, topic, Partitioning.ToPartition(0), new("more"), Cancel);
        Assert.Equal(["more"], await ReadAsync(client, options));
    }

    [Fact]
    public async Task ManyCallers_OneConnection_EachPartitionKeepsItsOrder()
    {
        await using var client = await ConnectAsync();
        Identifier stream = new(ServerFixture.NewName()), topic = new("t");
        await client.CreateStreamAsync(stream.Name!, Cancel);
        await client.CreateTopicAsync(stream, "t", 8, cancellationToken: Cancel);
        await Task.WhenAll(Enumerable.Range(0, 8).Select(async partition =>
        {
            for (var i = 0; i < 200; i++)
                await client.SendMessageAsync(stream, topic, Partitioning.ToPartition((uint)partition), new($"{partition}:{i}"), Cancel);
        }));
        for (var partition = 0u; partition < 8; partition++)
        {
            var read = await ReadAsync(client, new() { Stream = stream, Topic = topic, PartitionId = partition, Consumer = Reader });
            Assert.Equal(Enumerable.Range(0, 200).Select(i => $"{partition}:{i}"), read);
        }
    }

    [Fact]
    public async Task ServerRestart_InTheMiddle_TheClientGoesOn()
    {
        var on = new Dictionary<string, string>(WebSocketTests.On) { ["IGGY_HTTP_ENABLED"] = "true", ["IGGY_HTTP_ADDRESS"] = "127.0.0.1:0" };
        var server = await ServerProcess.StartAsync(settings: on);
        var addresses = new Dictionary<string, string>(on)
        {
            ["IGGY_TCP_ADDRESS"] = $"{server.Tcp}", ["IGGY_WEBSOCKET_ADDRESS"] = $"{server.WebSocket.Address}", ["IGGY_HTTP_ADDRESS"] = $"{server.Http}",
        };
        try
        {
            await using var client = await ConnectAsync(server);
            await client.CreateStreamAsync("s", Cancel);
            await client.CreateTopicAsync(new("s"), "t", 1, cancellationToken: Cancel);
            await client.SendMessageAsync(new("s"), new("t"), Partitioning.Balanced, new("before"), Cancel);
            await server.KillAsync();
            await server.DisposeAsync();
            server = await ServerProcess.StartAsync(server.DataPath, addresses);

            Assert.Single(await client.GetStreamsAsync(Cancel)); // connects and logs in again by itself
            await client.SendMessageAsync(new("s"), new("t"), Partitioning.Balanced, new("after"), Cancel);
            Assert.Equal(["before", "after"], await ReadAsync(client, new() { Stream = new("s"), Topic = new("t"), PartitionId = 0, Consumer = Reader }));
        }
        finally
        {
            await server.DisposeAsync();
            Directory.Delete(server.DataPath, recursive: true);
        }
    }

    private protected Task<IggyClient> ConnectAsync() => ConnectAsync(fixture.Server);

    private protected Task<IggyClient> ConnectAsync(ServerProcess server)
    {
        var (scheme, address) = TransportOf(server);
        return IggyClient.ConnectAsync($"{scheme}://{ServerProcess.Username}:{ServerProcess.Password}@{address}?dialect={Dialect}", Cancel);
    }

    private static async Task<List<string>> ReadAsync(IggyClient client, ConsumeOptions options)
    {
        var read = new List<string>();
        await foreach (var messages in client.ConsumeAsync(options, Cancel))
        {
            foreach (var message in messages)
                read.Add(Encoding.UTF8.GetString(message.Payload.Span));
        }
        return read;
    }
}
