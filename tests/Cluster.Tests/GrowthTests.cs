using System.Text;
using Iggy.Testing;
using static Iggy.Testing.RawClient;

namespace Iggy.Cluster.Tests;

/// <summary>From one server with data to several.</summary>
[Trait("kind", "process")]
public sealed class GrowthTests
{
    public GrowthTests() => Assert.SkipUnless(PostgreSqlServer.Missing is null, PostgreSqlServer.Missing ?? "");

    // Goal: what lay on one server comes to as many as the cluster wants, while everybody works, and then outlives the first one. Partitions of servers that stay away
    // get another server in their place.
    [Fact]
    public async Task Copies_OfWhatOneServerHad_GrowAsServersComeAndAreReplacedWhenTheyStayAway()
    {
        var store = await PostgreSqlServer.StartAsync();
        var database = await store.NewDatabaseAsync();
        var settings = new Dictionary<string, string> { ["Iggy__Cluster__ReplicationFactor"] = "3", ["Iggy__Cluster__ReplicaLostAfter"] = "00:00:05" };
        await using var cluster = await ClusterOfProcesses.StartAsync(count: 1, store: store, database: database, settings: settings);
        using (var client = await LogInAsync(cluster[0].Tcp))
            await SharedCluster.MakeTopicAsync(client, "s", 6);
        await using var load = new PartitionLoad(cluster, "s", 6, gateways: 1);
        load.Start();
        await load.ProgressAsync(50);
        await cluster.AddAsync();
        await cluster.AddAsync();
        await cluster.UntilVotersAsync(6, 3, static _ => true);
        load.Gateways = 3;
        await load.ProgressAsync(20);

        await cluster.AddAsync(); // it takes the place of the first one
        await cluster[0].KillAsync();
        await load.ProgressAsync(20);
        await cluster.UntilVotersAsync(6, 3, static voters => !voters.Contains(0));
        await load.ProgressAsync(20);

        await cluster.StartAgainAsync(0); // it drops what others keep now, and has room for it again when the next one goes
        await cluster.UntilEmptyAsync(0);
        await cluster[3].KillAsync();
        await cluster.UntilVotersAsync(6, 3, static voters => !voters.Contains(3));
        await load.ProgressAsync(20);
        await load.StopAsync();
        Assert.Empty(await load.JudgeAsync([0, 1, 2]));
    }

    // Goal: the first single server becomes the first of the cluster, with all that it holds.
    [Fact]
    public async Task Server_ThatWasAlone_BringsItsDataAlong()
    {
        var sqlite = new Dictionary<string, string> { ["Iggy__Metadata__Store"] = "Sqlite" };
        var store = await PostgreSqlServer.StartAsync();
        var database = await store.NewDatabaseAsync();
        string folder;
        await using (var alone = await ServerProcess.StartAsync(settings: sqlite))
        {
            folder = alone.DataPath;
            using var client = await LogInAsync(alone.Tcp);
            await SharedCluster.MakeTopicAsync(client, "old", 2);
            await client.DoAsync(101, Messages(Id("old"), Id("t"), ToPartition(1), (1, "kept"u8.ToArray(), [])));
            Assert.Equal(0, await alone.StopAsync());
        }
        var (copied, output) = await ServerProcess.RunToEndAsync(folder, sqlite, "metadata", "copy", "--to", database);
        Assert.True(copied == 0, output);

        await using var cluster = await ClusterOfProcesses.StartAsync(count: 2, folder, store, database);
        using var other = await LogInAsync(cluster[1].Tcp);
        Assert.Equal("kept", Encoding.UTF8.GetString(Assert.Single(ReadPoll(await other.DoAsync(100, Poll(1, Id("old"), Id("t"), 1, 1, 0, 10))).Messages).Payload));
        await other.DoAsync(302, NewTopic(Id("old"), "new", 3));
        var told = await other.DoAsync(300, Id("old"), Id("new"));
        using var first = await LogInAsync(cluster[0].Tcp);
        Assert.Equal(told, await first.DoAsync(300, Id("old"), Id("new")));
    }
}
