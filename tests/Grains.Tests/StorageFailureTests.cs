using Iggy.Grains.Interfaces;
using Iggy.Grains.Tests.Setup;

namespace Iggy.Grains.Tests;

/// <summary>A metadata store that refuses writes leaves nothing half-done, and everything works again once it takes them.</summary>
public sealed class StorageFailureTests
{
    [Theory]
    [InlineData("stream")]
    [InlineData("streams")]
    public async Task CreateStream_RowNotWritten_MakesNothing(string broken)
    {
        await using var server = await Server.StartAsync();
        server.BreakWrites(broken);
        await Server.RefusedAsync(Refusal.StorageFailed, () => server.Streams.CreateAsync("s").AsTask());
        Assert.Empty(await server.Streams.ListAsync());
        Assert.Empty(server.StoredStates());

        server.MendWrites();
        Assert.Equal(0u, (await server.Streams.CreateAsync("s")).Id);
    }

    [Theory]
    [InlineData("stream")]
    [InlineData("topic")]
    public async Task CreateTopic_RowNotWritten_LeavesNoFolder(string broken)
    {
        await using var server = await Server.StartAsync();
        var stream = server.Stream((await server.Streams.CreateAsync("s")).Incarnation);
        server.BreakWrites(broken);
        await Server.RefusedAsync(Refusal.StorageFailed, () => stream.CreateTopicAsync("t", Server.Defaults, 3).AsTask());
        Assert.Empty(await stream.ListAsync());
        Assert.Empty(Directory.EnumerateFileSystemEntries(server.Partitions));
        Assert.Equal(["stream", "streams"], server.StoredStates());

        server.MendWrites();
        Assert.Equal(0u, (await stream.CreateTopicAsync("t", Server.Defaults, 3)).Id);
        Assert.Equal(3, server.PartitionFolders().Length);
    }

    [Fact]
    public async Task Changes_RowNotWritten_ChangeNothing()
    {
        await using var server = await Server.StartAsync();
        var (entry, topicEntry) = await server.MakeTopicAsync("s", partitions: 2);
        var (stream, topic) = (server.Stream(entry.Incarnation), server.Topic(topicEntry.Incarnation));
        var partitions = await topic.ListPartitionsAsync();
        server.BreakWrites("streams");
        await Server.RefusedAsync(Refusal.StorageFailed, () => server.Streams.RenameAsync(entry.Incarnation, "r").AsTask());
        await Server.RefusedAsync(Refusal.StorageFailed, () => server.Streams.DeleteAsync(entry.Incarnation).AsTask());
        server.MendWrites();
        server.BreakWrites("stream");
        await Server.RefusedAsync(Refusal.StorageFailed, () => stream.UpdateTopicAsync(topicEntry.Incarnation, "u", Server.Defaults).AsTask());
        await Server.RefusedAsync(Refusal.StorageFailed, () => stream.DeleteTopicAsync(topicEntry.Incarnation).AsTask());
        server.MendWrites();
        server.BreakWrites("topic");
        await Server.RefusedAsync(Refusal.StorageFailed, () => topic.AddPartitionsAsync(2).AsTask());
        await Server.RefusedAsync(Refusal.StorageFailed, () => topic.RemovePartitionsAsync(1).AsTask());
        server.MendWrites();

        Assert.Equal([entry], await server.Streams.ListAsync());
        Assert.Equal([topicEntry], await stream.ListAsync());
        Assert.Equal(partitions, await topic.ListPartitionsAsync());
        Assert.Equal(partitions.Select(partition => partition.Key).Order(), server.PartitionFolders().Order());

        await topic.AddPartitionsAsync(1);
        await server.Streams.DeleteAsync(entry.Incarnation);
        Assert.Empty(Directory.EnumerateFileSystemEntries(server.Partitions));
    }

    [Fact]
    public async Task Write_AfterSomebodyElseWrote_IsRefusedAndTheStateReadAgain()
    {
        await using var server = await Server.StartAsync();
        await server.Streams.CreateAsync("a");
        server.Sql("UPDATE GrainState SET Version = Version + 1 WHERE StateName = 'streams'");
        server.Sql("UPDATE GrainState SET Version = Version + 1, Payload = CAST(replace(substr(CAST(Payload AS TEXT), 1, length(CAST(Payload AS TEXT)) - 17), '\"a\"', '\"b\"') AS BLOB) WHERE StateName = 'streams.0'"); // without the checksum

        await Server.RefusedAsync(Refusal.StorageFailed, () => server.Streams.CreateAsync("c").AsTask());

        Assert.Equal("b", Assert.Single(await server.Streams.ListAsync()).Name);
        await server.Streams.CreateAsync("c");
        Assert.Equal(["b", "c"], (await server.Streams.ListAsync()).Select(stream => stream.Name));
    }

    [Fact]
    public async Task Write_WhenTheStateCannotBeReadEither_EndsTheActivationAndTheNextOneIsRight()
    {
        await using var server = await Server.StartAsync();
        var (entry, topic) = await server.MakeTopicAsync("s");
        var stream = server.Stream(entry.Incarnation);
        server.Sql("ALTER TABLE GrainState RENAME TO Hidden");
        await Server.RefusedAsync(Refusal.StorageFailed, () => stream.UpdateTopicAsync(topic.Incarnation, "t", Server.Defaults).AsTask());
        Assert.Single(server.Log.Of(2101));

        server.Sql("ALTER TABLE Hidden RENAME TO GrainState");
        Assert.Equal([topic], await stream.ListAsync());
        Assert.Equal(1u, (await stream.CreateTopicAsync("t", Server.Defaults, 0)).Id);
    }
}
