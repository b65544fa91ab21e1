using System.Collections.Concurrent;
using Iggy.Archive.Tests.Setup;
using Iggy.Client;
using Iggy.Protocol;

namespace Iggy.Archive.Tests;

/// <summary>The real server and a real store: messages that left the disk are read as before, or the reader is told to come again.</summary>
[Collection(CephCollection.Name)]
[Trait("kind", "process")]
public sealed class TierTests(CephServer ceph)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    // Goal: what left the disk is read, counted and restored as before, over a kill and a restart. Method: everything sealed goes; all messages and figures are compared before and after.
    [Fact]
    public async Task Messages_WhoseSegmentsLeftTheDisk_AreReadCountedAndRestoredAsBefore()
    {
        await using var backed = new Backed { Url = $"http://{ceph.Address}", More = Tiered };
        await backed.StartAsync();
        await backed.MakeTopicAsync();
        await backed.SendAsync(batches: 150, payloadBytes: 2000);
        await backed.StoreOffsetAsync(0, 3);
        await backed.WaitForColdAsync();
        var all = await backed.ReadAllAsync();
        Assert.Equal(750, all.Sum(static partition => partition.Count));
        var details = (await backed.Client.GetTopicAsync(new("s"), new("t"), Token))!;
        Assert.Equal((750UL, (750UL * (2000 + 64)) + (150 * 176)), (details.Topic.MessagesCount, details.Topic.SizeBytes));

        await backed.KillAsync();
        await backed.StartAsync();
        Assert.Equal(all, await backed.ReadAllAsync());
        await backed.SendAsync(batches: 60, payloadBytes: 2000);
        await backed.WaitForColdAsync();
        all = await backed.ReadAllAsync();
        await backed.SettleAsync();
        await backed.StopAsync();
        await backed.StartAsync();
        Assert.Equal(all, await backed.ReadAllAsync());
        await backed.StopAsync();

        var (messages, offsets) = await backed.RestoreAsync(Backed.Now());
        Assert.Equal(all, messages);
        Assert.Equal(3UL, offsets[0]);
    }

    // Goal: a bad line costs readers of cold messages time and nothing else. Method: each fault in turn on the first read of each segment; then all of them, and the server must say so and let sends and hot reads go on.
    [Fact]
    public async Task Reads_OverABadLine_AreRightOrToldToComeAgain()
    {
        await using var proxy = new FaultProxy(ceph.Address);
        await using var backed = new Backed { Url = proxy.Url, More = Tiered };
        await backed.StartAsync();
        await backed.MakeTopicAsync();
        await backed.SendAsync(batches: 150, payloadBytes: 2000);
        var all = await backed.ReadAllAsync();
        await backed.WaitForColdAsync();
        foreach (var fault in (Fault[])[Fault.SlowDown, Fault.Cut, Fault.Spoil])
        {
            await backed.KillAsync(); // its cache is empty again
            await backed.StartAsync();
            var met = new ConcurrentDictionary<string, bool>(StringComparer.Ordinal);
            proxy.Use(line => IsRead(line) && met.TryAdd(line, true) ? fault : Fault.None);
            Assert.Equal(all, await backed.ReadAllAsync());
            Assert.True(met.Count > 1, $"{met.Count} segments");
        }

        await backed.KillAsync();
        await backed.StartAsync();
        foreach (var fault in (Fault[])[Fault.Spoil, Fault.Hang])
        {
            proxy.Use(line => IsRead(line) ? fault : Fault.None);
            var refused = await Assert.ThrowsAsync<IggyException>(() => PollAsync(backed, PollingStrategy.First));
            Assert.Equal(IggyError.TaskTimeout, refused.Error);
            await backed.SendAsync(batches: 3);
            Assert.Equal(1, await PollAsync(backed, PollingStrategy.Last));
        }
        Assert.Contains("readers are told to come again", backed.Server.Output, StringComparison.Ordinal);
        proxy.Use(static _ => Fault.None);
        var after = await backed.ReadAllAsync();
        for (var partition = 0; partition < Backed.Partitions; partition++)
            Assert.Equal(all[partition], after[partition][..all[partition].Count]);
    }

    // Goal: nothing leaves the disk that is not named by a point in the store. Method: the store takes segments and no manifest.
    [Fact]
    public async Task Segments_WithoutAManifestThatNamesThem_StayOnTheDisk()
    {
        await using var proxy = new FaultProxy(ceph.Address);
        await using var backed = new Backed { Url = proxy.Url, More = Tiered };
        await backed.StartAsync();
        await backed.MakeTopicAsync();
        var met = proxy.HoldAsync("PUT", "/manifests/", Fault.Hang);
        await backed.SendAsync(batches: 150, payloadBytes: 2000);
        await met.WaitAsync(TimeSpan.FromSeconds(60), Token);
        var before = backed.SegmentFiles();
        await Task.Delay(TimeSpan.FromSeconds(2), Token); // many looks of the retention
        Assert.Equal(before, backed.SegmentFiles());
        proxy.Use(static _ => Fault.None);
        await backed.WaitForColdAsync();
    }

    private static Dictionary<string, string> Tiered => new()
    {
        ["Iggy__Archive__LocalRetentionBytes"] = "1",
        ["Iggy__Archive__ColdReadTimeout"] = "00:00:08",
        ["Iggy__Retention__Interval"] = "00:00:00.200",
    };

    private static bool IsRead(string line) => line.StartsWith("GET ", StringComparison.Ordinal) && line.Contains("/data/", StringComparison.Ordinal) && !line.Contains("list-type", StringComparison.Ordinal);

    private static async Task<int> PollAsync(Backed backed, PollingStrategy strategy)
    {
        using var polled = await backed.Client.PollMessagesAsync(new Consumer(ConsumerKind.Single, new("other")), new("s"), new("t"), 0, strategy, 1);
        return polled.Count;
    }
}
