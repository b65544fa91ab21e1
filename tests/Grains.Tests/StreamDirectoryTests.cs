using Iggy.Grains.Interfaces;
using Iggy.Grains.Interfaces.Streams;
using Iggy.Grains.Options;
using Iggy.Grains.Tests.Setup;
using Microsoft.Extensions.DependencyInjection;

namespace Iggy.Grains.Tests;

public sealed class StreamDirectoryTests(SharedServer shared) : IClassFixture<SharedServer>
{
    private readonly Server _server = shared.Server;

    [Fact]
    public async Task Create_AfterDeletes_TakesTheLowestFreeIdFirst()
    {
        await using var server = await Server.StartAsync();
        var made = new List<StreamEntry>();
        for (var i = 0; i < 5; i++)
            made.Add(await server.Streams.CreateAsync($"stream {i}"));
        Assert.Equal([0u, 1u, 2u, 3u, 4u], made.Select(stream => stream.Id));

        await server.Streams.DeleteAsync(made[3].Incarnation);
        await server.Streams.DeleteAsync(made[1].Incarnation);
        await server.Streams.DeleteAsync(made[0].Incarnation);

        var ids = new List<uint>();
        for (var i = 5; i < 9; i++)
            ids.Add((await server.Streams.CreateAsync($"stream {i}")).Id);
        Assert.Equal([0u, 1u, 3u, 5u], ids);
        Assert.Equal([0u, 1u, 2u, 3u, 4u, 5u], (await server.Streams.ListAsync()).Select(stream => stream.Id));
        Assert.Equal(9, made.Select(stream => stream.Incarnation).Union((await server.Streams.ListAsync()).Select(stream => stream.Incarnation)).Count());
    }

    [Fact]
    public async Task Create_TakenName_IsRefused()
    {
        await _server.Streams.CreateAsync("taken");
        await Server.RefusedAsync(Refusal.StreamNameTaken, () => _server.Streams.CreateAsync("taken").AsTask());
    }

    [Fact]
    public async Task Create_NamesThatDifferInOneByte_AreDifferent()
    {
        string[] names = ["Straße", "Strasse", "STRASSE", "strasse", "strasse ", " strasse", "stra\u0000sse", "e\u0301", "\u00e9"];
        foreach (var name in names)
            Assert.Equal(name, (await _server.Streams.CreateAsync(name)).Name);
    }

    [Fact]
    public async Task Create_OneNameAtOnce_ExactlyOneWins()
    {
        var calls = Enumerable.Range(0, 20).Select(async _ =>
        {
            try
            {
                await _server.Streams.CreateAsync("race");
                return Refusal.None;
            }
            catch (RefusedException e)
            {
                return e.Reason;
            }
        });

        var outcomes = await Task.WhenAll(calls);

        Assert.Single(outcomes, Refusal.None);
        Assert.Equal(19, outcomes.Count(outcome => outcome is Refusal.StreamNameTaken));
        Assert.Single(await _server.Streams.ListAsync(), stream => stream.Name == "race");
    }

    [Fact]
    public async Task Create_OverTheLimit_IsRefusedAndWorksAfterADelete()
    {
        await using var server = await Server.StartAsync(configure: silo => silo.Services.Configure<CatalogOptions>(options => options.MaxStreams = 2));
        await server.Streams.CreateAsync("a");
        var second = await server.Streams.CreateAsync("b");
        await Server.RefusedAsync(Refusal.TooManyStreams, () => server.Streams.CreateAsync("c").AsTask());

        await server.Streams.DeleteAsync(second.Incarnation);
        Assert.Equal(1u, (await server.Streams.CreateAsync("c")).Id);
    }

    [Fact]
    public async Task Rename_Always_ObeysNames()
    {
        var (mine, other) = (await _server.Streams.CreateAsync("mine"), await _server.Streams.CreateAsync("other"));

        await _server.Streams.RenameAsync(mine.Incarnation, "mine");
        await Server.RefusedAsync(Refusal.StreamNameTaken, () => _server.Streams.RenameAsync(mine.Incarnation, "other").AsTask());
        await Server.RefusedAsync(Refusal.StreamNotFound, () => _server.Streams.RenameAsync(Guid.NewGuid(), "new").AsTask());
        await _server.Streams.RenameAsync(mine.Incarnation, "renamed");

        var streams = await _server.Streams.ListAsync();
        Assert.Contains(mine with { Name = "renamed" }, streams);
        Assert.Contains(other, streams);
        Assert.DoesNotContain(streams, stream => stream.Name == "mine");
    }

    [Fact]
    public async Task Delete_StreamWithTopics_LeavesNothing()
    {
        await using var server = await Server.StartAsync();
        var (stream, topic) = await server.MakeTopicAsync("gone", partitions: 3);
        Assert.Equal(3, server.PartitionFolders().Length);

        await server.Streams.DeleteAsync(stream.Incarnation);

        Assert.Empty(await server.Streams.ListAsync());
        Assert.Empty(Directory.EnumerateFileSystemEntries(server.Partitions));
        Assert.Empty(await server.Stream(stream.Incarnation).ListAsync());
        Assert.Empty(await server.Topic(topic.Incarnation).ListPartitionsAsync());
        await Server.RefusedAsync(Refusal.StreamNotFound, () => server.Streams.DeleteAsync(stream.Incarnation).AsTask());
        await Server.RefusedAsync(Refusal.StreamNotFound, () => server.Stream(stream.Incarnation).CreateTopicAsync("late", Server.Defaults, 1).AsTask());
        await Server.RefusedAsync(Refusal.TopicNotFound, () => server.Topic(topic.Incarnation).AddPartitionsAsync(1).AsTask());
        Assert.Equal(["streams"], server.StoredStates()); // the directory's own row is all that is left
    }
}
