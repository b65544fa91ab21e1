using System.Diagnostics;
using Iggy.Protocol;
using Iggy.Testing;

namespace Iggy.Client.Hosting.Tests;

/// <summary>A consumer that is killed at every step of setting a message aside.</summary>
[Trait("kind", "process")]
public sealed class KilledConsumerTests
{
    private static readonly Identifier _stream = new("shop"), _topic = new("orders"), _letters = new("orders.dlq.workers");

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    // Goal: the offset never moves past a message that is neither handled nor confirmed as a letter; what comes twice is the letter, under one id.
    [Fact]
    public async Task Kill_AtEveryStep_LosesNothing()
    {
        await using var server = await IggyTestServer.StartAsync(cancellationToken: Cancel);
        await using var client = await IggyClient.ConnectAsync(server.ConnectionString, Cancel);
        await client.CreateStreamAsync("shop", Cancel);
        await client.CreateTopicAsync(_stream, "orders", 1, cancellationToken: Cancel);
        await client.SendMessagesAsync(_stream, _topic, Partitioning.ToPartition(0), new Message[] { new("poison") { Id = 77 }, new("good") }, Cancel);

        Assert.NotEqual(0, await RunAsync(server, DyingConsumer.Handling));
        Assert.Equal((0, null), (await CountLettersAsync(client), await StoredAsync(client)));
        Assert.NotEqual(0, await RunAsync(server, DyingConsumer.Sent));
        Assert.Equal((1, null), (await CountLettersAsync(client), await StoredAsync(client)));
        Assert.NotEqual(0, await RunAsync(server, DyingConsumer.Stored));
        Assert.Equal((2, 0ul), (await CountLettersAsync(client), await StoredAsync(client)));
        Assert.Equal(0, await RunAsync(server, DyingConsumer.Never));
        Assert.Equal((2, 1ul), (await CountLettersAsync(client), await StoredAsync(client)));
    }

    private static async Task<int> RunAsync(IggyTestServer server, string death)
    {
        using var consumer = Process.Start(Environment.ProcessPath!, ["consume", server.ConnectionString, death]);
        try
        {
            await consumer.WaitForExitAsync(Cancel).WaitAsync(TimeSpan.FromMinutes(2), Cancel);
            return consumer.ExitCode;
        }
        finally
        {
            consumer.Kill();
        }
    }

    private static async Task<int> CountLettersAsync(IggyClient client)
    {
        if (await client.GetTopicAsync(_stream, _letters, Cancel) is null)
            return 0;
        using var letters = await client.PollMessagesAsync(new(ConsumerKind.Single, default), _stream, _letters, 0, PollingStrategy.First, 100, autoCommit: false, Cancel);
        Assert.All(letters, letter => Assert.Equal(("poison", (UInt128)77), (letter.PayloadText, letter.Id)));
        return letters.Count;
    }

    private static async Task<ulong?> StoredAsync(IggyClient client) =>
        (await client.GetConsumerOffsetAsync(new(ConsumerKind.Group, new("workers")), _stream, _topic, 0, Cancel))?.StoredOffset;
}
