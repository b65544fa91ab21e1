using System.Text;
using Iggy.Testing;

namespace Iggy.Bench.Throughput;

/// <summary>What compression and encryption on disk cost: servers that have them beside one that has not, in turn, with the same requests.</summary>
internal static class AtRest
{
    private const int Batches = 200; // 216 MB plain, well inside one segment
    private const int TextBytes = 1000;

    public static async Task RunAsync(int rounds, TimeSpan duration)
    {
        var batch = RawClient.Frame(101, RawClient.Messages(RawClient.Id(0), RawClient.Id(0), RawClient.ToPartition(0),
            [.. Enumerable.Range(0, 1000).Select(i => (0UL, Text(i), Array.Empty<byte>()))]));
        var key = Convert.ToBase64String(Enumerable.Range(0, 32).Select(i => (byte)i).ToArray());
        (string Name, Dictionary<string, string> Settings)[] kinds =
        [
            ("lz4", new() { ["Iggy__Storage__CompressAll"] = "true", ["Iggy__Storage__Compression"] = "Lz4" }),
            ("zstd", new() { ["Iggy__Storage__CompressAll"] = "true", ["Iggy__Storage__Compression"] = "Zstd" }),
            ("encrypted", new() { ["Iggy__Encryption__Enabled"] = "true", ["Iggy__Encryption__Key"] = key }),
            ("lz4, encrypted", new() { ["Iggy__Storage__CompressAll"] = "true", ["Iggy__Encryption__Enabled"] = "true", ["Iggy__Encryption__Key"] = key }),
        ];
        await using var plain = await TestServer.StartAsync([]);
        foreach (var (name, settings) in kinds)
        {
            await using var server = await TestServer.StartAsync(settings);
            foreach (var warm in new[] { plain, server })
                _ = (warm.Sends(batch), warm.Sends(batch), Requests.PollAround(warm.Client, duration, Batches));
            Report.Ratio($"send, {name}", "MB/s", batch.Length / 1e6, rounds, () => plain.Sends(batch), () => server.Sends(batch), "plain");
            Report.Ratio($"poll, {name}", "MB/s", batch.Length / 1e6, rounds,
                () => Requests.PollAround(plain.Client, duration, Batches), () => Requests.PollAround(server.Client, duration, Batches), "plain");
            Console.WriteLine($"size on disk, {name,-22} {100.0 * await server.BytesAfterStopAsync() / (Batches * (double)batch.Length),5:0} % of the messages");
        }
    }

    // Log lines, about as alike as those of a service are.
    private static byte[] Text(int number)
    {
        var random = new Random(number);
        var text = new StringBuilder();
        while (text.Length < TextBytes)
            text.Append($"2026-01-02T03:04:{random.Next(60):00}.{random.Next(1000):000}Z info request {random.Next():x8} of user {random.Next(5000)} took {random.Next(900)} ms; ");
        return Encoding.ASCII.GetBytes(text.ToString(0, TextBytes));
    }

    private sealed class TestServer(ServerProcess process) : IAsyncDisposable
    {
        private static readonly byte[] s_purge = RawClient.Frame(305, RawClient.Id(0), RawClient.Id(0));

        public LoadClient Client { get; } = new(process.Tcp);

        public static async Task<TestServer> StartAsync(Dictionary<string, string> settings)
        {
            var server = new TestServer(await ServerProcess.StartAsync(settings: settings));
            server.Client.Ask(RawClient.Frame(38, RawClient.Login(ServerProcess.Username, ServerProcess.Password)));
            server.Client.Ask(RawClient.Frame(202, RawClient.Name("bench")));
            server.Client.Ask(RawClient.Frame(302, RawClient.NewTopic(RawClient.Id(0), "bench", 1)));
            return server;
        }

        public double Sends(byte[] batch)
        {
            Client.Ask(s_purge);
            return Client.RateOf(batch, Batches);
        }

        public async Task<long> BytesAfterStopAsync()
        {
            await process.StopAsync(); // cuts the files to their records
            return Directory.GetFiles(process.DataPath, "*.log", SearchOption.AllDirectories).Sum(path => new FileInfo(path).Length);
        }

        public async ValueTask DisposeAsync()
        {
            Client.Dispose();
            await process.DisposeAsync();
            Directory.Delete(process.DataPath, recursive: true);
        }
    }
}
