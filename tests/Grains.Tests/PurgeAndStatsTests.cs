using Iggy.Grains.Interfaces;
using Iggy.Grains.Interfaces.Partitions;
using Iggy.Grains.Interfaces.Topics;
using Iggy.Grains.Tests.Setup;
using static Iggy.Grains.Tests.Setup.Messages;

namespace Iggy.Grains.Tests;

public sealed class PurgeAndStatsTests(SharedServer shared) : IClassFixture<SharedServer>
{
    private readonly Server _server = shared.Server;

    [Fact]
    public async Task GetStats_SeveralPartitions_HasEachPartitionsFigures()
    {
        var (_, entry) = await _server.MakeTopicAsync("figures", partitions: 3);
        var topic = _server.Topic(entry.Incarnation);
        var partitions = await topic.ListPartitionsAsync();
        await _server.Partition(partitions[0].Key).AppendAsync(Batch("a", "bb"));
        await _server.Partition(partitions[2].Key).AppendAsync(Batch("ccc"));

        var stats = await topic.GetStatsAsync();
        Assert.Equal<PartitionDetails>(
        [
            new PartitionDetails(partitions[0], new PartitionStats(Refusal.None, 1, 2, (2 * 64) + 3, 1, RecordsCount: 1)),
            new PartitionDetails(partitions[1], new PartitionStats(Refusal.None, 0, 0, 0, 1)),
            new PartitionDetails(partitions[2], new PartitionStats(Refusal.None, 0, 1, 64 + 3, 1, RecordsCount: 1)),
        ], stats);
    }

    [Fact]
    public async Task Purge_Topic_StartsAgainAtZeroWithoutOffsets()
    {
        var (_, entry) = await _server.MakeTopicAsync("purge", partitions: 2);
        var topic = _server.Topic(entry.Incarnation);
        var partitions = (await topic.ListPartitionsAsync()).Select(partition => _server.Partition(partition.Key)).ToArray();
        foreach (var partition in partitions)
        {
            await partition.AppendAsync(Batch("a", "b"));
            await partition.StoreOffsetAsync(Consumer, 1);
        }

        await topic.PurgeAsync();

        foreach (var partition in partitions)
        {
            Assert.Equal(new PartitionStats(Refusal.None, 0, 0, 0, 1), await partition.GetStatsAsync());
            Assert.Equal(Refusal.ConsumerOffsetNotFound, (await partition.GetOffsetAsync(Consumer)).Refusal);
            Assert.Equal(0u, (await partition.AppendAsync(Batch("c"))).BaseOffset);
            Assert.Equal([(0, "c")], Read(await partition.PollAsync(Poll(PollFrom.Next))));
        }

        Assert.Equal(2, (await topic.ListPartitionsAsync()).Length);
    }

    [Fact]
    public async Task Purge_Stream_EmptiesItsTopicsAndNoOthers()
    {
        var (stream, first) = await _server.MakeTopicAsync("purge stream");
        var second = await _server.Stream(stream.Incarnation).CreateTopicAsync("second", Server.Defaults, 1);
        var (_, elsewhere) = await _server.MakeTopicAsync("sibling");
        foreach (var topic in new[] { first, second, elsewhere })
            await _server.Partition((await _server.Topic(topic.Incarnation).ListPartitionsAsync())[0].Key).AppendAsync(Batch("a"));

        await _server.Stream(stream.Incarnation).PurgeAsync();

        var counts = await Task.WhenAll(new[] { first, second, elsewhere }.Select(CountAsync));
        Assert.Equal([0ul, 0ul, 1ul], counts);
        Assert.Equal([first, second], await _server.Stream(stream.Incarnation).ListAsync());
    }

    private async Task<ulong> CountAsync(TopicEntry topic) =>
        (await _server.Topic(topic.Incarnation).GetStatsAsync()).Aggregate(0ul, (sum, partition) => sum + partition.Stats.MessagesCount);
}
