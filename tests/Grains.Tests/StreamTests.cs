using Iggy.Grains.Interfaces;
using Iggy.Grains.Interfaces.Topics;
using Iggy.Grains.Options;
using Iggy.Grains.Tests.Setup;
using Microsoft.Extensions.DependencyInjection;

namespace Iggy.Grains.Tests;

public sealed class StreamTests(SharedServer shared) : IClassFixture<SharedServer>
{
    private readonly Server _server = shared.Server;

    [Fact]
    public async Task CreateTopic_WithServerDefaults_KeepsThemResolved()
    {
        await using var server = await Server.StartAsync(configure: silo => silo.Services.Configure<CatalogOptions>(options =>
            (options.DefaultMessageExpiryMicros, options.DefaultMaxTopicBytes) = (77, 1 << 20)));
        var (stream, topic) = await server.MakeTopicAsync("s");
        Assert.Equal(new TopicSettings(77, 1 << 20, 1, 1), topic.Settings);

        await server.Stream(stream.Incarnation).UpdateTopicAsync(topic.Incarnation, "topic", new TopicSettings(5, 1 << 30, 2, 3));
        Assert.Equal(new TopicSettings(5, 1 << 30, 2, 3), (await server.Stream(stream.Incarnation).ListAsync())[0].Settings);

        await server.Stream(stream.Incarnation).UpdateTopicAsync(topic.Incarnation, "topic", Server.Defaults);
        Assert.Equal(topic, (await server.Stream(stream.Incarnation).ListAsync())[0]);
    }

    [Fact]
    public async Task CreateTopic_ShippedDefaults_AreNeverAndUnlimited()
    {
        var (_, topic) = await _server.MakeTopicAsync("shipped");
        Assert.Equal(new TopicSettings(TopicSettings.Never, TopicSettings.Unlimited, 1, 1), topic.Settings);
    }

    [Fact]
    public async Task Topic_SmallerThanASegment_IsRefusedAtCreateAndUpdate()
    {
        var (stream, topic) = await _server.MakeTopicAsync("small");
        var small = Server.Defaults with { MaxBytes = (5 * 1024) - 1 };
        var grain = _server.Stream(stream.Incarnation);

        await Server.RefusedAsync(Refusal.TopicSizeTooSmall, () => grain.CreateTopicAsync("t", small, 1).AsTask());
        await Server.RefusedAsync(Refusal.TopicSizeTooSmall, () => grain.UpdateTopicAsync(topic.Incarnation, "t", small).AsTask());
        Assert.Equal([topic], await grain.ListAsync());

        Assert.Equal(5u * 1024, (await grain.CreateTopicAsync("t", small with { MaxBytes = 5 * 1024 }, 1)).Settings.MaxBytes);
    }

    [Fact]
    public async Task Topics_Always_ObeyIdsAndNames()
    {
        var stream = _server.Stream((await _server.Streams.CreateAsync("ids")).Incarnation);
        var a = await stream.CreateTopicAsync("a", Server.Defaults, 0);
        var b = await stream.CreateTopicAsync("b", Server.Defaults, 0);
        Assert.Equal((0u, 1u), (a.Id, b.Id));

        await Server.RefusedAsync(Refusal.TopicNameTaken, () => stream.CreateTopicAsync("a", Server.Defaults, 0).AsTask());
        await Server.RefusedAsync(Refusal.TopicNameTaken, () => stream.UpdateTopicAsync(b.Incarnation, "a", Server.Defaults).AsTask());
        await Server.RefusedAsync(Refusal.TopicNotFound, () => stream.UpdateTopicAsync(Guid.NewGuid(), "x", Server.Defaults).AsTask());
        await Server.RefusedAsync(Refusal.TopicNotFound, () => stream.DeleteTopicAsync(Guid.NewGuid()).AsTask());

        await stream.DeleteTopicAsync(a.Incarnation);
        var again = await stream.CreateTopicAsync("a", Server.Defaults, 0);
        Assert.Equal(0u, again.Id);
        Assert.NotEqual(a.Incarnation, again.Incarnation);
        Assert.Equal([again, b], await stream.ListAsync());

        var other = _server.Stream((await _server.Streams.CreateAsync("ids2")).Incarnation);
        Assert.Equal(0u, (await other.CreateTopicAsync("a", Server.Defaults, 0)).Id); // names and ids are the stream's own
    }

    [Fact]
    public async Task CreateTopic_OverALimit_MakesNothing()
    {
        await using var server = await Server.StartAsync(configure: silo => silo.Services.Configure<CatalogOptions>(options => options.MaxTopicsPerStream = 1));
        var stream = server.Stream((await server.Streams.CreateAsync("s")).Incarnation);

        await Server.RefusedAsync(Refusal.TooManyPartitions, () => stream.CreateTopicAsync("t", Server.Defaults, 1001).AsTask());
        await stream.CreateTopicAsync("t", Server.Defaults, 1);
        await Server.RefusedAsync(Refusal.TooManyTopics, () => stream.CreateTopicAsync("u", Server.Defaults, 1).AsTask());

        Assert.Single(await stream.ListAsync());
        Assert.Single(server.PartitionFolders());
    }

    [Fact]
    public async Task CreateTopic_OneNameAtOnce_ExactlyOneWinsAndLosersLeaveNoFolder()
    {
        await using var server = await Server.StartAsync();
        var stream = server.Stream((await server.Streams.CreateAsync("s")).Incarnation);
        var calls = Enumerable.Range(0, 10).Select(async _ =>
        {
            try
            {
                await stream.CreateTopicAsync("race", Server.Defaults, 2);
                return Refusal.None;
            }
            catch (RefusedException e)
            {
                return e.Reason;
            }
        });

        Assert.Single(await Task.WhenAll(calls), Refusal.None);
        Assert.Equal(2, server.PartitionFolders().Length);
    }
}
