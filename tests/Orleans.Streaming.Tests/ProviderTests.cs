using Iggy.Protocol;
using Orleans.Streams;

namespace Iggy.Orleans.Streaming.Tests;

/// <summary>A user's silos with the provider against a server.</summary>
public sealed class ProviderTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    // Goal: nothing is lost and nothing changes its place when a silo dies. Method: producers that know nothing of Orleans send on and on; one of two silos is
    // killed in between. What came, each number where it came first, is the row that was sent.
    [Fact]
    public async Task Silo_Killed_NoGapAndOrderKept()
    {
        await using var application = await Application.StartAsync(silos: 2, partitions: 4, pubSub: StreamPubSubType.ImplicitOnly);
        StreamId[] streams = [.. Enumerable.Range(0, 8).Select(i => StreamId.Create("numbers", $"kill-{i}"))];
        var sent = 0;
        await SendToAllAsync(500);
        await WaitForAllAsync();

        var sending = SendToAllAsync(1500);
        await Recorder.Of("kill-0").HasAsync(600, Cancel);
        await application.Cluster.KillSiloAsync(application.Cluster.Silos[1], Cancel);
        await sending;
        await SendToAllAsync(500);
        await WaitForAllAsync();

        async Task SendToAllAsync(int count)
        {
            for (var end = sent + count; sent < end; sent += 50)
            {
                foreach (var stream in streams)
                    await application.SendAsync(stream, sent, 50);
            }
        }

        async Task WaitForAllAsync()
        {
            foreach (var stream in streams)
            {
                var track = Recorder.Of(stream.GetKeyAsString());
                await track.HasAsync(sent, Cancel);
                Assert.Equal(Enumerable.Range(0, sent), track.Firsts);
            }
        }
    }

    // Goal: the past is read from the disk, while new events come. Method: memory for a fifth of what there is; a subscription at offset 0 beside a producer.
    [Fact]
    public async Task Rewind_ToTheStartUnderLoad_GetsEverythingInOrder()
    {
        await using var application = await Application.StartAsync(silos: 2, partitions: 1, static options => options.CacheMessages = 100);
        var stream = StreamId.Create("explicit", "rewind");
        await application.SendAsync(stream, 0, 500);
        await application.SendAsync(StreamId.Create("numbers", "rewind-other"), 0, 500);
        await Recorder.Of("rewind-other").HasAsync(500, Cancel); // so all of it has gone through memory

        var sending = application.SendAsync(stream, 500, 2000);
        await SubscribeAsync(application, stream, IggyStreamToken.AtOffset(0), "rewind");
        await sending;
        await Recorder.Of("rewind").HasAsync(2500, Cancel);
        Assert.Equal(Enumerable.Range(0, 2500), Recorder.Of("rewind").Firsts);
    }

    // Goal: a stream to which nobody sends is read again too, by offset, by time and by an event's own token.
    [Fact]
    public async Task Rewind_OfAnIdleStream_StartsWhereItWasAsked()
    {
        await using var application = await Application.StartAsync(silos: 1, partitions: 1, static options => options.CacheMessages = 10);
        var stream = StreamId.Create("explicit", "idle");
        await application.SendAsync(stream, 0, 100);
        DateTimeOffset between;
        using (var poll = await application.Client.PollMessagesAsync(
            new(ConsumerKind.Single, new("test")), Application.Stream, Application.Topic, 0, PollingStrategy.Last, 1, cancellationToken: Cancel))
            between = DateTimeOffset.UnixEpoch.AddMicroseconds(poll.First().TimestampMicros + 1);
        await application.SendAsync(stream, 100, 100);
        await application.SendAsync(StreamId.Create("numbers", "idle-other"), 0, 50);
        await Recorder.Of("idle-other").HasAsync(50, Cancel);

        var tokens = new List<StreamSequenceToken>();
        await application.Events(stream).SubscribeAsync(
            (item, token) =>
            {
                lock (tokens)
                    tokens.Add(token!);
                Recorder.Of("idle-all").Add(item);
                return Task.CompletedTask;
            },
            IggyStreamToken.Earliest);
        await SubscribeAsync(application, stream, IggyStreamToken.AtTime(between), "idle-time");
        await SubscribeAsync(application, stream, IggyStreamToken.AtOffset(150), "idle-offset");
        await application.Cluster.Client.WakeIggyStreamAsync(Application.Provider, stream);
        await Recorder.Of("idle-all").HasAsync(200, Cancel);
        await Recorder.Of("idle-time").HasAsync(100, Cancel);
        await Recorder.Of("idle-offset").HasAsync(50, Cancel);
        Assert.Equal(Enumerable.Range(0, 200), Recorder.Of("idle-all").Firsts);
        Assert.Equal(Enumerable.Range(100, 100), Recorder.Of("idle-time").Firsts);
        Assert.Equal(Enumerable.Range(150, 50), Recorder.Of("idle-offset").Firsts);

        StreamSequenceToken token;
        lock (tokens)
            token = tokens[42];
        await SubscribeAsync(application, stream, token, "idle-token");
        await Recorder.Of("idle-token").HasAsync(158, Cancel);
        Assert.Equal(Enumerable.Range(42, 158), Recorder.Of("idle-token").Firsts);
    }

    // Goal: who is slow holds up itself alone, and misses nothing. Method: two streams of one partition, one handler that stands still, memory for a few messages.
    [Fact]
    public async Task Subscription_ThatStandsStill_HoldsNobodyUpAndMissesNothing()
    {
        await using var application = await Application.StartAsync(silos: 1, partitions: 1, static options =>
            (options.CacheMessages, options.SlowAfter, options.BatchCount) = (20, TimeSpan.FromMilliseconds(50), 20));
        var stream = StreamId.Create("explicit", "slow");
        var going = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await application.Events(stream).SubscribeAsync(async (item, _) =>
        {
            Recorder.Of("slow").Add(item);
            reached.TrySetResult();
            await going.Task;
        });
        await application.SendAsync(stream, 0, 300);
        await reached.Task.WaitAsync(TimeSpan.FromMinutes(1), Cancel);
        await application.SendAsync(StreamId.Create("numbers", "slow-other"), 0, 1000);
        await Recorder.Of("slow-other").HasAsync(1000, Cancel);
        Assert.Equal([0], Recorder.Of("slow").Firsts);

        going.SetResult();
        await Recorder.Of("slow").HasAsync(300, Cancel);
        Assert.Equal(Enumerable.Range(0, 300), Recorder.Of("slow").Firsts);
    }

    // Goal: what retention took is told, once, with what was asked and what is there; then it goes on.
    [Fact]
    public async Task Rewind_ToWhatRetentionTook_IsToldAndGoesOnWithTheFirst()
    {
        await using var application = await Application.StartAsync(silos: 1, partitions: 1, static options => options.CacheMessages = 10);
        var stream = StreamId.Create("explicit", "gone");
        await application.SendAsync(stream, 0, 500);
        await WaitForCheckpointAsync(application, 499);
        await application.Client.DeleteSegmentsAsync(Application.Stream, Application.Topic, 0, 2, Cancel);
        ulong first;
        using (var poll = await application.Client.PollMessagesAsync(
            new(ConsumerKind.Single, new("test")), Application.Stream, Application.Topic, 0, PollingStrategy.First, 1, cancellationToken: Cancel))
            first = poll.First().Offset;
        Assert.InRange(first, 1UL, 499UL);

        var errors = new List<Exception>();
        await application.Events(stream).SubscribeAsync(
            (item, _) =>
            {
                Recorder.Of("gone").Add(item);
                return Task.CompletedTask;
            },
            error =>
            {
                lock (errors)
                    errors.Add(error);
                return Task.CompletedTask;
            },
            IggyStreamToken.AtOffset(0));
        await application.Cluster.Client.WakeIggyStreamAsync(Application.Provider, stream);
        await Recorder.Of("gone").HasAsync(500 - (int)first, Cancel);
        Assert.Equal(Enumerable.Range((int)first, 500 - (int)first), Recorder.Of("gone").Firsts);
        lock (errors)
        {
            var told = Assert.IsType<IggyEventsExpiredException>(Assert.Single(errors));
            Assert.Equal((0UL, first, 499UL), (told.Requested.Offset, told.First.Offset, told.Last));
        }
    }

    // Goal: what silos send is read by whoever speaks the protocol, and how far subscriptions are shows in every tool.
    [Fact]
    public async Task Events_SentByAClient_ArePlainMessagesAndTheLagIsStored()
    {
        await using var application = await Application.StartAsync(silos: 1, partitions: 3);
        var stream = StreamId.Create("numbers", "sent");
        await application.Events(stream).OnNextBatchAsync(Enumerable.Range(0, 20));
        await Recorder.Of("sent").HasAsync(20, Cancel);
        Assert.Equal(Enumerable.Range(0, 20), Recorder.Of("sent").Firsts);

        var partition = Hashes.PartitionForKey("sent"u8, 3);
        using var poll = await application.Client.PollMessagesAsync(
            new(ConsumerKind.Single, new("test")), Application.Stream, Application.Topic, partition, PollingStrategy.First, 100, cancellationToken: Cancel);
        Assert.Equal(Enumerable.Range(0, 20).Select(static i => $"{i}"), poll.Select(static message => message.PayloadText));
        Assert.True(poll.First().TryGetHeader(StreamHeaders.Key, out var key));
        Assert.Equal("sent", key);
        await WaitForCheckpointAsync(application, 19, partition);
    }

    private static async Task SubscribeAsync(Application application, StreamId stream, StreamSequenceToken token, string track) =>
        await application.Events(stream).SubscribeAsync(
            (item, _) =>
            {
                Recorder.Of(track).Add(item);
                return Task.CompletedTask;
            },
            token);

    private static async Task WaitForCheckpointAsync(Application application, ulong offset, uint partition = 0)
    {
        var consumer = new Consumer(ConsumerKind.Single, new($"orleans-{Application.Provider}"));
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        patience.CancelAfter(TimeSpan.FromMinutes(1));
        while (await application.Client.GetConsumerOffsetAsync(consumer, Application.Stream, Application.Topic, partition, patience.Token) is not { StoredOffset: var stored } || stored != offset)
            await Task.Delay(50, patience.Token);
    }
}
