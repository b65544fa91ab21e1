using System.Diagnostics;
using System.Globalization;
using Amazon.S3;
using Iggy.Archive;
using Iggy.Archive.Layout;
using Iggy.Archive.Stores;
using Iggy.Client;
using Iggy.Protocol;
using Iggy.Testing;

namespace Iggy.Bench.Throughput;

/// <summary>Messages that are in a bucket alone beside a plain download of the same objects, and reads of what is on the disk beside such a scan. Needs a store that speaks S3.</summary>
internal static class ColdBesideDownload
{
    private const string Prefix = "bench", Bucket = "iggy-bench";
    private const int PayloadBytes = 1000, BatchMessages = 1000;
    private static readonly Consumer _consumer = new(ConsumerKind.Single, new("bench"));

    /// <param name="url">Of the store; its credentials are in the environment, as for every program of the AWS SDK.</param>
    /// <param name="megabytes">How much is read.</param>
    public static async Task RunAsync(string url, int megabytes)
    {
        var options = new ArchiveOptions { Bucket = Bucket, Prefix = $"{Prefix}{Guid.NewGuid():N}", ServiceUrl = url, PathStyle = true };
        using (var client = new AmazonS3Client(new AmazonS3Config { ServiceURL = url, ForcePathStyle = true, AuthenticationRegion = "us-east-1" }))
            await client.PutBucketAsync(Bucket);
        var settings = new Dictionary<string, string>
        {
            ["Iggy__Archive__Bucket"] = Bucket,
            ["Iggy__Archive__Prefix"] = options.Prefix,
            ["Iggy__Archive__ServiceUrl"] = url,
            ["Iggy__Archive__PathStyle"] = "true",
            ["Iggy__Archive__MaxLag"] = "00:00:02",
            ["Iggy__Archive__LocalRetentionBytes"] = "1",
            ["Iggy__Archive__ColdCacheBytes"] = (128L << 20).ToString(CultureInfo.InvariantCulture),
            ["Iggy__Retention__Interval"] = "00:00:00.500",
            ["Iggy__Storage__SegmentBytes"] = (64L << 20).ToString(CultureInfo.InvariantCulture),
        };
        await using var server = await ServerProcess.StartAsync(settings: settings);
        try
        {
            await using var client = await IggyClient.ConnectAsync($"iggy://iggy:iggy@{server.Tcp}");
            await FillAsync(client, server.DataPath, megabytes);
            await CompareAsync(client, options, server);
            await HotBesideAsync(client, server);
        }
        finally
        {
            await server.DisposeAsync();
            Directory.Delete(server.DataPath, recursive: true);
        }
    }

    private static async Task FillAsync(IggyClient client, string dataPath, int megabytes)
    {
        await client.CreateStreamAsync("s");
        await client.CreateTopicAsync(new("s"), "t", 2);
        var random = new Random(19);
        var messages = new Message[BatchMessages];
        for (var batch = 0; batch < megabytes; batch++)
        {
            for (var i = 0; i < messages.Length; i++)
            {
                var payload = new byte[PayloadBytes];
                random.NextBytes(payload);
                messages[i] = new Message(payload);
            }
            await client.SendMessagesAsync(new("s"), new("t"), Partitioning.ToPartition(0), messages);
            if (batch < 32) // what stays on the disk
                await client.SendMessagesAsync(new("s"), new("t"), Partitioning.ToPartition(1), messages);
        }
        while (Directory.EnumerateFiles(dataPath, "*.log", SearchOption.AllDirectories).Count() > 2)
            await Task.Delay(TimeSpan.FromMilliseconds(500));
    }

    private static async Task CompareAsync(IggyClient client, ArchiveOptions options, ServerProcess server)
    {
        using var store = new S3Store(options, TimeProvider.System);
        var objects = new List<StoredObject>();
        await foreach (var one in store.ListAsync(new ArchiveKeys(options.Prefix, options.Server).Segments, after: null, CancellationToken.None))
            objects.Add(one);
        var bytes = objects.Sum(static one => one.Bytes);
        var (ratios, peak) = (new List<double>(), 0L);
        for (var round = 0; round < 3; round++) // the cache has an eighth of it at most, so each round comes from the bucket
        {
            var watch = Stopwatch.StartNew();
            foreach (var one in objects)
                await store.ReadAsync(one.Key, 0, one.Bytes, new Sink(), CancellationToken.None);
            var download = bytes / watch.Elapsed.TotalSeconds;
            watch.Restart();
            var read = await ScanAsync(client, 0, ulong.MaxValue, () => peak = Math.Max(peak, Memory(server)));
            var cold = read / watch.Elapsed.TotalSeconds;
            ratios.Add(cold / download);
            Console.WriteLine($"cold read {cold / 1e6:0} MB/s, download of the same objects {download / 1e6:0} MB/s: {100 * cold / download:0} %");
        }
        ratios.Sort();
        Console.WriteLine($"cold read of {bytes / 1e6:0} MB: {100 * ratios[1]:0} % of a plain download (goal 50); the server had at most {peak / 1e6:0} MB of memory");
    }

    private static async Task HotBesideAsync(IggyClient client, ServerProcess server)
    {
        await using var other = await IggyClient.ConnectAsync($"iggy://iggy:iggy@{server.Tcp}");
        var ratios = new List<double>();
        for (var round = 0; round < 5; round++)
        {
            var alone = await HotAsync(client);
            using var stop = new CancellationTokenSource();
            var scan = ScanForEverAsync(other, stop.Token);
            var beside = await HotAsync(client);
            await stop.CancelAsync();
            await scan;
            ratios.Add(beside / alone);
            Console.WriteLine($"hot reads beside a cold scan {beside:0} a second, alone {alone:0}: {100 * beside / alone:0} %");
        }
        ratios.Sort();
        Console.WriteLine($"hot reads beside a cold scan: {100 * ratios[2]:0} % of alone (goal 90)");
    }

    private static async Task<double> HotAsync(IggyClient client)
    {
        var (watch, polls) = (Stopwatch.StartNew(), 0);
        for (; watch.Elapsed < TimeSpan.FromSeconds(3); polls++)
            (await client.PollMessagesAsync(_consumer, new("s"), new("t"), 1, PollingStrategy.Last, 100)).Dispose();
        return polls / watch.Elapsed.TotalSeconds;
    }

    private static async Task ScanForEverAsync(IggyClient client, CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
            await ScanAsync(client, 0, ulong.MaxValue, static () => { }, stop);
    }

    private static async Task<double> ScanAsync(IggyClient client, ulong from, ulong to, Action onPoll, CancellationToken stop = default)
    {
        var bytes = 0.0;
        while (from < to && !stop.IsCancellationRequested)
        {
            using var polled = await client.PollMessagesAsync(_consumer, new("s"), new("t"), 0, PollingStrategy.FromOffset(from), 10_000, cancellationToken: CancellationToken.None);
            if (polled.Count == 0)
                break;
            bytes += polled.Count * (PayloadBytes + 64.0);
            from += (ulong)polled.Count;
            onPoll();
        }
        return bytes;
    }

    private static long Memory(ServerProcess server)
    {
        using var process = Process.GetProcessById(server.ProcessId);
        return process.WorkingSet64;
    }

    /// <summary>Takes bytes and keeps none.</summary>
    private sealed class Sink : Stream
    {
        public override bool CanRead => false;

        public override bool CanSeek => true;

        public override bool CanWrite => true;

        public override long Length => Position;

        public override long Position { get; set; }

        public override void Write(byte[] buffer, int offset, int count) => Position += count;

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            Position += buffer.Length;
            return ValueTask.CompletedTask;
        }

        public override void SetLength(long value) => Position = value;

        public override void Flush()
        {
            // Nothing is held.
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
