using Iggy.Grains.Interfaces;
using Iggy.Grains.Interfaces.Partitions;
using Iggy.Grains.Interfaces.Topics;
using Iggy.Grains.Options;
using Iggy.Grains.Tests.Setup;
using Microsoft.Extensions.DependencyInjection;
using static Iggy.Grains.Tests.Setup.Messages;

namespace Iggy.Grains.Tests;

/// <summary>A topic keeps to its expiry and its size by itself. Segments here hold seven messages of 1000 bytes.</summary>
public sealed class RetentionTests : IDisposable
{
    private const int Expired = 2140, Shrunk = 2141, Overfull = 2142;
    private const ulong Hour = 3_600_000_000;

    private readonly string _folder = Server.NewFolder();
    private readonly ShiftedClock _clock = new();

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Expiry_SealedSegmentsThatEveryConsumerHasPassed_GoWithTheirFiles()
    {
        await using var server = await StartAsync();
        var (_, _, partitions) = await MakeAsync(server, Limits(expiry: Hour), partitions: 2);
        await FillAsync(partitions[0], 15);
        await FillAsync(partitions[1], 15);
        await partitions[1].StoreOffsetAsync(Consumer, 8); // has passed the first segment, not the second

        _clock.Shift += TimeSpan.FromHours(1);
        await server.Log.WaitForAsync(Expired);

        Assert.Equal(new PartitionStats(Refusal.None, 14, 1, 1000, 1, RecordsCount: 1), await partitions[0].GetStatsAsync());
        Assert.Equal(new PartitionStats(Refusal.None, 14, 8, 8000, 2, 6, 8), await partitions[1].GetStatsAsync());
        Assert.Equal([7ul, 14, 14], Segments(server));
        Assert.Equal(14u, Assert.Single(Read(await partitions[0].PollAsync(Poll(PollFrom.Offset, 0)))).Offset);
        Assert.Equal(15u, (await partitions[0].AppendAsync(Batch("next"))).BaseOffset);
    }

    [Fact]
    public async Task Size_OverAllPartitions_TheOldestSegmentGoesFirst()
    {
        await using var server = await StartAsync();
        var (_, _, partitions) = await MakeAsync(server, Limits(maxBytes: 30_000), partitions: 2);
        await FillAsync(partitions[0], 7); // the oldest
        await FillAsync(partitions[1], 15);
        Assert.Equal(22_000ul, await SizeAsync(partitions)); // below nine tenths
        await FillAsync(partitions[0], 5); // exactly nine tenths

        await server.Log.WaitForAsync(Shrunk);

        Assert.Equal(new PartitionStats(Refusal.None, 11, 5, 5000, 1, RecordsCount: 5), await partitions[0].GetStatsAsync());
        Assert.Equal(new PartitionStats(Refusal.None, 14, 15, 15_000, 3, RecordsCount: 15), await partitions[1].GetStatsAsync());
    }

    [Fact]
    public async Task Size_NothingMayGo_SaysSoOnceAndGoesOnLater()
    {
        await using var server = await StartAsync();
        var (_, _, partitions) = await MakeAsync(server, Limits(maxBytes: 6000), partitions: 1);
        await partitions[0].AppendAsync(Batch("first"));
        await partitions[0].StoreOffsetAsync(Consumer, 0);
        await FillAsync(partitions[0], 14);
        await server.Log.WaitForAsync(Overfull);

        await partitions[0].StoreOffsetAsync(Consumer, 14);
        await server.Log.WaitForAsync(Shrunk);
        Assert.Single(server.Log.Of(Overfull));
        Assert.InRange((await partitions[0].GetStatsAsync()).SizeBytes, 0u, 5399u);
    }

    [Fact]
    public async Task Update_OfTheSettings_HoldsFromTheNextRunOn()
    {
        await using var server = await StartAsync();
        var (stream, topic, partitions) = await MakeAsync(server, Server.Defaults, partitions: 1);
        await FillAsync(partitions[0], 15);
        _clock.Shift += TimeSpan.FromHours(1);

        await server.Stream(stream).UpdateTopicAsync(topic, "topic", Limits(expiry: Hour));
        await server.Log.WaitForAsync(Expired);
        Assert.Equal([14ul], Segments(server));

        await server.Stream(stream).UpdateTopicAsync(topic, "topic", Limits());
        await FillAsync(partitions[0], 14);
        _clock.Shift += TimeSpan.FromHours(1);
        await server.Topic(topic).PurgeAsync(); // a turn of the topic: no run comes after the update
        Assert.Single(server.Log.Of(Expired));
    }

    [Fact]
    public async Task Restart_WithoutAnybodyTouchingTheTopic_GoesOn()
    {
        await using (var server = await StartAsync(isEnabled: false))
        {
            var (_, _, partitions) = await MakeAsync(server, Limits(expiry: Hour), partitions: 1);
            await FillAsync(partitions[0], 15);
            server.Sql("UPDATE GrainState SET Payload = CAST(replace(substr(CAST(Payload AS TEXT), 1, length(CAST(Payload AS TEXT)) - 17), ',\"settings\":', ',\"unknown\":') AS BLOB) WHERE StateName = 'topic'"); // as an earlier build left it
        }

        _clock.Shift += TimeSpan.FromHours(1);
        Assert.Equal(3, Directory.GetFiles(_folder, "*.log", SearchOption.AllDirectories).Length);
        await using (var server = await StartAsync())
        {
            await server.Log.WaitForAsync(Expired);
            Assert.Equal([14ul], Segments(server));
        }
    }

    [Fact]
    public async Task Delete_OfATopicWithALimit_EndsItsRuns()
    {
        await using var server = await StartAsync();
        var (stream, topic, partitions) = await MakeAsync(server, Limits(expiry: Hour), partitions: 3);
        await FillAsync(partitions[0], 8);
        await server.Stream(stream).DeleteTopicAsync(topic);
        Assert.Empty(Directory.EnumerateFileSystemEntries(server.Partitions));
        Assert.Empty(server.Log.Of(2143));
        Assert.Empty(server.Log.Of(2144));
    }

    private static TopicSettings Limits(ulong expiry = TopicSettings.Never, ulong maxBytes = TopicSettings.Unlimited) => new(expiry, maxBytes, Compression: 1, ReplicationFactor: 1);

    private Task<Server> StartAsync(bool isEnabled = true) => Server.StartAsync(_folder, silo =>
    {
        silo.Services.AddSingleton<TimeProvider>(_clock);
        silo.Services.Configure<RetentionOptions>(options => (options.Enabled, options.Interval) = (isEnabled, TimeSpan.FromMilliseconds(10)));
    });

    private static async Task<(Guid Stream, Guid Topic, IPartitionGrain[] Partitions)> MakeAsync(Server server, TopicSettings settings, uint partitions)
    {
        var stream = await server.Streams.CreateAsync("s");
        var topic = await server.Stream(stream.Incarnation).CreateTopicAsync("topic", settings, partitions);
        var entries = await server.Topic(topic.Incarnation).ListPartitionsAsync();
        return (stream.Incarnation, topic.Incarnation, [.. entries.Select(entry => server.Partition(entry.Key))]);
    }

    private static async Task FillAsync(IPartitionGrain partition, int messages)
    {
        for (var i = 0; i < messages; i++)
            Assert.Equal(Refusal.None, (await partition.AppendAsync(Batch(new string('x', 936)))).Refusal);
    }

    private static async Task<ulong> SizeAsync(IPartitionGrain[] partitions)
    {
        var size = 0ul;
        foreach (var partition in partitions)
            size += (await partition.GetStatsAsync()).SizeBytes;
        return size;
    }

    // First offsets of all segments, from the names of their files.
    private static ulong[] Segments(Server server) => [.. Directory.GetFiles(server.Partitions, "*.log", SearchOption.AllDirectories)
        .Select(path => ulong.Parse(Path.GetFileNameWithoutExtension(path), System.Globalization.CultureInfo.InvariantCulture)).Order()];
}
