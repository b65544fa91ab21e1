using Iggy.Grains.Interfaces;
using Iggy.Grains.Interfaces.Partitions;
using Iggy.Grains.Interfaces.Topics;
using Iggy.Grains.Tests.Setup;
using static Iggy.Grains.Tests.Setup.Messages;

namespace Iggy.Grains.Tests;

/// <summary>Topics that promise the disk on a server that does not. What is seen is the sync itself, which the log tells.</summary>
public sealed class DurabilityTests
{
    private const int Synced = 1019;

    [Theory]
    [InlineData(TopicDurability.Persisted, null, true)]
    [InlineData(TopicDurability.Replicated, null, false)]
    [InlineData(null, true, true)] // as pre-releases say it
    [InlineData(TopicDurability.Replicated, true, false)]
    [InlineData(null, null, false)]
    public async Task Append_ToAPersistedTopic_IsOnDiskBeforeItsAnswer(TopicDurability? durability, bool? enforceFsync, bool isSynced)
    {
        await using var server = await Server.StartAsync();
        var partition = await MakeAsync(server, new TopicTuning { Durability = durability, EnforceFsync = enforceFsync });
        var before = server.Log.Of(Synced).Count();
        for (var i = 1; i <= 3; i++)
        {
            Assert.Equal(Refusal.None, (await partition.AppendAsync(Batch("a"))).Refusal);
            Assert.Equal(before + (isSynced ? i : 0), server.Log.Of(Synced).Count());
        }

        Assert.Equal(Refusal.None, await partition.StoreOffsetAsync(new ConsumerKey(ConsumerKind.Consumer, 1), 0));
        Assert.Equal(before + (isSynced ? 3 : 0), server.Log.Of(Synced).Count()); // offsets have a promise of their own
    }

    [Fact]
    public async Task Offset_OfATopicWithPersistedOffsets_IsOnDiskBeforeItsAnswer()
    {
        await using var server = await Server.StartAsync();
        var partition = await MakeAsync(server, new TopicTuning { ConsumerOffsetDurability = TopicDurability.Persisted });
        await partition.AppendAsync(Batch("a"));
        var consumer = new ConsumerKey(ConsumerKind.Consumer, 1);
        var before = server.Log.Of(Synced).Count();
        Assert.Equal(Refusal.None, await partition.StoreOffsetAsync(consumer, 0));
        Assert.Equal(before + 1, server.Log.Of(Synced).Count());
        Assert.Equal(Refusal.None, await partition.DeleteOffsetAsync(consumer));
        Assert.Equal(before + 2, server.Log.Of(Synced).Count());
    }

    // Goal: what was written and could not be synced is not told as "not written", for it may be there after a restart. Method: the folder, whose names are synced with
    // the first append, is not where it was at that moment.
    [Fact]
    public async Task Append_ItsSyncFails_IsAnUnknownOutcomeAndMayBeThereLater()
    {
        await using var server = await Server.StartAsync();
        var partition = await MakeAsync(server, new TopicTuning { Durability = TopicDurability.Persisted, ConsumerOffsetDurability = TopicDurability.Persisted });
        await partition.PollAsync(Poll(PollFrom.First)); // opens the log
        var folder = Path.Combine(server.Partitions, partition.GetPrimaryKeyString());
        Directory.Move(folder, folder + ".away");
        Assert.Equal(Refusal.OutcomeUnknown, (await partition.AppendAsync(Batch("a"))).Refusal);
        Assert.Equal(Refusal.StorageFailed, (await partition.AppendAsync(Batch("b"))).Refusal); // not written, and known so
        Assert.Equal(Refusal.StorageFailed, await partition.FlushAsync(toDisk: true));

        Directory.Move(folder + ".away", folder);
        await server.DeactivateAsync(partition);
        Assert.Equal((0ul, "a"), Assert.Single(Read(await partition.PollAsync(Poll(PollFrom.First)))));
        Assert.Equal(1ul, (await partition.AppendAsync(Batch("c"))).BaseOffset);
    }

    // Goal: the promise outlives the activation, and the topic's state on disk.
    [Fact]
    public async Task Promise_AfterARestart_IsKept()
    {
        var folder = Server.NewFolder();
        try
        {
            string key;
            await using (var server = await Server.StartAsync(folder))
                key = (await MakeAsync(server, new TopicTuning { Durability = TopicDurability.Persisted })).GetPrimaryKeyString();
            await using (var server = await Server.StartAsync(folder))
            {
                var partition = server.Partition(key);
                await partition.GetStatsAsync();
                var before = server.Log.Of(Synced).Count();
                await partition.AppendAsync(Batch("a"));
                Assert.InRange(server.Log.Of(Synced).Count(), before + 1, before + 2); // what begins with a server may sync once as well
            }
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    // Goal: a power cut in the middle of a sync takes only what nobody was told of, so the log must say what was synced, also when the topic changes its mind.
    [Fact]
    public async Task Append_ToAPersistedTopic_TellsInItsFileWhatIsOnDisk()
    {
        await using var server = await Server.StartAsync();
        var stream = await server.Streams.CreateAsync("s");
        var settings = Server.Defaults with { Tuning = new TopicTuning { EnforceFsync = false } };
        var topic = await server.Stream(stream.Incarnation).CreateTopicAsync("t", settings, 1);
        var partition = server.Partition((await server.Topic(topic.Incarnation).ListPartitionsAsync())[0].Key);
        Assert.Equal(0u, await SyncedPositionAsync());
        await ConfigureAsync(isSynced: true);
        var first = await SyncedPositionAsync();
        Assert.InRange(first, 4097u, uint.MaxValue);
        Assert.InRange(await SyncedPositionAsync(), first + 1, uint.MaxValue);
        await ConfigureAsync(isSynced: false);
        Assert.Equal(0u, await SyncedPositionAsync());

        ValueTask ConfigureAsync(bool isSynced) =>
            server.Stream(stream.Incarnation).UpdateTopicAsync(topic.Incarnation, "t", settings with { Tuning = new TopicTuning { EnforceFsync = isSynced } });

        async Task<uint> SyncedPositionAsync()
        {
            await partition.AppendAsync(Batch("a"));
            await partition.AppendAsync(Batch("a")); // its commit slot tells of the one before
            var path = Path.Combine(server.Partitions, partition.GetPrimaryKeyString(), $"{0:D20}.log");
            await using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            var slots = new byte[192];
            await file.ReadExactlyAsync(slots);
            var newer = BitConverter.ToUInt64(slots, 64) > BitConverter.ToUInt64(slots, 128) ? 64 : 128;
            return BitConverter.ToUInt32(slots, newer + 52);
        }
    }

    private static async Task<IPartitionGrain> MakeAsync(Server server, TopicTuning tuning)
    {
        var stream = await server.Streams.CreateAsync("s");
        var topic = await server.Stream(stream.Incarnation).CreateTopicAsync("t", Server.Defaults with { Tuning = tuning }, 1);
        var partition = server.Partition((await server.Topic(topic.Incarnation).ListPartitionsAsync())[0].Key);
        await partition.GetStatsAsync(); // open
        return partition;
    }
}
