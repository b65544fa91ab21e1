using Iggy.Grains.Interfaces.Catalog;
using Iggy.Grains.Options;
using Iggy.Grains.Tests.Setup;
using Microsoft.Extensions.DependencyInjection;

namespace Iggy.Grains.Tests;

public sealed class CatalogFeedTests
{
    [Fact]
    public async Task Change_OfAnyKind_IsKnownToTheGatewayBeforeItIsAnswered()
    {
        await using var server = await Server.StartAsync();
        var heard = new Observer();
        await server.Feed.SubscribeAsync(server.Grains.CreateObjectReference<ICatalogObserver>(heard));

        var stream = await server.Streams.CreateAsync("s");
        Assert.Equal(1, heard.Count);
        await server.Streams.RenameAsync(stream.Incarnation, "renamed");
        Assert.Equal(2, heard.Count);
        var topic = await server.Stream(stream.Incarnation).CreateTopicAsync("t", Server.Defaults, 1);
        Assert.Equal(3, heard.Count);
        await server.Stream(stream.Incarnation).UpdateTopicAsync(topic.Incarnation, "u", Server.Defaults);
        Assert.Equal(4, heard.Count);
        await server.Topic(topic.Incarnation).AddPartitionsAsync(1);
        Assert.Equal(5, heard.Count);
        await server.Topic(topic.Incarnation).RemovePartitionsAsync(1);
        Assert.Equal(6, heard.Count);
        await server.Stream(stream.Incarnation).DeleteTopicAsync(topic.Incarnation);
        Assert.Equal(7, heard.Count);
        await server.Streams.DeleteAsync(stream.Incarnation);
        Assert.Equal(8, heard.Count);
    }

    [Fact]
    public async Task Change_WithADeafGateway_GoesThroughAndDropsIt()
    {
        await using var server = await Server.StartAsync(configure: silo =>
            silo.Services.Configure<CatalogOptions>(options => options.ObserverTimeout = TimeSpan.FromMilliseconds(50)));
        var never = new TaskCompletionSource();
        var (deaf, failing, healthy) = (new Observer(never.Task), new Observer(Task.FromException(new InvalidOperationException("broken"))), new Observer());
        foreach (var observer in new[] { deaf, failing, healthy })
            await server.Feed.SubscribeAsync(server.Grains.CreateObjectReference<ICatalogObserver>(observer));

        await server.Streams.CreateAsync("a");
        await server.Streams.CreateAsync("b");

        Assert.Equal((1, 1, 2), (deaf.Count, failing.Count, healthy.Count));
        Assert.Equal(2, server.Log.Of(2111).Count());
        never.SetResult(); // or the silo waits for it when it stops
    }

    [Fact]
    public async Task Subscription_ThatEndedOrRanOut_IsNotNotified()
    {
        var clock = new ShiftedClock();
        await using var server = await Server.StartAsync(configure: silo => silo.Services.AddSingleton<TimeProvider>(clock));
        var (expired, renewed, left) = (new Observer(), new Observer(), new Observer());
        var references = new[] { expired, renewed, left }.Select(server.Grains.CreateObjectReference<ICatalogObserver>).ToArray();
        foreach (var reference in references)
            await server.Feed.SubscribeAsync(reference);
        await server.Feed.UnsubscribeAsync(references[2]);

        clock.Passed = TimeSpan.FromSeconds(90);
        await server.Feed.SubscribeAsync(references[1]);
        clock.Passed = TimeSpan.FromSeconds(121);
        await server.Streams.CreateAsync("s");

        Assert.Equal((0, 1, 0), (expired.Count, renewed.Count, left.Count));
        Assert.Single(server.Log.Of(2111));
    }

    private sealed class Observer(Task? answer = null) : ICatalogObserver
    {
        private int _count;

        public int Count => Volatile.Read(ref _count);

        public ValueTask ChangedAsync()
        {
            Interlocked.Increment(ref _count);
            return new ValueTask(answer ?? Task.CompletedTask);
        }
    }
}
