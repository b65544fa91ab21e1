using System.Net;
using Iggy.Testing;
using static Iggy.Testing.RawClient;

namespace Iggy.EndToEnd.Tests;

/// <summary>Files that other programs cut, delete or copy, seen from outside.</summary>
public sealed class LostFilesTests : IDisposable
{
    private const uint IoError = 13000, Damaged = 4027;
    private static readonly Dictionary<string, string> s_http = new() { ["IGGY_HTTP_ENABLED"] = "true", ["IGGY_HTTP_ADDRESS"] = "127.0.0.1:0" };

    private readonly string _data = Directory.CreateTempSubdirectory("iggy-lost-").FullName;

    public void Dispose() => Directory.Delete(_data, recursive: true);

    // As logrotate's copytruncate does it: the process used to end with SIGBUS.
    [Fact]
    public async Task LogFile_CutWhileTheServerRuns_FailsOnePartitionAndIsTold()
    {
        await using var server = await ServerProcess.StartAsync(_data, s_http);
        using var client = await LogInAsync(server.Tcp);
        await client.DoAsync(202, Name("s"));
        await client.DoAsync(302, NewTopic(Id("s"), "t", 2));
        await SendAsync(client, partition: 0, count: 4);
        await SendAsync(client, partition: 1, count: 4);
        for (var partition = 0u; partition < 2; partition++)
            Assert.InRange(new FileInfo(LogFile(partition)).Length, 4096, 80 << 10); // what a copy takes

        using (var file = File.OpenHandle(LogFile(0), FileMode.Open, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete))
            RandomAccess.SetLength(file, 0);
        Assert.NotEqual(0u, (await client.AskAsync(101, Batch(0))).Status);
        Assert.NotEqual(0u, (await client.AskAsync(100, Poll(1, Id("s"), Id("t"), 0, 1, 0, 10))).Status);
        Assert.Equal(4, ReadPoll(await client.DoAsync(100, Poll(1, Id("s"), Id("t"), 1, 1, 0, 10))).Messages.Count);
        await SendAsync(client, partition: 1, count: 1);
        await server.WaitForOutputAsync("another program cut it");
        Assert.Equal(0, await server.StopAsync());
    }

    // Goal: also a cut between the server's look at a file and its touch of the memory hurts one partition alone. Method: one partition's file is cut again and again
    // while a client appends to it and reads it; another client's partition must not notice.
    [Fact]
    public async Task LogFile_CutInALoopUnderLoad_HurtsNobodyElse()
    {
        await using var server = await ServerProcess.StartAsync(_data, s_http);
        using var client = await LogInAsync(server.Tcp);
        using var other = await LogInAsync(server.Tcp);
        await client.DoAsync(202, Name("s"));
        await client.DoAsync(302, NewTopic(Id("s"), "t", 2));
        await SendAsync(client, partition: 0, count: 1);
        var path = LogFile(0);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        var victim = Task.Run(async () =>
        {
            var refused = 0;
            while (!stop.IsCancellationRequested)
            {
                refused += (await client.AskAsync(101, Batch(0))).Status == 0 ? 0 : 1;
                refused += (await client.AskAsync(100, Poll(1, Id("s"), Id("t"), 0, 3, 0, 10))).Status == 0 ? 0 : 1;
            }
            return refused;
        }, TestContext.Current.CancellationToken);
        for (var cut = 0; cut < 150; cut++)
        {
            foreach (var file in Directory.GetFiles(Path.GetDirectoryName(path)!, "*.log"))
            {
                using var handle = File.OpenHandle(file, FileMode.Open, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete);
                RandomAccess.SetLength(handle, cut % 2 * 5000);
            }
            await SendAsync(other, partition: 1, count: 2);
        }
        await stop.CancelAsync();
        Assert.NotEqual(0, await victim);
        Assert.Equal(300, ReadPoll(await other.DoAsync(100, Poll(1, Id("s"), Id("t"), 1, 1, 0, 1000))).Messages.Count);
        Assert.Equal(0, await server.StopAsync());
    }

    [Fact]
    public async Task Start_FilesMissing_AnswersWithTheirLossAndHealthAndMetricsSaySo()
    {
        await using (var server = await ServerProcess.StartAsync(_data))
        {
            using var client = await LogInAsync(server.Tcp);
            await client.DoAsync(202, Name("s"));
            await client.DoAsync(302, NewTopic(Id("s"), "t", 2));
            await SendAsync(client, partition: 0, count: 4);
            await SendAsync(client, partition: 1, count: 4);
            Assert.Equal(0, await server.StopAsync());
        }
        File.Delete(LogFile(0));
        Directory.Delete(Path.GetDirectoryName(LogFile(1))!, recursive: true);

        await using (var server = await ServerProcess.StartAsync(_data, s_http))
        {
            using var client = await LogInAsync(server.Tcp);
            Assert.Equal(Damaged, (await client.AskAsync(100, Poll(1, Id("s"), Id("t"), 0, 1, 0, 10))).Status);
            await SendAsync(client, partition: 0, count: 1);
            var polled = ReadPoll(await client.DoAsync(100, Poll(1, Id("s"), Id("t"), 0, 1, 4, 10)));
            Assert.Equal(4UL, Assert.Single(polled.Messages).Offset);
            Assert.Equal(IoError, (await client.AskAsync(101, Batch(1))).Status);
            Assert.Equal(IoError, (await client.AskAsync(100, Poll(1, Id("s"), Id("t"), 1, 1, 0, 10))).Status);

            using var http = new HttpClient { BaseAddress = new Uri($"http://{server.Http}") };
            var cancellation = TestContext.Current.CancellationToken;
            using var health = await http.GetAsync(new Uri("/health/storage", UriKind.Relative), cancellation);
            Assert.Equal((HttpStatusCode.ServiceUnavailable, "partitions unwell: 2, messages lost: 4, stored offsets lost: 0"),
                (health.StatusCode, await health.Content.ReadAsStringAsync(cancellation)));
            var ready = await http.GetStringAsync(new Uri("/health/ready", UriKind.Relative), cancellation); // the others are served
            Assert.Contains("\"storage\":{\"status\":\"degraded\",\"detail\":\"Partitions unwell: 2, messages lost: 4, stored offsets lost: 0.\"}", ready, StringComparison.Ordinal);
            var metrics = await http.GetStringAsync(new Uri("/metrics", UriKind.Relative), cancellation);
            Assert.Matches(@"\niggy_storage_lost_partitions(\{[^}]*\})? 2( |\n)", metrics);
            Assert.Matches(@"\niggy_storage_lost_messages(\{[^}]*\})? 4( |\n)", metrics);
        }
    }

    private string LogFile(uint partition) => Directory.GetFiles(Path.Combine(_data, "partitions"), "*.log", SearchOption.AllDirectories)
        .Single(path => Path.GetFileName(Path.GetDirectoryName(path)) == $"{partition}");

    private static byte[] Batch(uint partition) => Messages(Id("s"), Id("t"), ToPartition(partition), (0, new byte[100], []));

    private static async Task SendAsync(RawClient client, uint partition, int count)
    {
        for (var i = 0; i < count; i++)
            await client.DoAsync(101, Batch(partition));
    }
}
