using Iggy.Grains.Interfaces;
using Iggy.Grains.Interfaces.Partitions;
using Iggy.Grains.Options;
using Iggy.Grains.Tests.Setup;
using Microsoft.Extensions.DependencyInjection;
using static Iggy.Grains.Tests.Setup.Messages;

namespace Iggy.Grains.Tests;

public sealed class PartitionTests(SharedServer shared) : IClassFixture<SharedServer>
{
    private readonly Server _server = shared.Server;

    [Fact]
    public async Task AppendAndPoll_EveryStart_ReturnsTheRightMessages()
    {
        var partition = await _server.MakePartitionAsync("polls");
        Assert.Equal(new AppendResult(Refusal.None, 0), await partition.AppendAsync(Batch("a", "b")));
        Assert.Equal(new AppendResult(Refusal.None, 2), await partition.AppendAsync(Batch("c", "")));

        Assert.Equal([(0, "a"), (1, "b"), (2, "c"), (3, "")], Read(await partition.PollAsync(Poll(PollFrom.First))));
        Assert.Equal([(1, "b"), (2, "c")], Read(await partition.PollAsync(Poll(PollFrom.Offset, 1, count: 2))));
        Assert.Equal([(2, "c"), (3, "")], Read(await partition.PollAsync(Poll(PollFrom.Last, count: 2))));
        Assert.Equal(4, Read(await partition.PollAsync(Poll(PollFrom.Timestamp))).Length);
        Assert.Equal([(0, "a")], Read(await partition.PollAsync(Poll(PollFrom.First, maxBytes: 1, headroom: 16)), headroom: 16));
        Assert.Equal(3u, (await partition.PollAsync(Poll(PollFrom.First, count: 0))).CurrentOffset);
        Assert.Equal(new PollResult(Refusal.None, 3, 0, null), await partition.PollAsync(Poll(PollFrom.Offset, 4)));
    }

    [Fact]
    public async Task Poll_NextWithAutoCommit_WalksThroughAndStoresEachStep()
    {
        var partition = await _server.MakePartitionAsync("walk");
        Assert.Equal(Refusal.ConsumerOffsetNotFound, (await partition.GetOffsetAsync(Consumer)).Refusal);
        await partition.AppendAsync(Batch("a", "b", "c"));

        Assert.Equal([(0, "a"), (1, "b")], Read(await partition.PollAsync(Poll(PollFrom.Next, count: 2, autoCommit: true))));
        Assert.Equal(new ConsumerOffset(Refusal.None, 2, 1), await partition.GetOffsetAsync(Consumer));
        Assert.Equal([(2, "c")], Read(await partition.PollAsync(Poll(PollFrom.Next, count: 2, autoCommit: true))));
        Assert.Empty(Read(await partition.PollAsync(Poll(PollFrom.Next, autoCommit: true))));
        Assert.Equal(new ConsumerOffset(Refusal.None, 2, 2), await partition.GetOffsetAsync(Consumer)); // nothing returned, nothing stored
        Assert.Empty(Read(await partition.PollAsync(Poll(PollFrom.Next))));
        Assert.Equal(Refusal.ConsumerOffsetNotFound, (await partition.GetOffsetAsync(Consumer with { Kind = ConsumerKind.Group })).Refusal);
    }

    [Fact]
    public async Task StoreOffset_Always_StaysWithinThePartition()
    {
        var partition = await _server.MakePartitionAsync("offsets");
        Assert.Equal(Refusal.OffsetOutOfRange, await partition.StoreOffsetAsync(Consumer, 0)); // empty
        await partition.AppendAsync(Batch("a", "b"));

        Assert.Equal(Refusal.OffsetOutOfRange, await partition.StoreOffsetAsync(Consumer, 2));
        Assert.Equal(Refusal.None, await partition.StoreOffsetAsync(Consumer, 1));
        Assert.Equal(Refusal.None, await partition.StoreOffsetAsync(Consumer, 0)); // going back is allowed
        Assert.Equal([(1, "b")], Read(await partition.PollAsync(Poll(PollFrom.Next))));
        Assert.Equal(Refusal.None, await partition.DeleteOffsetAsync(Consumer));
        Assert.Equal(Refusal.ConsumerOffsetNotFound, await partition.DeleteOffsetAsync(Consumer));
        Assert.Equal([(0, "a"), (1, "b")], Read(await partition.PollAsync(Poll(PollFrom.Next))));
    }

    [Fact]
    public async Task Poll_AutoCommitThatFails_IsAnErrorWithoutMessages()
    {
        await using var server = await Server.StartAsync(configure: silo => silo.Services.Configure<StorageOptions>(options => options.MaxConsumersPerPartition = 1));
        var partition = await server.MakePartitionAsync("s");
        await partition.AppendAsync(Batch("a"));
        await partition.StoreOffsetAsync(Consumer with { Id = 8 }, 0);

        Assert.Equal(new PollResult(Refusal.TooManyConsumers, 0, 0, null), await partition.PollAsync(Poll(PollFrom.First, autoCommit: true)));
        Assert.Equal(Refusal.TooManyConsumers, await partition.StoreOffsetAsync(Consumer, 0));
        Assert.Single(Read(await partition.PollAsync(Poll(PollFrom.First))));
    }

    [Fact]
    public async Task Append_BatchThatLies_ChangesNothing()
    {
        var partition = await _server.MakePartitionAsync("lies");
        var batch = Batch("a", "b");

        Assert.Equal(Refusal.InvalidBatch, (await partition.AppendAsync(batch with { Count = 3 })).Refusal);
        Assert.Equal(Refusal.InvalidBatch, (await partition.AppendAsync(batch with { Messages = batch.Messages[..^1] })).Refusal);
        Assert.Equal(new PartitionStats(Refusal.None, 0, 0, 0, 1), await partition.GetStatsAsync());
    }

    [Fact]
    public async Task Append_ManyAtOnce_EachHasItsOwnOffsets()
    {
        var partition = await _server.MakePartitionAsync("parallel");
        var answers = await Task.WhenAll(Enumerable.Range(0, 200).Select(i => partition.AppendAsync(Batch($"{i}", $"{i}")).AsTask()));

        Assert.Equal(Enumerable.Range(0, 200).Select(i => (ulong)(2 * i)), answers.Select(answer => answer.BaseOffset).Order());
        var messages = Read(await partition.PollAsync(Poll(PollFrom.First, count: 1000)));
        for (var i = 0; i < answers.Length; i++)
            Assert.Equal($"{i}", messages[answers[i].BaseOffset].Payload);
    }

    [Fact]
    public async Task Partition_DeletedOrNeverMade_AnswersNotFoundToEverything()
    {
        var (_, topic) = await _server.MakeTopicAsync("gone");
        var key = (await _server.Topic(topic.Incarnation).ListPartitionsAsync())[0].Key;
        var deleted = _server.Partition(key);
        await deleted.AppendAsync(Batch("a"));
        await _server.Topic(topic.Incarnation).RemovePartitionsAsync(1);

        foreach (var partition in new[] { deleted, _server.Partition($"{Guid.NewGuid():N}/0"), _server.Partition("../../etc"), _server.Partition($"{Guid.NewGuid():N}/00") })
        {
            Assert.Equal(Refusal.PartitionNotFound, (await partition.AppendAsync(Batch("b"))).Refusal);
            Assert.Equal(Refusal.PartitionNotFound, (await partition.PollAsync(Poll(PollFrom.First))).Refusal);
            Assert.Equal(Refusal.PartitionNotFound, (await partition.GetOffsetAsync(Consumer)).Refusal);
            Assert.Equal(Refusal.PartitionNotFound, await partition.StoreOffsetAsync(Consumer, 0));
            Assert.Equal(Refusal.PartitionNotFound, await partition.DeleteOffsetAsync(Consumer));
            Assert.Equal(Refusal.PartitionNotFound, await partition.FlushAsync(toDisk: true));
            Assert.Equal(Refusal.PartitionNotFound, await partition.DeleteSegmentsAsync(1));
            Assert.Equal(Refusal.PartitionNotFound, await partition.PurgeAsync());
            Assert.Equal(Refusal.PartitionNotFound, (await partition.GetStatsAsync()).Refusal);
            Assert.Equal(Refusal.None, await partition.DeleteAsync()); // safe to repeat
        }
    }

    [Fact]
    public async Task Create_Repeated_KeepsTheMessages()
    {
        var partition = await _server.MakePartitionAsync("repeat");
        await partition.AppendAsync(Batch("a"));
        Assert.Equal(Refusal.None, await partition.CreateAsync());
        await _server.DeactivateAsync(partition);
        Assert.Equal(Refusal.None, await partition.CreateAsync());
        Assert.Equal([(0, "a")], Read(await partition.PollAsync(Poll(PollFrom.First))));
    }

    [Fact]
    public async Task Partition_AfterDeactivation_HasEverything()
    {
        var partition = await _server.MakePartitionAsync("idle");
        await partition.AppendAsync(Batch("a", "b"));
        await partition.StoreOffsetAsync(Consumer, 0);
        var stats = await partition.GetStatsAsync();

        await _server.DeactivateAsync(partition);

        Assert.Equal(stats, await partition.GetStatsAsync());
        Assert.Equal([(1, "b")], Read(await partition.PollAsync(Poll(PollFrom.Next))));
        Assert.Equal(2u, (await partition.AppendAsync(Batch("c"))).BaseOffset);
    }

    [Fact]
    public async Task DeleteSegments_WithABarrier_KeepsWhatIsNotRead()
    {
        var partition = await _server.MakePartitionAsync("segments");
        for (var i = 0; i < 8; i++)
            await partition.AppendAsync(Batch(new string('x', 936))); // 1000 bytes each; a segment of 5 KiB closes after the seventh
        Assert.Equal(new PartitionStats(Refusal.None, 7, 8, 8000, 2, RecordsCount: 8), await partition.GetStatsAsync());

        await partition.StoreOffsetAsync(Consumer, 5);
        Assert.Equal(Refusal.None, await partition.DeleteSegmentsAsync(1));
        Assert.Equal(2u, (await partition.GetStatsAsync()).SegmentsCount);

        await partition.StoreOffsetAsync(Consumer, 6);
        Assert.Equal(Refusal.None, await partition.DeleteSegmentsAsync(uint.MaxValue));
        Assert.Equal(new PartitionStats(Refusal.None, 7, 1, 1000, 1, 1, RecordsCount: 1), await partition.GetStatsAsync());
        Assert.Equal(7u, Assert.Single(Read(await partition.PollAsync(Poll(PollFrom.Offset, 0)))).Offset);
    }

    [Fact]
    public async Task Append_DurabilityAlways_AnswersAfterASharedSyncAndPurgeComesBetween()
    {
        await using var server = await Server.StartAsync(configure: silo =>
            silo.Services.Configure<StorageOptions>(options => options.Durability = Storage.DurabilityMode.Always));
        var partition = await server.MakePartitionAsync("s");

        var before = Enumerable.Range(0, 50).Select(i => partition.AppendAsync(Batch($"{i}")).AsTask()).ToArray();
        var purge = partition.PurgeAsync().AsTask();
        var after = Enumerable.Range(0, 50).Select(i => partition.AppendAsync(Batch($"{i}")).AsTask()).ToArray();

        Assert.All(await Task.WhenAll([.. before, .. after]), answer => Assert.Equal(Refusal.None, answer.Refusal));
        Assert.Equal(Refusal.None, await purge);
        var stats = await partition.GetStatsAsync();
        Assert.InRange(stats.MessagesCount, 0u, 100u);
        Assert.Equal(stats.MessagesCount, (ulong)Read(await partition.PollAsync(Poll(PollFrom.First, count: 200))).Length);
        Assert.Equal(Refusal.None, await partition.FlushAsync(toDisk: true));
    }

    [Fact]
    public async Task Poll_DamagedRecord_IsRefusedAndLogged()
    {
        await using var server = await Server.StartAsync();
        var partition = await server.MakePartitionAsync("s");
        for (var i = 0; i < 8; i++)
            await partition.AppendAsync(Batch(new string('x', 936)));
        await server.DeactivateAsync(partition);
        var segment = Path.Combine(server.Partitions, server.PartitionFolders().Single(), $"{0:D20}.log");
        using (var file = new FileStream(segment, FileMode.Open, FileAccess.ReadWrite))
        {
            file.Position = 4096 + 500; // in the payload of the first message of the sealed segment
            file.WriteByte((byte)'y');
        }

        Assert.Equal(Refusal.Damaged, (await partition.PollAsync(Poll(PollFrom.First))).Refusal);
        Assert.Single(server.Log.Of(2003));
        Assert.Equal(7, Read(await partition.PollAsync(Poll(PollFrom.Offset, 1))).Length);
        Assert.Equal(8u, (await partition.AppendAsync(Batch("more"))).BaseOffset);
    }

    [Fact]
    public async Task Partition_LockedByAnother_AnswersStorageFailedAloneAndIsTriedAgain()
    {
        await using var server = await Server.StartAsync();
        var (stream, topic) = await server.MakeTopicAsync("s", partitions: 2);
        var keys = (await server.Topic(topic.Incarnation).ListPartitionsAsync()).Select(partition => partition.Key).ToArray();
        var (locked, other) = (server.Partition(keys[0]), server.Partition(keys[1]));
        using (Storage.Log.PartitionLog.Open(Path.Combine(server.Partitions, keys[0]), new(), TimeProvider.System, Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance))
        {
            Assert.Equal(Refusal.StorageFailed, (await locked.AppendAsync(Batch("a"))).Refusal);
            Assert.Equal(Refusal.StorageFailed, (await locked.PollAsync(Poll(PollFrom.First))).Refusal);
            Assert.Equal(Refusal.None, (await other.AppendAsync(Batch("a"))).Refusal);
            Assert.Single(server.Log.Of(2000));
        }

        await server.DeactivateAsync(locked); // as the grain itself does some seconds later
        Assert.Equal(Refusal.None, (await locked.AppendAsync(Batch("a"))).Refusal);
    }
}
