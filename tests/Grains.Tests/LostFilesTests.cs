using System.Runtime.Versioning;
using Iggy.Grains.Interfaces;
using Iggy.Grains.Interfaces.Hosting;
using Iggy.Grains.Interfaces.Partitions;
using Iggy.Grains.Interfaces.Topics;
using Iggy.Grains.Tests.Setup;
using Microsoft.Extensions.DependencyInjection;
using static Iggy.Grains.Tests.Setup.Messages;

namespace Iggy.Grains.Tests;

/// <summary>Files of a listed partition that are gone are told, never taken for a partition that does not exist; and all files are for the owner only.</summary>
public sealed class LostFilesTests : IDisposable
{
    private readonly string _folder = Server.NewFolder();

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Open_ListedPartitionWithoutItsFolderOrLock_IsAStorageError(bool isLockOnly)
    {
        await using var server = await Server.StartAsync(_folder);
        var partition = await server.MakePartitionAsync("s");
        await partition.AppendAsync(Batch("a"));
        await server.DeactivateAsync(partition);
        var folder = Path.Combine(server.Partitions, server.PartitionFolders().Single());
        if (isLockOnly)
            File.Delete(Path.Combine(folder, "partition.lock"));
        else
            Directory.Delete(folder, recursive: true);

        Assert.Equal(Refusal.StorageFailed, (await partition.PollAsync(Poll(PollFrom.First))).Refusal);
        Assert.Equal(Refusal.StorageFailed, (await partition.AppendAsync(Batch("b"))).Refusal);
        Assert.Single(server.Log.Of(2005));
        Assert.Equal(1, Findings(server).Partitions);
        Assert.Equal(Refusal.PartitionNotFound, (await server.Partition($"{Guid.NewGuid():N}/0").PollAsync(Poll(PollFrom.First))).Refusal);
    }

    [Fact]
    public async Task Start_WithFilesMissing_TellsWhichAndGoesOnBehindThem()
    {
        string[] keys;
        await using (var server = await Server.StartAsync(_folder))
        {
            var (_, topic) = await server.MakeTopicAsync("s", partitions: 3);
            keys = [.. (await server.Topic(topic.Incarnation).ListPartitionsAsync()).Select(partition => partition.Key)];
            foreach (var key in keys)
                await server.Partition(key).AppendAsync(Batch("a", "b", "c"));
        }

        Directory.Delete(Path.Combine(_folder, "partitions", keys[0]), recursive: true);
        File.Delete(Path.Combine(_folder, "partitions", keys[1], "00000000000000000000.log"));
        await using (var server = await Server.StartAsync(_folder))
        {
            await server.Log.WaitForAsync(2133);
            Assert.Contains(keys[0], Assert.Single(server.Log.Of(2133)), StringComparison.Ordinal);
            Assert.Contains(keys[1], Assert.Single(server.Log.Of(2134)), StringComparison.Ordinal);
            Assert.Equal(new StorageFindings(2, 0, 0), Findings(server));

            var partition = server.Partition(keys[1]);
            Assert.Equal(new AppendResult(Refusal.None, 3), await partition.AppendAsync(Batch("d"))); // not one of theirs
            Assert.Equal(Refusal.Damaged, (await partition.PollAsync(Poll(PollFrom.Offset, 1))).Refusal);
            Assert.Equal(new StorageFindings(2, 3, 0), Findings(server));
            Assert.Equal(3, Read(await server.Partition(keys[2]).PollAsync(Poll(PollFrom.First))).Length);

            Assert.Equal(Refusal.None, await partition.PurgeAsync());
            Assert.Equal(new StorageFindings(1, 0, 0), Findings(server));
        }
    }

    [Fact]
    public async Task Topic_WithASegmentSizeOfItsOwn_RollsThereAlsoAfterAnUpdateAndAnOpening()
    {
        await using var server = await Server.StartAsync(_folder); // its own segments are of 5 KiB
        var stream = server.Stream((await server.Streams.CreateAsync("s")).Incarnation);
        var topic = await stream.CreateTopicAsync("t", Sized(40_000), 1);
        var partition = server.Partition((await server.Topic(topic.Incarnation).ListPartitionsAsync())[0].Key);
        var text = new string('x', 1000 - 64);
        for (var i = 0; i < 30; i++)
            await partition.AppendAsync(Batch(text));
        Assert.Equal(1u, (await partition.GetStatsAsync()).SegmentsCount);

        await stream.UpdateTopicAsync(topic.Incarnation, "t", Sized(3000));
        await partition.AppendAsync(Batch(text));
        Assert.Equal(2u, (await partition.GetStatsAsync()).SegmentsCount);
        await server.DeactivateAsync(partition);
        for (var i = 0; i < 4; i++)
            await partition.AppendAsync(Batch(text));
        Assert.Equal(3u, (await partition.GetStatsAsync()).SegmentsCount);

        static TopicSettings Sized(ulong bytes) => new(TopicSettings.Never, TopicSettings.Unlimited, Compression: 1, ReplicationFactor: 1,
            new TopicTuning { SegmentBytes = bytes });
    }

    [Fact]
    public async Task Files_OfARunningServer_AreForTheOwnerOnly()
    {
        if (OperatingSystem.IsWindows())
        {
            Assert.Skip("There are no modes.");
            return;
        }
        await using (var server = await Server.StartAsync(_folder))
        {
            var partition = await server.MakePartitionAsync("s");
            await partition.AppendAsync(Batch("a"));
            await partition.StoreOffsetAsync(Consumer, 0);
            Assert.Contains(Path.Combine(_folder, "metadata.db-wal"), Directory.GetFiles(_folder));
            Assert.Empty(OpenToOthers());
        }

        foreach (var path in Everything()) // as an earlier build left it
            File.SetUnixFileMode(path, Directory.Exists(path) ? (UnixFileMode)0b111_101_101 : (UnixFileMode)0b110_100_100);
        await using (var server = await Server.StartAsync(_folder))
        {
            Assert.Empty(OpenToOthers());
            Assert.Single(server.Log.Of(2135));
        }
    }

    private IEnumerable<string> Everything() => Directory.EnumerateFileSystemEntries(_folder, "*", SearchOption.AllDirectories).Append(_folder);

    [UnsupportedOSPlatform("windows")]
    private List<string> OpenToOthers()
    {
        var open = new List<string>();
        foreach (var path in Everything())
        {
            if (((int)File.GetUnixFileMode(path) & 0b111_111) != 0)
                open.Add(path);
        }
        return open;
    }

    private static StorageFindings Findings(Server server) => server.Services.GetRequiredService<IStorageHealth>().Findings;
}
