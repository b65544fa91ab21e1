using Iggy.Grains.Interfaces;
using Iggy.Grains.Interfaces.Partitions;
using Iggy.Grains.Tests.Setup;
using static Iggy.Grains.Tests.Setup.Messages;

namespace Iggy.Grains.Tests;

public sealed class RestartTests : IDisposable
{
    private readonly string _folder = Server.NewFolder();

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Restart_OnTheSameFolder_HasEverything()
    {
        object[] before;
        await using (var server = await Server.StartAsync(_folder))
        {
            await server.Streams.CreateAsync("first");
            var (stream, topic) = await server.MakeTopicAsync("second", partitions: 2);
            await server.Topic(topic.Incarnation).AddPartitionsAsync(1);
            var partition = server.Partition((await server.Topic(topic.Incarnation).ListPartitionsAsync())[2].Key);
            await partition.AppendAsync(Batch("a", "b"));
            await partition.StoreOffsetAsync(Consumer, 0);
            before = await EverythingAsync(server);
            Assert.Equal(2 + 1 + 3 + 2, before.Length);
            Assert.Equal((1u, 0u), (stream.Id, topic.Id));
        }

        await using (var server = await Server.StartAsync(_folder))
        {
            Assert.Equal(before, await EverythingAsync(server));
            Assert.Equal(2u, (await server.Streams.CreateAsync("third")).Id);
            await Server.RefusedAsync(Refusal.StreamNameTaken, () => server.Streams.CreateAsync("second").AsTask());
        }
    }

    [Fact]
    public async Task Delete_ThatCouldNotFinish_IsFinishedAtTheNextStart()
    {
        await using (var server = await Server.StartAsync(_folder))
        {
            var (stream, topic) = await server.MakeTopicAsync("s", partitions: 2);
            server.BreakWrites("topic");
            await server.Stream(stream.Incarnation).DeleteTopicAsync(topic.Incarnation); // written down by the stream, so it counts

            Assert.Empty(await server.Stream(stream.Incarnation).ListAsync());
            Assert.Equal(2, server.PartitionFolders().Length);
            Assert.Single(server.Log.Of(2102));
            server.MendWrites();
        }

        await using (var server = await Server.StartAsync(_folder))
        {
            await server.Log.WaitForAsync(2103);
            Assert.Empty(Directory.EnumerateFileSystemEntries(server.Partitions));
            Assert.Equal(["stream", "streams"], server.StoredStates());
            Assert.Empty(await server.Stream((await server.Streams.ListAsync())[0].Incarnation).ListAsync());
        }
    }

    [Fact]
    public async Task Start_WithAFolderThatNoTopicLists_ReportsItAndLeavesIt()
    {
        string listed;
        var stray = Path.Combine(_folder, "partitions", Guid.NewGuid().ToString("N"), "7");
        await using (var server = await Server.StartAsync(_folder))
        {
            await server.MakeTopicAsync("s");
            listed = server.PartitionFolders().Single();
        }

        Directory.CreateDirectory(stray);
        await using (var server = await Server.StartAsync(_folder))
        {
            await server.Log.WaitForAsync(2130);
            var line = Assert.Single(server.Log.Of(2130));
            Assert.Contains(stray, line, StringComparison.Ordinal);
            Assert.DoesNotContain(listed, line, StringComparison.Ordinal);
            Assert.True(Directory.Exists(stray));
        }
    }

    // Every value that a client can see, in order.
    private static async Task<object[]> EverythingAsync(Server server)
    {
        var everything = new List<object>();
        foreach (var stream in await server.Streams.ListAsync())
        {
            everything.Add(stream);
            foreach (var topic in await server.Stream(stream.Incarnation).ListAsync())
            {
                everything.Add(topic);
                foreach (var details in await server.Topic(topic.Incarnation).GetStatsAsync())
                {
                    everything.Add(details);
                    var partition = server.Partition(details.Entry.Key);
                    everything.AddRange(Read(await partition.PollAsync(Poll(PollFrom.First))).Cast<object>());
                    if (await partition.GetOffsetAsync(Consumer) is { Refusal: Refusal.None, StoredOffset: not 0 } offset)
                        everything.Add(offset);
                }
            }
        }

        return [.. everything];
    }
}
