using Iggy.Client;
using Iggy.Protocol;
using Iggy.Testing;

namespace Iggy.EndToEnd.Tests;

/// <summary>Consumers that found nothing wait at the server, and hear of messages at once; with servers that cannot do that they ask again and again.</summary>
public sealed class WaitingConsumerTests(ServerFixture fixture)
{
    // A consumer that only asks again and again needs this for each message that it has to wait for: far longer than the test may run.
    private static readonly TimeSpan _never = TimeSpan.FromHours(1), _limit = TimeSpan.FromSeconds(90);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("iggy+tcp", ConsumerKind.Single, 1)]
    [InlineData("iggy+tcp", ConsumerKind.Group, 1)]
    [InlineData("iggy+tcp", ConsumerKind.Group, 3)]
    [InlineData("iggy+ws", ConsumerKind.Single, 1)]
    [InlineData("iggy+http", ConsumerKind.Single, 1)]
    public async Task Follow_MessagesThatComeLater_AreHeardOfWithoutAsking(string scheme, ConsumerKind kind, uint partitions)
    {
        const int Rounds = 30;
        await using var client = await ConnectAsync("iggy+tcp");
        await using var reader = await ConnectAsync(scheme);
        var (stream, topic) = await CreateTopicAsync(client, partitions);
        var options = Follow(stream, topic) with { Consumer = new(kind, new("readers")) };
        await using var consumer = reader.CreateConsumer(options);
        var messages = consumer.ReadAsync(Cancel).GetAsyncEnumerator(Cancel);
        await using (messages)
        {
            for (var i = 0; i < Rounds; i++)
            {
                var next = messages.MoveNextAsync().AsTask(); // polls, finds nothing, waits
                await client.SendMessageAsync(stream, topic, Partitioning.ToPartition((uint)i % partitions), new($"{i}"), Cancel);
                Assert.True(await next.WaitAsync(_limit, Cancel));
                Assert.Equal($"{i}", messages.Current.Message.PayloadText);
            }
        }
    }

    [Fact]
    public async Task Consume_MessagesThatComeLater_AreHeardOfWithoutAsking()
    {
        await using var client = await ConnectAsync("iggy+tcp");
        var (stream, topic) = await CreateTopicAsync(client, 1);
        await using var batches = client.ConsumeAsync(new() { Stream = stream, Topic = topic, PartitionId = 0, Follow = true, PollInterval = _never }, Cancel).GetAsyncEnumerator(Cancel);
        for (var i = 0; i < 10; i++)
        {
            var next = batches.MoveNextAsync().AsTask();
            await client.SendMessageAsync(stream, topic, Partitioning.ToPartition(0), new($"{i}"), Cancel);
            Assert.True(await next.WaitAsync(_limit, Cancel));
            Assert.Equal($"{i}", Assert.Single(batches.Current).PayloadText);
        }
    }

    // Goal: readers beyond the bound of waits ask again and again, and miss nothing.
    [Fact]
    public async Task Follow_MoreReadersThanWaits_AllGetTheirMessages()
    {
        const uint Readers = 80; // of one client, which waits for 64 at most
        await using var client = await ConnectAsync("iggy+tcp");
        var (stream, topic) = await CreateTopicAsync(client, Readers);
        var consumers = Enumerable.Range(0, (int)Readers)
            .Select(i => client.CreateConsumer(Follow(stream, topic) with { PartitionId = (uint)i, PollInterval = TimeSpan.FromMilliseconds(50), Commit = AutoCommit.Disabled })).ToArray();
        var readings = consumers.Select(async consumer =>
        {
            await foreach (var message in consumer.ReadAsync(Cancel))
                return message.PartitionId;
            return uint.MaxValue;
        }).ToArray();
        for (var i = 0u; i < Readers; i++)
            await client.SendMessageAsync(stream, topic, Partitioning.ToPartition(i), new("x"), Cancel);
        Assert.Equal(Enumerable.Range(0, (int)Readers).Select(i => (uint)i), await Task.WhenAll(readings).WaitAsync(_limit, Cancel));
        foreach (var consumer in consumers)
            await consumer.DisposeAsync();
    }

    // Goal: a partition with one read message looks like an empty one in a poll; the wait finds out and does not turn in a circle.
    [Fact]
    public async Task Follow_WhatWasReadBefore_DoesNotWakeItAgain()
    {
        await using var client = await ConnectAsync("iggy+tcp");
        await using var reader = await ConnectAsync("iggy+tcp");
        var (stream, topic) = await CreateTopicAsync(client, 1);
        var who = new Consumer(ConsumerKind.Single, new("again"));
        await client.SendMessageAsync(stream, topic, Partitioning.ToPartition(0), new("read"), Cancel);
        await client.StoreConsumerOffsetAsync(who, stream, topic, 0, 0, Cancel);
        await using var consumer = reader.CreateConsumer(Follow(stream, topic) with { Consumer = who, PollInterval = TimeSpan.FromMilliseconds(50) });
        await using var messages = consumer.ReadAsync(Cancel).GetAsyncEnumerator(Cancel);
        var next = messages.MoveNextAsync().AsTask();
        await client.SendMessageAsync(stream, topic, Partitioning.ToPartition(0), new("new"), Cancel);
        Assert.True(await next.WaitAsync(_limit, Cancel));
        Assert.Equal("new", messages.Current.Message.PayloadText);
    }

    [Fact]
    public async Task Follow_ServerWithoutTheLine_IsAskedAgainAndAgain()
    {
        await using var server = await ServerProcess.StartAsync(settings: new Dictionary<string, string>
        {
            ["Iggy__Vsr__OldestSessionsVersion"] = "0.12.900", ["Iggy__Vsr__NewestSessionsVersion"] = "0.12.900",
        });
        try
        {
            await using var client = await IggyClient.ConnectAsync($"iggy://{ServerProcess.Username}:{ServerProcess.Password}@{server.Tcp}", Cancel);
            var (stream, topic) = await CreateTopicAsync(client, 1);
            await using var consumer = client.CreateConsumer(Follow(stream, topic) with { PollInterval = TimeSpan.FromMilliseconds(10) });
            await using var messages = consumer.ReadAsync(Cancel).GetAsyncEnumerator(Cancel);
            for (var i = 0; i < 5; i++)
            {
                var next = messages.MoveNextAsync().AsTask();
                await client.SendMessageAsync(stream, topic, Partitioning.ToPartition(0), new($"{i}"), Cancel);
                Assert.True(await next.WaitAsync(_limit, Cancel));
            }
            Assert.Single(await client.GetClientsAsync(Cancel)); // no connection is left of the try
        }
        finally
        {
            await server.DisposeAsync();
            Directory.Delete(server.DataPath, recursive: true);
        }
    }

    [Fact]
    public async Task Partitions_ManyAtOnce_ComeInOrderAndAreStored()
    {
        const int Partitions = 7, Each = 500;
        await using var client = await ConnectAsync("iggy+tcp");
        var (stream, topic) = await CreateTopicAsync(client, Partitions);
        for (var i = 0u; i < Partitions; i++)
            await client.SendMessagesAsync(stream, topic, Partitioning.ToPartition(i), [.. Enumerable.Range(0, Each).Select(n => new Message($"{n}"))], Cancel);

        var who = new Consumer(ConsumerKind.Single, new("many"));
        var seen = new Dictionary<uint, List<string>>();
        await using (var consumer = client.CreateConsumer(new()
        {
            Stream = stream, Topic = topic, Consumer = who, PartitionIds = [.. Enumerable.Range(0, Partitions).Select(i => (uint)i)], BatchCount = 60, Follow = false,
        }))
        {
            await foreach (var message in consumer.ReadAsync(Cancel))
                (seen.TryGetValue(message.PartitionId, out var list) ? list : seen[message.PartitionId] = []).Add(message.Message.PayloadText);
        }
        Assert.Equal(Partitions, seen.Count);
        foreach (var (partition, list) in seen)
        {
            Assert.Equal(Enumerable.Range(0, Each).Select(n => $"{n}"), list);
            Assert.Equal(Each - 1ul, (await client.GetConsumerOffsetAsync(who, stream, topic, partition, Cancel))!.Value.StoredOffset);
        }
    }

    [Fact]
    public async Task PauseResumeSeek_WhileItWaits_TakeEffectAtOnce()
    {
        await using var client = await ConnectAsync("iggy+tcp");
        var (stream, topic) = await CreateTopicAsync(client, 2);
        await using var consumer = client.CreateConsumer(Follow(stream, topic) with { PartitionIds = [0, 1] });
        await using var messages = consumer.ReadAsync(Cancel).GetAsyncEnumerator(Cancel);

        await SendAsync(0, "a0");
        Assert.Equal((0u, "a0"), await NextAsync());
        consumer.Pause(0);
        await SendAsync(0, "a1");
        await SendAsync(1, "b0");
        Assert.Equal((1u, "b0"), await NextAsync());
        var next = NextAsync(); // waits for partition 1 alone
        consumer.Resume(0);
        Assert.Equal((0u, "a1"), await next);
        next = NextAsync();
        consumer.Seek(0, PollingStrategy.First);
        Assert.Equal((0u, "a0"), await next);
        consumer.Pause(0, 1);
        next = NextAsync();
        consumer.Seek(0, PollingStrategy.FromOffset(1));
        consumer.Resume(0);
        Assert.Equal((0u, "a1"), await next);
        Assert.Throws<ArgumentException>(() => consumer.Pause(0, 2));

        async Task SendAsync(uint partition, string text) => await client.SendMessageAsync(stream, topic, Partitioning.ToPartition(partition), new(text), Cancel);
        async Task<(uint, string)> NextAsync()
        {
            Assert.True(await messages.MoveNextAsync().AsTask().WaitAsync(_limit, Cancel));
            return (messages.Current.PartitionId, messages.Current.Message.PayloadText);
        }
    }

    [Fact]
    public async Task PauseAndSeek_InAGroup_AreRefused()
    {
        await using var client = await ConnectAsync("iggy+tcp");
        await using var consumer = client.CreateConsumer(new() { Stream = new("s"), Topic = new("t"), Consumer = new(ConsumerKind.Group, new("g")) });
        Assert.Throws<InvalidOperationException>(() => consumer.Pause(0));
        Assert.Throws<InvalidOperationException>(() => consumer.Seek(0, PollingStrategy.First));
    }

    private static ConsumerOptions Follow(Identifier stream, Identifier topic) => new() { Stream = stream, Topic = topic, PollInterval = _never };

    private Task<IggyClient> ConnectAsync(string scheme)
    {
        object address = scheme switch { "iggy+ws" => fixture.Server.WebSocket.Address, "iggy+http" => fixture.Server.Http, _ => fixture.Server.Tcp };
        return IggyClient.ConnectAsync($"{scheme}://{ServerProcess.Username}:{ServerProcess.Password}@{address}", Cancel);
    }

    private static async Task<(Identifier Stream, Identifier Topic)> CreateTopicAsync(IggyClient client, uint partitions)
    {
        var name = ServerFixture.NewName();
        await client.CreateStreamAsync(name, Cancel);
        await client.CreateTopicAsync(new(name), "events", partitions, cancellationToken: Cancel);
        return (new(name), new("events"));
    }
}
