using Iggy.Grains.Interfaces;
using Iggy.Grains.Interfaces.Topics;
using Iggy.Grains.Options;
using Iggy.Grains.Tests.Setup;
using Microsoft.Extensions.DependencyInjection;

namespace Iggy.Grains.Tests;

public sealed class TopicTests(SharedServer shared) : IClassFixture<SharedServer>
{
    private readonly Server _server = shared.Server;

    [Fact]
    public async Task Partitions_AddedAndRemoved_KeepDenseIdsAndNewKeys()
    {
        var (_, entry) = await _server.MakeTopicAsync("dense", partitions: 3);
        var topic = _server.Topic(entry.Incarnation);
        var first = await topic.ListPartitionsAsync();
        Assert.Equal([0u, 1u, 2u], first.Select(partition => partition.Id));

        await topic.RemovePartitionsAsync(2);
        Assert.Equal(first[..1], await topic.ListPartitionsAsync());
        await topic.AddPartitionsAsync(2);

        var last = await topic.ListPartitionsAsync();
        Assert.Equal([0u, 1u, 2u], last.Select(partition => partition.Id));
        Assert.Equal(first[0], last[0]);
        Assert.Empty(first[1..].Select(partition => partition.Key).Intersect(last[1..].Select(partition => partition.Key)));
        Assert.Equal(last.Select(partition => partition.Key).Order(), _server.PartitionFolders()
            .Where(key => key.StartsWith(entry.Incarnation.ToString("N"), StringComparison.Ordinal)).Order());
    }

    [Fact]
    public async Task RemovePartitions_OutOfRange_IsRefused()
    {
        var (_, entry) = await _server.MakeTopicAsync("range", partitions: 2);
        var topic = _server.Topic(entry.Incarnation);
        await Server.RefusedAsync(Refusal.TooManyPartitions, () => topic.RemovePartitionsAsync(0).AsTask());
        await Server.RefusedAsync(Refusal.NotEnoughPartitions, () => topic.RemovePartitionsAsync(3).AsTask());
        Assert.Equal(2, (await topic.ListPartitionsAsync()).Length);

        await topic.RemovePartitionsAsync(2); // all of them is allowed
        Assert.Empty(await topic.ListPartitionsAsync());
        await topic.AddPartitionsAsync(1);
        Assert.Single(await topic.ListPartitionsAsync());
    }

    [Fact]
    public async Task AddPartitions_OutOfRange_IsRefused()
    {
        await using var server = await Server.StartAsync(configure: silo => silo.Services.Configure<CatalogOptions>(options => options.MaxPartitionsPerTopic = 4));
        var (_, entry) = await server.MakeTopicAsync("s", partitions: 2);
        var topic = server.Topic(entry.Incarnation);
        await Server.RefusedAsync(Refusal.TooManyPartitions, () => topic.AddPartitionsAsync(0).AsTask());
        await Server.RefusedAsync(Refusal.TooManyPartitions, () => topic.AddPartitionsAsync(1001).AsTask());
        await Server.RefusedAsync(Refusal.TooManyPartitions, () => topic.AddPartitionsAsync(3).AsTask());
        await topic.AddPartitionsAsync(2);
        Assert.Equal(4, (await topic.ListPartitionsAsync()).Length);
    }

    [Fact]
    public async Task CreateTopic_ThousandPartitions_ListsAllAndDeletesAll()
    {
        await using var server = await Server.StartAsync();
        var (stream, entry) = await server.MakeTopicAsync("s", TopicSettings.MaxPartitionsPerRequest);
        var partitions = await server.Topic(entry.Incarnation).ListPartitionsAsync();

        Assert.Equal(1000, partitions.Length);
        Assert.Equal(999u, partitions[^1].Id);
        Assert.Equal(partitions.Select(partition => partition.Key).Order(StringComparer.Ordinal), server.PartitionFolders().Order(StringComparer.Ordinal));

        await server.Stream(stream.Incarnation).DeleteTopicAsync(entry.Incarnation);
        Assert.Empty(Directory.EnumerateFileSystemEntries(server.Partitions));
    }

    // Goal: partitions that are removed at once do not trip over the topic folder they share. Method: many small topics, made and deleted.
    [Fact]
    public async Task DeleteTopic_ManyTimes_NeverLeavesAnything()
    {
        await using var server = await Server.StartAsync();
        var stream = server.Stream((await server.Streams.CreateAsync("s")).Incarnation);
        for (var round = 0; round < 40; round++)
        {
            var topic = await stream.CreateTopicAsync("t", Server.Defaults, 6);
            await stream.DeleteTopicAsync(topic.Incarnation);
            Assert.Empty(Directory.EnumerateFileSystemEntries(server.Partitions));
        }

        Assert.Empty(server.Log.Of(2000));
        Assert.Empty(server.Log.Of(2102));
        Assert.Equal(["stream", "streams"], server.StoredStates());
    }
}
