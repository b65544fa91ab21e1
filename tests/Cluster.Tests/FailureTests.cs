using System.Globalization;
using System.Text;
using Iggy.Testing;
using static Iggy.Testing.RawClient;

namespace Iggy.Cluster.Tests;

/// <summary>What goes on without one server, and without the database. Each partition lies on one server: what a dead one keeps waits for it.</summary>
[Trait("kind", "process")]
public sealed class FailureTests
{
    private const uint TaskTimeout = 12001; // try again

    public FailureTests() => Assert.SkipUnless(PostgreSqlServer.Missing is null, PostgreSqlServer.Missing ?? "");

    [Fact]
    public async Task Kill_OfOneServer_HoldsUpItsOwnPartitionsOnly()
    {
        await using var cluster = await ClusterOfProcesses.StartAsync();
        using var client = await LogInAsync(cluster[0].Tcp);
        await SharedCluster.MakeTopicAsync(client, "s", 6);
        for (uint partition = 0; partition < 6; partition++)
            await SendAsync(client, partition, "before");
        var lost = Enumerable.Range(0, 6).Where(partition => cluster.HolderOf((uint)partition) == 2).ToArray();
        Assert.Equal(2, lost.Length); // dealt evenly

        await cluster[2].KillAsync();
        for (uint partition = 0; partition < 6; partition++)
        {
            var isLost = lost.Contains((int)partition);
            var status = await SettledAsync(client, partition, isLost ? TaskTimeout : 0);
            Assert.Equal(isLost ? TaskTimeout : 0, status);
        }
        // Another gateway says the same, and metadata goes on: new partitions come to those that run.
        using var other = await LogInAsync(cluster[1].Tcp);
        Assert.Equal(TaskTimeout, (await other.AskAsync(100, Poll(1, Id("s"), Id("t"), (uint)lost[0], 1, 0, 10))).Status);
        await SettledAsync(() => client.AskAsync(302, NewTopic(Id("s"), "later", 4)), 0);

        await cluster.StartAgainAsync(2);
        foreach (uint partition in lost)
        {
            await SettledAsync(() => client.AskAsync(100, Poll(1, Id("s"), Id("t"), partition, 1, 0, 10)), 0);
            Assert.Equal("before", Encoding.UTF8.GetString(ReadPoll(await client.DoAsync(100, Poll(1, Id("s"), Id("t"), partition, 1, 0, 10))).Messages[0].Payload));
        }
    }

    [Fact]
    public async Task PostgreSql_Away_LeavesSendsAndPollsToGoOn()
    {
        await using var cluster = await ClusterOfProcesses.StartAsync();
        using var clients = new Clients([await LogInAsync(cluster[0].Tcp), await LogInAsync(cluster[1].Tcp), await LogInAsync(cluster[2].Tcp)]);
        await SharedCluster.MakeTopicAsync(clients[0], "s", 6);
        for (uint partition = 0; partition < 6; partition++)
        {
            foreach (var client in clients.All)
                await SendAsync(client, partition, "before");
        }

        await cluster.Store.StopAsync();
        for (var round = 0; round < 20; round++)
        {
            for (uint partition = 0; partition < 6; partition++)
            {
                foreach (var client in clients.All)
                    await SendAsync(client, partition, round.ToString(CultureInfo.InvariantCulture));
            }
        }
        Assert.Equal(TaskTimeout, (await clients[0].AskAsync(202, Name("no"))).Status);
        Assert.Equal(63, ReadPoll(await clients[1].DoAsync(100, Poll(1, Id("s"), Id("t"), 5, 1, 0, 100))).Messages.Count);

        await cluster.Store.ResumeAsync();
        await SettledAsync(() => clients[2].AskAsync(202, Name("yes")), 0);
        foreach (var client in clients.All)
            await SendAsync(client, 0, "after");
    }

    private static Task<byte[]> SendAsync(RawClient client, uint partition, string text) =>
        client.DoAsync(101, Messages(Id("s"), Id("t"), ToPartition(partition), (1, Encoding.UTF8.GetBytes(text), [])));

    // Until the others have noticed, a call may end as any that gets no answer: a client tries again, and so does this.
    private static async Task<uint> SettledAsync(RawClient client, uint partition, uint wanted) =>
        await SettledAsync(() => client.AskAsync(101, Messages(Id("s"), Id("t"), ToPartition(partition), (1, [1], []))), wanted);

    private static async Task<uint> SettledAsync(Func<Task<(uint Status, byte[] Payload)>> ask, uint wanted)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (true)
        {
            var (status, _) = await ask();
            if (status == wanted || patience.IsCancellationRequested)
                return status;
            Assert.Equal(TaskTimeout, status);
            await Task.Delay(100, TestContext.Current.CancellationToken);
        }
    }
}
