using System.Diagnostics;
using System.Diagnostics.Metrics;
using Iggy.Grains.Hosting;
using Iggy.Grains.Interfaces;
using Iggy.Grains.Interfaces.Hosting;
using Iggy.Grains.Interfaces.Partitions;
using Iggy.Grains.Interfaces.Topics;
using Iggy.Grains.Partitions;
using Iggy.Grains.Tests.Setup;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using static Iggy.Grains.Tests.Setup.Messages;

namespace Iggy.Grains.Tests;

/// <summary>Logs are open while they are used and there is room for them; nothing else opens them. Segments here hold 5 KiB.</summary>
public sealed class OpenLogsTests : IDisposable
{
    private readonly string _folder = Server.NewFolder();

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Figures_OfPartitionsNobodyUses_OpenNothing()
    {
        await using var server = await Server.StartAsync(_folder);
        var topic = server.Topic((await server.MakeTopicAsync("s", partitions: 100)).Topic.Incarnation);

        var stats = await topic.GetStatsAsync();
        Assert.All(stats, partition => Assert.Equal(new PartitionStats(Refusal.None, 0, 0, 0, 1), partition.Stats));
        Assert.Equal(new TopicTotals(100, 0, 0, 100, 0, 0, 0, 0), await topic.GetTotalsAsync());
        Assert.Equal(stats[3].Stats, await server.Partition(stats[3].Entry.Key).GetStatsAsync());
        await topic.PurgeAsync();
        await topic.DeleteGroupAsync((await topic.CreateGroupAsync("g")).Incarnation);
        Assert.Equal(0, Open(server).Count);
        Assert.Equal(0, Opened(server));
    }

    // Goal: whoever watches a partition cannot miss a change that a poll would see, nor the end of the log that it watches.
    [Fact]
    public async Task Watch_EachChange_IsSeen()
    {
        await using var server = await Server.StartAsync(_folder);
        var partition = server.Partition((await server.Topic((await server.MakeTopicAsync("s", partitions: 1)).Topic.Incarnation).ListPartitionsAsync())[0].Key);
        Assert.Null(Open(server).Watch(partition));
        await partition.AppendAsync(Batch("a", "b"));
        var watch = Open(server).Watch(partition)!;
        var seen = watch.Changes;
        await partition.PollAsync(new PollRequest(Consumer, PollFrom.First, 0, 10, false, MessageLayout.Classic, 0, 0, 1000));
        await partition.GetStatsAsync();
        Assert.Equal(seen, watch.Changes);

        await ChangesAsync(async () => await partition.AppendAsync(Batch("c")));
        await ChangesAsync(async () => await partition.StoreOffsetAsync(Consumer, 1));
        await ChangesAsync(async () => (await partition.PollAsync(new PollRequest(Consumer, PollFrom.Next, 0, 10, true, MessageLayout.Classic, 0, 0, 1000))).Messages?.Dispose());
        await ChangesAsync(async () => await partition.DeleteOffsetAsync(Consumer));
        var claim = new GroupClaim(1, Guid.NewGuid(), 1);
        await ChangesAsync(async () => await partition.AssignGroupAsync(claim));
        await ChangesAsync(async () => await partition.RevokeGroupAsync(claim));
        await ChangesAsync(async () => await partition.ForgetGroupAsync(1));
        await ChangesAsync(async () => await partition.PurgeAsync());
        Assert.Same(watch, Open(server).Watch(partition));
        await ChangesAsync(async () => await partition.CloseLogAsync());
        Assert.Null(Open(server).Watch(partition));
        await partition.AppendAsync(Batch("d"));
        Assert.NotSame(watch, Open(server).Watch(partition));

        async Task ChangesAsync(Func<Task> change)
        {
            seen = watch.Changes;
            await change();
            Assert.NotEqual(seen, watch.Changes);
        }
    }

    [Fact]
    public async Task Figures_AfterCloseAndRestart_AreExactAndOpenNothing()
    {
        PartitionDetails[] before;
        await using (var server = await Server.StartAsync(_folder))
        {
            var topic = server.Topic((await server.MakeTopicAsync("s", partitions: 3)).Topic.Incarnation);
            var partition = server.Partition((await topic.ListPartitionsAsync())[1].Key);
            for (var i = 0; i < 15; i++)
                await partition.AppendAsync(Batch(new string('x', 936)));
            await partition.StoreOffsetAsync(Consumer, 8);
            before = [.. await topic.GetStatsAsync()];
            Assert.Equal(new PartitionStats(Refusal.None, 14, 15, 15_000, 3, 6, 15), before[1].Stats);
            Assert.Equal(1, Open(server).Count);

            await partition.CloseLogAsync();
            Assert.Equal(0, Open(server).Count);
            Assert.Equal(before, await topic.GetStatsAsync());
            Assert.Equal(new TopicTotals(3, 15_000, 15, 5, 6, 6, 15, 0), await topic.GetTotalsAsync());
            Assert.Equal(0, Open(server).Count);

            await partition.AppendAsync(Batch("y"));
            Assert.Equal(16ul, (await topic.GetTotalsAsync()).MessagesCount); // and not what was read while it was closed
            await partition.CloseLogAsync();
            before = [.. await topic.GetStatsAsync()];
            Assert.Equal(16ul, before[1].Stats.MessagesCount);
        }

        await using (var server = await Server.StartAsync(_folder))
        {
            await server.Services.GetRequiredService<StartupCheck>().Walk;
            var topic = server.Topic((await server.Stream((await server.Streams.ListAsync())[0].Incarnation).ListAsync())[0].Incarnation);
            Assert.Equal(before, await topic.GetStatsAsync());
            Assert.Equal(0u, (await topic.GetTotalsAsync()).UnknownCount);
            Assert.Equal(0, Opened(server));
        }
    }

    [Fact]
    public async Task Totals_AfterAKill_NameTheUnknownUntilTheServerHasLooked()
    {
        var killed = Server.NewFolder();
        try
        {
            await using (var server = await Server.StartAsync(_folder))
            {
                var topic = server.Topic((await server.MakeTopicAsync("s", partitions: 3)).Topic.Incarnation);
                await server.Partition((await topic.ListPartitionsAsync())[1].Key).AppendAsync(Batch("a", "b"));
                await CopyAsync(_folder, killed); // as a kill would leave it
            }

            await using (var server = await Server.StartAsync(killed))
            {
                var topic = server.Topic((await server.Stream((await server.Streams.ListAsync())[0].Incarnation).ListAsync())[0].Incarnation);
                var totals = await topic.GetTotalsAsync();
                Assert.True(totals is { UnknownCount: 1, MessagesCount: 0 } or { UnknownCount: 0, MessagesCount: 2 }, $"{totals}");
                await server.Services.GetRequiredService<StartupCheck>().Walk;
                Assert.Equal(new TopicTotals(3, 130, 2, 3, 0, 0, 1, 0), await topic.GetTotalsAsync());
                Assert.Equal(0, Open(server).Count);
                Assert.Equal(1, Opened(server));
            }
        }
        finally
        {
            Directory.Delete(killed, recursive: true);
        }
    }

    [Fact]
    public async Task Append_MorePartitionsThanSeats_ClosesTheOneUnusedForLongestAndLosesNothing()
    {
        await using var server = await StartAsync(seats: 3);
        Assert.Equal(3, Open(server).Limit);
        var topic = server.Topic((await server.MakeTopicAsync("s", partitions: 10)).Topic.Incarnation);
        var keys = (await topic.ListPartitionsAsync()).Select(static entry => entry.Key).ToArray();
        for (var round = 0; round < 3; round++)
        {
            for (var i = 0; i < keys.Length; i++)
            {
                Assert.Equal((ulong)round, (await server.Partition(keys[i]).AppendAsync(Batch($"{i}/{round}"))).BaseOffset);
                Assert.InRange(Open(server).Count, 1, 3);
            }
        }

        Assert.Equal(keys[7..], keys.Where(Open(server).IsOpen));
        await server.Partition(keys[7]).PollAsync(Poll(PollFrom.Last, count: 1)); // now 8 is the one unused for longest
        await server.Partition(keys[0]).StoreOffsetAsync(Consumer, 1);
        Assert.Equal([keys[0], keys[7], keys[9]], keys.Where(Open(server).IsOpen));
        for (var i = 0; i < keys.Length; i++)
            Assert.Equal([(0, $"{i}/0"), (1, $"{i}/1"), (2, $"{i}/2")], Read(await server.Partition(keys[i]).PollAsync(Poll(PollFrom.First))));
        Assert.Equal(1ul, (await server.Partition(keys[0]).GetOffsetAsync(Consumer)).StoredOffset);
        Assert.InRange(Budget(server).InUse, 8, 24);
    }

    [Fact]
    public async Task Append_ManyAtOnceOverFewSeats_AllAreWrittenOnce()
    {
        await using var server = await StartAsync(seats: 2);
        var topic = server.Topic((await server.MakeTopicAsync("s", partitions: 8)).Topic.Incarnation);
        var keys = (await topic.ListPartitionsAsync()).Select(static entry => entry.Key).ToArray();
        var answers = await Task.WhenAll(Enumerable.Range(0, 160).Select(i => server.Partition(keys[i % 8]).AppendAsync(Batch($"{i}")).AsTask()));

        Assert.All(answers, static answer => Assert.Equal(Refusal.None, answer.Refusal));
        for (var i = 0; i < keys.Length; i++)
        {
            var read = Read(await server.Partition(keys[i]).PollAsync(Poll(PollFrom.First)));
            Assert.Equal(Enumerable.Range(0, 20).Select(static offset => (ulong)offset), read.Select(static message => message.Offset));
            Assert.Equal(Enumerable.Range(0, 20).Select(n => $"{(n * 8) + i}").Order(), read.Select(static message => message.Payload).Order());
        }
    }

    [Fact]
    public async Task WaitForMessage_LogClosedMeanwhile_HearsOfTheNextMessage()
    {
        await using var server = await Server.StartAsync(_folder);
        var partition = await server.MakePartitionAsync("s");
        await partition.AppendAsync(Batch("a"));
        var waiting = partition.WaitForMessageAsync(1, Server.Patience).AsTask();
        await partition.GetOffsetAsync(Consumer); // the wait has begun
        await partition.CloseLogAsync();
        Assert.Equal(0, Open(server).Count);
        Assert.False(waiting.IsCompleted);
        await partition.AppendAsync(Batch("b"));
        Assert.Equal(new MessageWait(Refusal.None, 2), await waiting);

        var brief = partition.WaitForMessageAsync(2, TimeSpan.FromMilliseconds(200)).AsTask();
        await partition.GetOffsetAsync(Consumer);
        await partition.CloseLogAsync();
        Assert.Equal(new MessageWait(Refusal.None, 2), await brief);
    }

    [Fact]
    public async Task CloseLog_WhileAGroupReads_KeepsItsTermAndItsOffset()
    {
        await using var server = await Server.StartAsync(_folder);
        var partition = await server.MakePartitionAsync("s");
        await partition.AppendAsync(Batch("a", "b", "c"));
        var claim = new GroupClaim(1, Guid.NewGuid(), 5);
        await partition.AssignGroupAsync(claim);
        var request = Poll(PollFrom.Next, count: 1) with { Consumer = new ConsumerKey(ConsumerKind.Group, 1) };
        Assert.Equal([(0, "a")], Read((await partition.PollGroupAsync(request, claim)).Poll));
        await partition.CloseLogAsync();
        Assert.Equal(new GroupHold(5, IsReleased: false), await partition.RevokeGroupAsync(claim)); // delivered, not committed
        await partition.CloseLogAsync();
        Assert.Equal(new GroupStoreResult(Refusal.None, IsReleased: true), await partition.StoreGroupOffsetAsync(claim, 0));
    }

    [Fact]
    public async Task CloseIdle_AfterTenMinutesWithoutUse_ClosesAlsoWhatIsAskedForFigures()
    {
        var clock = new ShiftedTimestamps();
        await using var server = await Server.StartAsync(_folder, silo => silo.Services.AddSingleton<TimeProvider>(clock));
        var topic = server.Topic((await server.MakeTopicAsync("s", partitions: 2)).Topic.Incarnation);
        var keys = (await topic.ListPartitionsAsync()).Select(static entry => entry.Key).ToArray();
        foreach (var key in keys)
            await server.Partition(key).AppendAsync(Batch("a"));
        clock.Shift = TimeSpan.FromMinutes(9);
        await server.Partition(keys[1]).AppendAsync(Batch("b"));
        await Open(server).CloseIdleAsync();
        Assert.Equal(2, Open(server).Count);

        clock.Shift = TimeSpan.FromMinutes(11);
        Assert.Equal(3ul, (await topic.GetTotalsAsync()).MessagesCount); // a look is no use
        await Open(server).CloseIdleAsync();
        Assert.Equal([keys[1]], keys.Where(Open(server).IsOpen));
        Assert.Equal(3ul, (await topic.GetTotalsAsync()).MessagesCount);
    }

    [Fact]
    public async Task Retention_OfClosedPartitions_OpensOnlyWhatHasExpired()
    {
        await using var server = await Server.StartAsync(_folder);
        var (_, topic) = await server.MakeTopicAsync("s", partitions: 3);
        var entries = await server.Topic(topic.Incarnation).ListPartitionsAsync();
        var partition = server.Partition(entries[0].Key);
        for (var i = 0; i < 15; i++)
            await partition.AppendAsync(Batch(new string('x', 936)));
        await partition.CloseLogAsync();
        var before = Opened(server);

        var retention = server.Services.GetRequiredService<Topics.TopicRetention>();
        await retention.RunAsync(topic.Incarnation, new TopicSettings(3_600_000_000, TopicSettings.Unlimited, 1, 1), entries);
        await retention.RunAsync(topic.Incarnation, new TopicSettings(TopicSettings.Never, 20_000, 1, 1), entries);
        Assert.Equal(before, Opened(server));
        Assert.Equal(0, Open(server).Count);

        await retention.RunAsync(topic.Incarnation, new TopicSettings(1, TopicSettings.Unlimited, 1, 1), entries);
        Assert.Equal(before + 1, Opened(server));
        Assert.Equal(1ul, (await partition.GetStatsAsync()).MessagesCount);
    }

    [Fact]
    public async Task Enter_AllSeatsBusy_IsRefusedAfterTwentySecondsAndServedWhenOneIsLeft()
    {
        var clock = new FakeTimeProvider();
        using var services = new ServiceCollection().AddMetrics().BuildServiceProvider();
        var budget = new DescriptorBudget(2 * 2 * PartitionLogs.FilesPerLog);
        using var open = new OpenLogs(budget, new ProcessLimits(1000, 1000), new ClosedLogs(null!), null!, clock,
            services.GetRequiredService<IMeterFactory>(), NullLogger<OpenLogs>.Instance);
        var first = await open.EnterAsync("a");
        await open.EnterAsync("b"); // neither is open yet, so none may be asked to close
        Assert.Equal(2 * PartitionLogs.FilesPerLog, budget.InUse);

        var refused = open.EnterAsync("c");
        clock.Advance(TimeSpan.FromSeconds(19));
        Assert.False(refused.IsCompleted);
        clock.Advance(TimeSpan.FromSeconds(1));
        await Assert.ThrowsAsync<IOException>(() => refused.WaitAsync(Server.Patience, TestContext.Current.CancellationToken));

        var served = open.EnterAsync("d");
        Assert.False(served.IsCompleted);
        open.Leave(first);
        Assert.Equal("d", (await served.WaitAsync(Server.Patience, TestContext.Current.CancellationToken)).Key);
        Assert.Equal(2 * PartitionLogs.FilesPerLog, budget.InUse);
    }

    [Theory]
    [InlineData(18_750, 65_530, 1171)]
    [InlineData(983_040, 65_530, 16_382)]
    [InlineData(10, 4, 1)]
    public void Limit_FromDescriptorsAndMappings_IsTheSmallerOne(long descriptors, long mappings, int expected)
    {
        using var services = new ServiceCollection().AddMetrics().BuildServiceProvider();
        using var open = new OpenLogs(new DescriptorBudget(descriptors), new ProcessLimits(descriptors, mappings), new ClosedLogs(null!), null!, TimeProvider.System,
            services.GetRequiredService<IMeterFactory>(), NullLogger<OpenLogs>.Instance);
        Assert.Equal(expected, open.Limit);
    }

    private Task<Server> StartAsync(int seats) => Server.StartAsync(_folder, silo =>
        silo.Services.AddSingleton(new DescriptorBudget(2 * seats * PartitionLogs.FilesPerLog)));

    private static OpenLogs Open(Server server) => server.Services.GetRequiredService<OpenLogs>();

    private static DescriptorBudget Budget(Server server) => server.Services.GetRequiredService<DescriptorBudget>();

    private static long Opened(Server server) => Open(server).OpenedCount;

    // By another program, for .NET's own copying respects the locks of the running server.
    private static async Task CopyAsync(string from, string to)
    {
        using var copy = Process.Start("cp", ["-a", Path.Combine(from, "."), to]);
        await copy.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.Equal(0, copy.ExitCode);
    }

    private sealed class ShiftedTimestamps : TimeProvider
    {
        public TimeSpan Shift { get; set; }

        public override long GetTimestamp() => System.GetTimestamp() + (long)(Shift.TotalSeconds * TimestampFrequency);
    }
}
