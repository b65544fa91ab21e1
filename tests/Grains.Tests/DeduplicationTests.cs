using System.Buffers.Binary;
using Iggy.Grains.Interfaces;
using Iggy.Grains.Interfaces.Partitions;
using Iggy.Grains.Options;
using Iggy.Grains.Tests.Setup;
using Microsoft.Extensions.DependencyInjection;
using static Iggy.Grains.Tests.Setup.Messages;

namespace Iggy.Grains.Tests;

/// <summary>Every partition looks for duplicates of its own, whenever it was made, and after every restart.</summary>
public sealed class DeduplicationTests : IDisposable
{
    private readonly string _folder = Server.NewFolder();

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Partition_MadeAtAnyTime_DropsWhatCameBeforeAndNothingOfAnother()
    {
        string[] keys;
        await using (var server = await StartAsync())
        {
            var (_, topic) = await server.MakeTopicAsync("s");
            await server.Topic(topic.Incarnation).AddPartitionsAsync(1);
            keys = [.. (await server.Topic(topic.Incarnation).ListPartitionsAsync()).Select(partition => partition.Key)];
            Assert.Equal(2, keys.Length);
            foreach (var key in keys)
            {
                var partition = server.Partition(key);
                Assert.Equal(new AppendResult(Refusal.None, 0), await partition.AppendAsync(With(1, 2)));
                Assert.Equal(new AppendResult(Refusal.None, 2), await partition.AppendAsync(With(1, 2))); // all came before
                Assert.Equal(new AppendResult(Refusal.None, 2), await partition.AppendAsync(With(2, 3)));
                Assert.Equal((3UL, 2UL), (await partition.GetStatsAsync() is var stats ? stats.MessagesCount : 0, stats.CurrentOffset));
            }
        }

        await using (var server = await StartAsync())
        {
            foreach (var key in keys)
            {
                await server.Partition(key).AppendAsync(With(3, 4));
                Assert.Equal([0, 1, 2, 3], Read(await server.Partition(key).PollAsync(Poll(PollFrom.First))).Select(message => (int)message.Offset));
            }

            await server.Partition(keys[0]).PurgeAsync();
            Assert.Equal(0UL, (await server.Partition(keys[0]).AppendAsync(With(4))).BaseOffset);
            Assert.Equal(1UL, (await server.Partition(keys[0]).GetStatsAsync()).MessagesCount);
            await server.DeactivateAsync(server.Partition(keys[1]));
            await server.Partition(keys[1]).AppendAsync(With(4)); // another activation, the same memory
            Assert.Equal(4UL, (await server.Partition(keys[1]).GetStatsAsync()).MessagesCount);
        }
    }

    [Fact]
    public async Task Server_AsShipped_KeepsEverything()
    {
        await using var server = await Server.StartAsync(_folder);
        var partition = await server.MakePartitionAsync("s");
        await partition.AppendAsync(With(1, 1));
        await partition.AppendAsync(With(1));
        Assert.Equal(3UL, (await partition.GetStatsAsync()).MessagesCount);
    }

    private Task<Server> StartAsync() => Server.StartAsync(_folder, silo => silo.Services.Configure<DeduplicationOptions>(options => options.Enabled = true));

    private static MessageBatch With(params ulong[] ids)
    {
        var batch = Batch([.. ids.Select(id => $"message {id}")]);
        var bytes = batch.Messages.ToArray();
        for (var (i, at) = (0, 0); i < ids.Length; i++)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(at + 8), ids[i]);
            at += 64 + (int)BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(at + 52));
        }
        return batch with { Messages = bytes };
    }
}
