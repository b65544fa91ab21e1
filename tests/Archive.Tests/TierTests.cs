using System.Collections.Concurrent;
using System.Net.Http.Json;
using System.Text.Json;
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
            Assert.Equal(all, await ComeAgainAsync(backed));
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
        var after = await ComeAgainAsync(backed); // what hung may take its time to be given up
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

    // Goal: one topic may ask for it where others do not, and a group reads what is cold as what is not. Method: an option over the wire, told over HTTP; a group that commits with each poll, from the
    // first message to the last.
    [Fact]
    public async Task Group_OfATopicThatAsksForIt_ReadsColdMessagesAndCommitsThem()
    {
        await using var backed = new Backed { Url = $"http://{ceph.Address}", More = new() { ["Iggy__Retention__Interval"] = "00:00:00.200", ["IGGY_HTTP_ENABLED"] = "true", ["IGGY_HTTP_ADDRESS"] = "127.0.0.1:0" } };
        await backed.StartAsync();
        await backed.MakeTopicAsync(new() { ["local_retention_bytes"] = "1" });
        await backed.SendAsync(batches: 150, payloadBytes: 2000);
        await backed.WaitForColdAsync();
        using (var http = new HttpClient { BaseAddress = new Uri($"http://{backed.Server.Http}") })
        {
            using var login = await http.PostAsJsonAsync("/users/login", new { username = "iggy", password = "iggy" }, Token);
            var token = (await login.Content.ReadFromJsonAsync<JsonElement>(Token)).GetProperty("access_token").GetProperty("token").GetString();
            http.DefaultRequestHeaders.Authorization = new("Bearer", token);
            var topic = await http.GetFromJsonAsync<JsonElement>("/streams/s/topics/t", Token);
            Assert.Equal("1", topic.GetProperty("options").GetProperty("local_retention_bytes").GetProperty("value").ToString());
        }

        await backed.Client.CreateConsumerGroupAsync(new("s"), new("t"), "g", Token);
        await backed.Client.JoinConsumerGroupAsync(new("s"), new("t"), new("g"), Token);
        var (seen, empty) = (new HashSet<(uint, ulong)>(), 0);
        while (empty < Backed.Partitions)
        {
            using var polled = await backed.Client.PollMessagesAsync(new Consumer(ConsumerKind.Group, new("g")), new("s"), new("t"), null, PollingStrategy.Next, 40, autoCommit: true, Token);
            empty = polled.Count == 0 ? empty + 1 : 0;
            foreach (var message in polled)
                Assert.True(seen.Add((polled.PartitionId, message.Offset)), $"{polled.PartitionId}: {message.Offset} came twice");
        }
        Assert.Equal(750, seen.Count);
        for (var partition = 0u; partition < Backed.Partitions; partition++)
            Assert.Equal(249UL, (await backed.Client.GetConsumerOffsetAsync(new Consumer(ConsumerKind.Group, new("g")), new("s"), new("t"), partition, Token))!.Value.StoredOffset);
    }

    // Goal: a server that lost its archive to another gives it nothing more, and reads on what it gave before. Method: a second one on the same prefix, more sealed segments, many looks of the retention.
    [Fact]
    public async Task Segments_OfAServerWhoseArchiveAnotherTookOver_StayOnTheDisk()
    {
        await using var first = new Backed { Url = $"http://{ceph.Address}", Prefix = $"two{Guid.NewGuid():N}", More = Tiered };
        await using var second = new Backed { Url = first.Url, Prefix = first.Prefix };
        await first.StartAsync();
        await first.MakeTopicAsync();
        await first.SendAsync(batches: 150, payloadBytes: 2000);
        await first.WaitForColdAsync();
        await second.StartAsync();
        await first.Server.WaitForOutputAsync("The backup has stopped. Another server has taken the archive over");
        await first.SendAsync(batches: 150, payloadBytes: 2000);
        var files = first.SegmentFiles();
        Assert.True(files.Length > Backed.Partitions, $"{files.Length} files");
        await Task.Delay(TimeSpan.FromSeconds(2), Token); // many looks of the retention
        Assert.Equal(files, first.SegmentFiles());
        Assert.Equal(1500, (await first.ReadAllAsync()).Sum(static partition => partition.Count));
    }

    private static Dictionary<string, string> Tiered => new()
    {
        ["Iggy__Archive__LocalRetentionBytes"] = "1",
        ["Iggy__Archive__ColdReadTimeout"] = "00:00:08",
        ["Iggy__Retention__Interval"] = "00:00:00.200",
    };

    private static bool IsRead(string line) => line.StartsWith("GET ", StringComparison.Ordinal) && line.Contains("/data/", StringComparison.Ordinal) && !line.Contains("list-type", StringComparison.Ordinal);

    // As a reader does that was told to.
    private static async Task<List<Kept>[]> ComeAgainAsync(Backed backed)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        while (true)
        {
            try
            {
                return await backed.ReadAllAsync();
            }
            catch (IggyException refused) when (refused.Error is IggyError.TaskTimeout && !limit.IsCancellationRequested)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(100), Token);
            }
        }
    }

    private static async Task<int> PollAsync(Backed backed, PollingStrategy strategy)
    {
        using var polled = await backed.Client.PollMessagesAsync(new Consumer(ConsumerKind.Single, new("other")), new("s"), new("t"), 0, strategy, 1);
        return polled.Count;
    }
}
