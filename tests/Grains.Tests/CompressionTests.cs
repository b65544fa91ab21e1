using Iggy.Grains.Interfaces.Partitions;
using Iggy.Grains.Interfaces.Topics;
using Iggy.Grains.Options;
using Iggy.Grains.Tests.Setup;
using Iggy.Storage;
using Microsoft.Extensions.DependencyInjection;
using static Iggy.Grains.Tests.Setup.Messages;

namespace Iggy.Grains.Tests;

/// <summary>Who asks for compression gets it, from the next message on and after every restart, and nobody sees it.</summary>
public sealed class CompressionTests : IDisposable
{
    private static readonly TopicSettings s_plain = new(TopicSettings.Never, TopicSettings.Unlimited, Compression: 1, ReplicationFactor: 1);
    private static readonly string s_text = string.Concat(Enumerable.Repeat("the same again ", 60));

    private readonly string _folder = Server.NewFolder();

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData(RecordCodec.Lz4)]
    [InlineData(RecordCodec.Zstd)]
    public async Task Topic_ThatAsksForIt_IsSmallerOnDiskAndLooksTheSame(RecordCodec codec)
    {
        await using var server = await StartAsync(codec);
        var stream = server.Stream((await server.Streams.CreateAsync("s")).Incarnation);
        var (packed, plain) = (await MakeAsync(server, stream, "packed", s_plain with { Compression = TopicSettings.Gzip }), await MakeAsync(server, stream, "plain", s_plain));
        foreach (var partition in new[] { packed, plain })
        {
            for (var i = 0; i < 50; i++)
                await partition.AppendAsync(Batch(s_text, s_text));
            Assert.Equal(100, Read(await partition.PollAsync(Poll(PollFrom.First))).Count(message => message.Payload == s_text));
        }

        Assert.Equal(await plain.GetStatsAsync(), await packed.GetStatsAsync()); // sizes are what clients count
        await server.DeactivateAsync(packed);
        await server.DeactivateAsync(plain);
        Assert.True(RecordBytes(packed) * 4 < RecordBytes(plain), $"{RecordBytes(packed)} B packed, {RecordBytes(plain)} B plain");
        Assert.Equal(100, Read(await packed.PollAsync(Poll(PollFrom.First))).Count(message => message.Payload == s_text));
    }

    [Fact]
    public async Task Update_OfTheTopic_HoldsForTheNextMessage()
    {
        await using var server = await StartAsync(RecordCodec.Lz4);
        var stream = server.Stream((await server.Streams.CreateAsync("s")).Incarnation);
        var entry = await stream.CreateTopicAsync("t", s_plain, 1);
        var partition = server.Partition((await server.Topic(entry.Incarnation).ListPartitionsAsync())[0].Key);
        await partition.AppendAsync(Batch(s_text));
        await stream.UpdateTopicAsync(entry.Incarnation, "t", s_plain with { Compression = TopicSettings.Gzip });
        for (var i = 0; i < 4; i++)
            await partition.AppendAsync(Batch(s_text));
        await server.DeactivateAsync(partition);
        await partition.AppendAsync(Batch(s_text)); // opened anew, it still knows
        await stream.UpdateTopicAsync(entry.Incarnation, "t", s_plain);
        await partition.AppendAsync(Batch(s_text));

        Assert.Equal(7, Read(await partition.PollAsync(Poll(PollFrom.First))).Count(message => message.Payload == s_text));
        await server.DeactivateAsync(partition);
        Assert.InRange(RecordBytes(partition), 2 * s_text.Length, 4 * s_text.Length); // two of seven as they are
    }

    [Fact]
    public async Task Server_WithoutACodecNow_ReadsWhatWasPackedBefore()
    {
        await using (var server = await StartAsync(RecordCodec.Zstd))
        {
            var stream = server.Stream((await server.Streams.CreateAsync("s")).Incarnation);
            await (await MakeAsync(server, stream, "t", s_plain with { Compression = TopicSettings.Gzip })).AppendAsync(Batch(s_text));
        }

        await using (var server = await StartAsync(RecordCodec.None))
        {
            var partition = server.Partition(server.PartitionFolders().Single());
            await partition.AppendAsync(Batch(s_text));
            Assert.Equal(2, Read(await partition.PollAsync(Poll(PollFrom.First))).Count(message => message.Payload == s_text));
        }
    }

    [Fact]
    public async Task Server_ThatCompressesAll_PacksTopicsThatDoNotAsk()
    {
        await using var server = await Server.StartAsync(_folder, silo => silo.Services.Configure<StorageOptions>(options => options.CompressAll = true));
        var stream = server.Stream((await server.Streams.CreateAsync("s")).Incarnation);
        var partition = await MakeAsync(server, stream, "t", s_plain);
        await partition.AppendAsync(Batch(s_text, s_text));
        Assert.Equal(2, Read(await partition.PollAsync(Poll(PollFrom.First))).Count(message => message.Payload == s_text));
        await server.DeactivateAsync(partition);
        Assert.True(RecordBytes(partition) < s_text.Length);
    }

    // Goal: a partition that opens while its topic waits for it does not wait for its topic. Method: purge through the topic what is closed.
    [Fact]
    public async Task Purge_OfClosedPartitions_DoesNotWaitInACircle()
    {
        await using var server = await StartAsync(RecordCodec.Lz4);
        var (stream, entry) = await server.MakeTopicAsync("s", partitions: 20);
        await server.Stream(stream.Incarnation).UpdateTopicAsync(entry.Incarnation, "t", s_plain with { Compression = TopicSettings.Gzip });
        await server.Topic(entry.Incarnation).PurgeAsync().AsTask().WaitAsync(Server.Patience, TestContext.Current.CancellationToken);
        Assert.Empty(server.Log.Of(2004));
    }

    private Task<Server> StartAsync(RecordCodec codec) => Server.StartAsync(_folder, silo => silo.Services.Configure<StorageOptions>(options => options.Compression = codec));

    private static async Task<IPartitionGrain> MakeAsync(Server server, Interfaces.Streams.IStreamGrain stream, string name, TopicSettings settings)
    {
        var topic = await stream.CreateTopicAsync(name, settings, 1);
        return server.Partition((await server.Topic(topic.Incarnation).ListPartitionsAsync())[0].Key);
    }

    // Every segment starts with a head of 4096 bytes.
    private long RecordBytes(IPartitionGrain partition) =>
        Directory.GetFiles(Path.Combine(_folder, "partitions", partition.GetPrimaryKeyString()), "*.log").Sum(path => new FileInfo(path).Length - 4096);
}
