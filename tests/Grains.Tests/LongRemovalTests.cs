using Iggy.Grains.Interfaces;
using Iggy.Grains.Interfaces.Partitions;
using Iggy.Grains.Interfaces.Topics;
using Iggy.Grains.Options;
using Iggy.Grains.Tests.Setup;
using Microsoft.Extensions.DependencyInjection;
using static Iggy.Grains.Tests.Setup.Messages;

namespace Iggy.Grains.Tests;

/// <summary>What takes long holds up nobody: neither the caller for more than a moment, nor other names.</summary>
public sealed class LongRemovalTests
{
    private readonly TaskCompletionSource _gate = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _reached = new(TaskCreationOptions.RunContinuationsAsynchronously);

    [Fact]
    public async Task DeleteStream_RemovalTakesLong_AnswersAndOtherNamesGoOn()
    {
        await using var server = await StartAsync(typeof(IPartitionGrain), nameof(IPartitionGrain.DeleteAsync));
        var (stream, _) = await server.MakeTopicAsync("s", partitions: 2);
        var other = await server.Streams.CreateAsync("other");

        await server.Streams.DeleteAsync(stream.Incarnation).AsTask().WaitAsync(Server.Patience, TestContext.Current.CancellationToken);
        await _reached.Task.WaitAsync(Server.Patience, TestContext.Current.CancellationToken);
        Assert.Equal(["other"], (await server.Streams.ListAsync()).Select(static entry => entry.Name));
        Assert.Equal(2, server.PartitionFolders().Length);
        await server.Streams.RenameAsync(other.Incarnation, "renamed");
        Assert.Equal(2u, (await server.Streams.CreateAsync("s")).Id); // the name is free, the id only when all is gone
        await server.Streams.DeleteAsync(other.Incarnation); // comes behind the removal that is under way

        _gate.SetResult();
        await server.Log.WaitForAsync(2103);
        Assert.Empty(server.PartitionFolders());
        Assert.Equal(["stream", "streams"], server.StoredStates());
        Assert.Equal(["s"], (await server.Streams.ListAsync()).Select(static entry => entry.Name));
        Assert.Equal(0u, (await server.Streams.CreateAsync("a")).Id);
        Assert.Equal(1u, (await server.Streams.CreateAsync("b")).Id);
        Assert.Empty(server.Log.Of(2102));
    }

    [Fact]
    public async Task DeleteTopicAndPartitions_RemovalTakesLong_AnswersAndTheStreamGoesOn()
    {
        await using var server = await StartAsync(typeof(IPartitionGrain), nameof(IPartitionGrain.DeleteAsync));
        var (entry, first) = await server.MakeTopicAsync("s", partitions: 2);
        var stream = server.Stream(entry.Incarnation);
        var second = await stream.CreateTopicAsync("second", Server.Defaults, 3);

        await server.Topic(second.Incarnation).RemovePartitionsAsync(2).AsTask().WaitAsync(Server.Patience, TestContext.Current.CancellationToken);
        Assert.Single(await server.Topic(second.Incarnation).ListPartitionsAsync());
        await server.Topic(second.Incarnation).AddPartitionsAsync(1);
        await stream.DeleteTopicAsync(first.Incarnation).AsTask().WaitAsync(Server.Patience, TestContext.Current.CancellationToken);
        Assert.Equal(2u, (await stream.CreateTopicAsync("third", Server.Defaults, 1)).Id);

        _gate.SetResult();
        await server.Log.WaitForAsync(2103);
        Assert.Equal(2, (await server.Topic(second.Incarnation).ListPartitionsAsync()).Length);
    }

    [Fact]
    public async Task DeleteStream_ServerStopsOnTheWay_IsFinishedAtTheNextStart()
    {
        var folder = Server.NewFolder();
        try
        {
            await using (var server = await StartAsync(typeof(ITopicGrain), nameof(ITopicGrain.DeleteAsync), folder))
            {
                var (stream, _) = await server.MakeTopicAsync("s", partitions: 2);
                await server.Streams.DeleteAsync(stream.Incarnation);
                await _reached.Task.WaitAsync(Server.Patience, TestContext.Current.CancellationToken);
                _gate.SetException(new IOException("broken by a test"));
            }

            await using (var server = await Server.StartAsync(folder))
            {
                await server.Log.WaitForAsync(2103);
                Assert.Empty(server.PartitionFolders());
                Assert.Equal(0u, (await server.Streams.CreateAsync("s")).Id);
            }
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public async Task PurgeStream_TakesLong_OtherChangesOfTheStreamGoOn()
    {
        await using var server = await StartAsync(typeof(IPartitionGrain), nameof(IPartitionGrain.PurgeAsync));
        var (entry, topic) = await server.MakeTopicAsync("s");
        var stream = server.Stream(entry.Incarnation);
        var partition = server.Partition((await server.Topic(topic.Incarnation).ListPartitionsAsync())[0].Key);
        await partition.AppendAsync(Batch("a"));

        var purge = stream.PurgeAsync().AsTask();
        await _reached.Task.WaitAsync(Server.Patience, TestContext.Current.CancellationToken);
        await stream.CreateTopicAsync("second", Server.Defaults, 1).AsTask().WaitAsync(Server.Patience, TestContext.Current.CancellationToken);
        await server.Topic(topic.Incarnation).AddPartitionsAsync(1).AsTask().WaitAsync(Server.Patience, TestContext.Current.CancellationToken);
        Assert.False(purge.IsCompleted);

        _gate.SetResult();
        await purge.WaitAsync(Server.Patience, TestContext.Current.CancellationToken);
        Assert.Equal(new PartitionStats(Refusal.None, 0, 0, 0, 1), await partition.GetStatsAsync());
    }

    [Fact]
    public async Task PurgeTopic_PartitionGoesMeanwhile_PurgesTheOthers()
    {
        await using var server = await StartAsync(typeof(IPartitionGrain), nameof(IPartitionGrain.PurgeAsync));
        var (_, entry) = await server.MakeTopicAsync("s", partitions: 2);
        var topic = server.Topic(entry.Incarnation);
        var partitions = (await topic.ListPartitionsAsync()).Select(partition => server.Partition(partition.Key)).ToArray();
        foreach (var partition in partitions)
            await partition.AppendAsync(Batch("a"));

        var purge = topic.PurgeAsync().AsTask();
        await _reached.Task.WaitAsync(Server.Patience, TestContext.Current.CancellationToken);
        await topic.RemovePartitionsAsync(1).AsTask().WaitAsync(Server.Patience, TestContext.Current.CancellationToken);
        _gate.SetResult();
        await purge.WaitAsync(Server.Patience, TestContext.Current.CancellationToken);
        Assert.Equal(0u, (await partitions[0].GetStatsAsync()).MessagesCount);
    }

    // Calls of one method wait at the gate.
    private Task<Server> StartAsync(Type contract, string method, string? folder = null) => Server.StartAsync(folder, silo =>
    {
        silo.Services.Configure<CatalogOptions>(options => options.RemovalWait = TimeSpan.FromMilliseconds(100));
        silo.AddIncomingGrainCallFilter(async call =>
        {
            if (call.InterfaceMethod.Name == method && call.InterfaceMethod.DeclaringType == contract)
            {
                _reached.TrySetResult();
                await _gate.Task;
            }

            await call.Invoke();
        });
    });
}
