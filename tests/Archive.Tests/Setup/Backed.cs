using Iggy.Archive.Layout;
using Iggy.Archive.Restore;
using Iggy.Archive.Stores;
using Iggy.Client;
using Iggy.Protocol;
using Iggy.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace Iggy.Archive.Tests.Setup;

/// <summary>A server process with a backup, what was sent to it, and its archive.</summary>
internal sealed class Backed : IAsyncDisposable
{
    public const uint Partitions = 3;
    private static readonly Consumer _consumer = new(ConsumerKind.Single, new("reader"));

    private readonly string _prefix = $"t{Guid.NewGuid():N}";
    private readonly string _data = Directory.CreateTempSubdirectory("iggy-backed-").FullName;
    private readonly string _restored = Directory.CreateTempSubdirectory("iggy-restored-").FullName;
    private ServerProcess? _server;
    private IggyClient? _client;
    private int _sent;

    static Backed()
    {
        // For the client of this process; those of servers get them in their environment.
        Environment.SetEnvironmentVariable("AWS_ACCESS_KEY_ID", CephServer.AccessKey);
        Environment.SetEnvironmentVariable("AWS_SECRET_ACCESS_KEY", CephServer.SecretKey);
    }

    public required string Url { get; init; }

    public string Prefix { get; init; } = "";

    public string Bucket { get; init; } = CephServer.Bucket;

    public string SecretKey { get; init; } = CephServer.SecretKey;

    public string MaxLag { get; init; } = "00:00:02";

    /// <summary>Further settings.</summary>
    public Dictionary<string, string> More { get; init; } = [];

    public ServerProcess Server => _server!;

    public IggyClient Client => _client!;

    /// <summary>Stored offsets and when they were: partition, offset, before and after the call.</summary>
    public List<(uint Partition, ulong Offset, ulong Before, ulong After)> Stored { get; } = [];

    public ArchiveKeys Keys => new(Given, "server");

    private string Given => Prefix.Length > 0 ? Prefix : _prefix;

    public ArchiveOptions Options(string? url = null) => new()
    {
        Bucket = Bucket,
        Prefix = Given,
        ServiceUrl = url ?? Url,
        PathStyle = true,
        RequestTimeout = TimeSpan.FromSeconds(2),
    };

    public Dictionary<string, string> Settings() => new()
    {
        ["AWS_ACCESS_KEY_ID"] = CephServer.AccessKey,
        ["AWS_SECRET_ACCESS_KEY"] = SecretKey,
        ["AWS_EC2_METADATA_DISABLED"] = "true",
        ["Iggy__Archive__Bucket"] = Bucket,
        ["Iggy__Archive__Prefix"] = Given,
        ["Iggy__Archive__ServiceUrl"] = Url,
        ["Iggy__Archive__PathStyle"] = "true",
        ["Iggy__Archive__MaxLag"] = MaxLag,
        ["Iggy__Archive__RequestTimeout"] = "00:00:02",
        ["Iggy__Storage__SegmentBytes"] = "65536",
    };

    public async Task StartAsync()
    {
        var settings = Settings();
        foreach (var (name, value) in More)
            settings[name] = value;
        _server = await ServerProcess.StartAsync(_data, settings);
        _client = await IggyClient.ConnectAsync($"iggy://iggy:iggy@{_server.Tcp}");
    }

    public async Task MakeTopicAsync(Dictionary<string, string>? options = null)
    {
        await Client.CreateStreamAsync("s");
        await Client.CreateTopicAsync(new("s"), "t", Partitions, TopicSettings.Default with { Options = options ?? [] });
    }

    /// <summary>Makes another stream, with a topic of one partition.</summary>
    public async Task MakeStreamAsync(string name)
    {
        await Client.CreateStreamAsync(name);
        await Client.CreateTopicAsync(new(name), "secret", 1);
    }

    /// <summary>Sends batches to all partitions in turn, with payloads of which no two are equal.</summary>
    public async Task SendAsync(int batches, int payloadBytes = 500)
    {
        for (var i = 0; i < batches; i++)
        {
            var messages = new Message[5];
            for (var j = 0; j < messages.Length; j++)
            {
                var payload = new byte[payloadBytes];
                BitConverter.TryWriteBytes(payload, ++_sent);
                messages[j] = new Message(payload);
            }
            await Client.SendMessagesAsync(new("s"), new("t"), Partitioning.ToPartition((uint)i % Partitions), messages);
        }
    }

    public async Task StoreOffsetAsync(uint partition, ulong offset)
    {
        var before = Now();
        await Client.StoreConsumerOffsetAsync(_consumer, new("s"), new("t"), partition, offset);
        Stored.Add((partition, offset, before, Now()));
    }

    /// <summary>Waits until what was sent before is in the archive.</summary>
    public async Task SettleAsync()
    {
        var sent = Now();
        using var store = new S3Store(Options(), TimeProvider.System);
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(2));
        while ((await new PointReader(store, Keys).PointsAsync(limit.Token)) is not [.., var newest] || newest.Micros <= sent)
            await Task.Delay(TimeSpan.FromMilliseconds(200), limit.Token);
    }

    /// <summary>Segment files of all partitions, by name.</summary>
    public string[] SegmentFiles() => [.. Directory.EnumerateFiles(Path.Combine(_data, "partitions"), "*.log", SearchOption.AllDirectories).Order()];

    /// <summary>Waits until only the segments that take appends are on the disk.</summary>
    public async Task WaitForColdAsync()
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(2));
        while (SegmentFiles().Length > Partitions)
            await Task.Delay(TimeSpan.FromMilliseconds(200), limit.Token);
    }

    public Task KillAsync() => LeaveAsync(static server => server.KillAsync());

    /// <summary>Stops it in order, with a last round of the backup.</summary>
    public Task StopAsync() => LeaveAsync(static async server => Assert.Equal(0, await server.StopAsync()));

    /// <summary>All messages of the server that runs, by partition.</summary>
    public Task<List<Kept>[]> ReadAllAsync() => ReadAllAsync(Client);

    public static async Task<List<Kept>[]> ReadAllAsync(IggyClient client)
    {
        var all = new List<Kept>[Partitions];
        for (var partition = 0u; partition < Partitions; partition++)
        {
            all[partition] = [];
            while (true)
            {
                using var polled = await client.PollMessagesAsync(_consumer, new("s"), new("t"), partition, PollingStrategy.FromOffset((ulong)all[partition].Count), 10_000);
                foreach (var message in polled)
                    all[partition].Add(new Kept(message.Offset, message.TimestampMicros, message.Id, Convert.ToHexString(message.Payload.Span)));
                if (polled.Count == 0)
                    break;
            }
        }
        return all;
    }

    /// <summary>Restores a moment into a new folder and starts a server on it, which must not complain.</summary>
    /// <returns>Its messages, and the stored offsets.</returns>
    public async Task<(List<Kept>[] Messages, ulong?[] Offsets)> RestoreAsync(ulong micros, string? url = null)
    {
        var folder = Path.Combine(_restored, $"{micros}-{Guid.NewGuid():N}");
        using (var store = new S3Store(Options(url), TimeProvider.System))
            await new Restorer(store, Keys, Options(), TimeProvider.System, NullLogger.Instance).RunAsync(folder, new RestoreRequest(micros, null, false), CancellationToken.None);
        return await OpenAsync(folder);
    }

    public static async Task<(List<Kept>[] Messages, ulong?[] Offsets)> OpenAsync(string folder)
    {
        await using var server = await ServerProcess.StartAsync(folder);
        await using var client = await IggyClient.ConnectAsync($"iggy://iggy:iggy@{server.Tcp}");
        var messages = await ReadAllAsync(client);
        var offsets = new ulong?[Partitions];
        for (var partition = 0u; partition < Partitions; partition++)
            offsets[partition] = (await client.GetConsumerOffsetAsync(_consumer, new("s"), new("t"), partition))?.StoredOffset;
        await server.StopAsync();
        Assert.DoesNotMatch("(?m)(warn|fail|crit): Iggy\\.(Storage|Grains)", server.Output);
        return (messages, offsets);
    }

    public static ulong Now() => (ulong)((TimeProvider.System.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond);

    public async ValueTask DisposeAsync()
    {
        if (_client is not null)
            await _client.DisposeAsync();
        if (_server is not null)
            await _server.DisposeAsync();
        Directory.Delete(_data, recursive: true);
        Directory.Delete(_restored, recursive: true);
    }

    private async Task LeaveAsync(Func<ServerProcess, Task> leave)
    {
        await _client!.DisposeAsync();
        await leave(_server!);
        await _server!.DisposeAsync();
        (_client, _server) = (null, null);
    }
}
