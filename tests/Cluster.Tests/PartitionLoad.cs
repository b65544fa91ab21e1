using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net.Sockets;
using Iggy.Testing;
using static Iggy.Testing.RawClient;

namespace Iggy.Cluster.Tests;

/// <summary>One producer for each partition of a topic, which sends number after number through any gateway that answers, and remembers which were acknowledged; and
/// readers that remember what they saw where. The judge of both: nothing acknowledged lost, doubled or out of order, and no two readers differ.</summary>
/// <remarks>A number whose outcome is unknown is never sent again, so none may be there twice.</remarks>
internal sealed class PartitionLoad(ClusterOfProcesses cluster, string stream, uint partitions, int gateways = 3) : IAsyncDisposable
{
    private readonly CancellationTokenSource _ending = new();
    private readonly Producer[] _producers = [.. Enumerable.Range(0, (int)partitions).Select(_ => new Producer())];
    private readonly ConcurrentDictionary<(uint Partition, ulong Offset), ulong> _seen = new();
    private readonly ConcurrentQueue<string> _complaints = [];
    private Task[] _running = [];

    /// <summary>How many of the first servers producers send through.</summary>
    public int Gateways { get; set; } = gateways;

    /// <summary>The longest that any producer was without an answer it could use.</summary>
    public TimeSpan LongestPause => TimeSpan.FromTicks(_producers.Max(static one => one.LongestPauseTicks));

    /// <summary>Messages that were acknowledged.</summary>
    public int Acknowledged => _producers.Sum(static one => one.Count);

    /// <summary>Begins.</summary>
    public void Start() => _running = [.. _producers.Select((_, partition) => Task.Run(() => ProduceAsync((uint)partition))), .. Enumerable.Range(0, Gateways).Select(gateway => Task.Run(() => ReadOnAsync(gateway)))];

    /// <summary>Waits until all producers together had so many more answers.</summary>
    public async Task ProgressTogetherAsync(int more)
    {
        var goal = Acknowledged + more;
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (Acknowledged < goal)
        {
            Assert.False(patience.IsCancellationRequested, $"{goal - Acknowledged} answers did not come in 60 s");
            await Task.Delay(20, TestContext.Current.CancellationToken);
        }
    }

    /// <summary>Waits until every producer had so many more answers.</summary>
    public async Task ProgressAsync(int more)
    {
        var goals = _producers.Select(one => one.Count + more).ToArray();
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(90));
        while (Enumerable.Range(0, goals.Length).Any(i => _producers[i].Count < goals[i]))
        {
            Assert.False(patience.IsCancellationRequested, $"Partitions {string.Join(", ", Enumerable.Range(0, goals.Length).Where(i => _producers[i].Count < goals[i]))} got nothing acknowledged for 90 s");
            await Task.Delay(20, TestContext.Current.CancellationToken);
        }
    }

    /// <summary>Ends producers and readers.</summary>
    public async Task StopAsync()
    {
        await _ending.CancelAsync();
        await Task.WhenAll(_running);
        _running = [];
    }

    /// <summary>Reads everything through each gateway and looks whether it is as it must be.</summary>
    /// <returns>What is not.</returns>
    public Task<IReadOnlyCollection<string>> JudgeAsync() => JudgeAsync([0, 1, 2]);

    /// <summary>As above, through some gateways.</summary>
    public async Task<IReadOnlyCollection<string>> JudgeAsync(int[] through)
    {
        foreach (var gateway in through)
        {
            using var client = await LogInAsync(cluster[gateway].Tcp);
            for (uint partition = 0; partition < partitions; partition++)
                await JudgeAsync(client, gateway, partition);
        }
        return _complaints;
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _ending.Dispose();
    }

    private async Task JudgeAsync(RawClient client, int gateway, uint partition)
    {
        var there = new List<ulong>();
        while (await PollAsync(client, partition, (ulong)there.Count) is { Count: > 0 } messages)
        {
            foreach (var message in messages)
            {
                if (message.Offset != (ulong)there.Count)
                    _complaints.Enqueue($"gateway {gateway}: partition {partition} has offset {message.Offset} after {there.Count} messages");
                there.Add(See(gateway, partition, message.Offset, message.Payload));
            }
        }
        for (var i = 1; i < there.Count; i++)
        {
            if (there[i] <= there[i - 1])
                _complaints.Enqueue($"gateway {gateway}: partition {partition} has {there[i]} at offset {i}, after {there[i - 1]}");
        }
        var lost = _producers[partition].Acknowledged.Except(there).ToArray();
        if (lost.Length > 0)
            _complaints.Enqueue($"gateway {gateway}: partition {partition} lost {lost.Length} of {_producers[partition].Count}, the first {lost[0]}");
    }

    private ulong See(int gateway, uint partition, ulong offset, byte[] payload)
    {
        var number = BinaryPrimitives.ReadUInt64LittleEndian(payload);
        var seen = _seen.GetOrAdd((partition, offset), number);
        if (seen != number)
            _complaints.Enqueue($"gateway {gateway}: partition {partition} shows {number} at {offset}, where {seen} was");
        return number;
    }

    private async Task ProduceAsync(uint partition)
    {
        var producer = _producers[partition];
        var (gateway, number) = ((int)partition / 3 % Gateways, 0UL); // so that each gateway serves some of what each server leads
        var since = Stopwatch.GetTimestamp();
        while (!_ending.IsCancellationRequested)
        {
            try
            {
                using var client = await LogInAsync(cluster[gateway].Tcp);
                while (!_ending.IsCancellationRequested)
                {
                    var payload = new byte[100];
                    BinaryPrimitives.WriteUInt64LittleEndian(payload, ++number);
                    var (status, _) = await client.AskAsync(101, Messages(Id(stream), Id("t"), ToPartition(partition), (number, payload, [])));
                    if (status != 0)
                        continue; // nobody knows what became of it; the next one follows
                    producer.Acknowledge(number, Stopwatch.GetElapsedTime(since));
                    since = Stopwatch.GetTimestamp();
                }
            }
            catch (Exception gone) when (IsGone(gone))
            {
                gateway = (gateway + 1) % Gateways;
                await PauseAsync();
            }
        }
    }

    private async Task ReadOnAsync(int gateway)
    {
        var next = new ulong[partitions];
        while (!_ending.IsCancellationRequested)
        {
            try
            {
                using var client = await LogInAsync(cluster[gateway].Tcp);
                while (!_ending.IsCancellationRequested)
                {
                    for (uint partition = 0; partition < partitions; partition++)
                    {
                        foreach (var message in await PollAsync(client, partition, next[partition]))
                            (_, next[partition]) = (See(gateway, partition, message.Offset, message.Payload), message.Offset + 1);
                    }
                    await PauseAsync();
                }
            }
            catch (Exception gone) when (IsGone(gone))
            {
                await PauseAsync();
            }
        }
    }

    private async Task<List<RawMessage>> PollAsync(RawClient client, uint partition, ulong offset) =>
        ReadPoll(await client.DoAsync(100, Poll(1, Id(stream), Id("t"), partition, 1, offset, 1000))).Messages;

    // A gateway that is away, or a call that had no answer in time.
    private static bool IsGone(Exception e) => e is SocketException or IOException or TimeoutException or InvalidOperationException or ObjectDisposedException;

    private async Task PauseAsync() => await Task.Delay(50, _ending.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

    private sealed class Producer
    {
        private readonly List<ulong> _acknowledged = [];
        private int _count;
        private long _longestPauseTicks;

        public int Count => Volatile.Read(ref _count);

        public long LongestPauseTicks => Volatile.Read(ref _longestPauseTicks);

        public IReadOnlyList<ulong> Acknowledged => _acknowledged; // once it has ended

        public void Acknowledge(ulong number, TimeSpan pause)
        {
            _acknowledged.Add(number);
            Volatile.Write(ref _count, _acknowledged.Count);
            Volatile.Write(ref _longestPauseTicks, Math.Max(_longestPauseTicks, pause.Ticks));
        }
    }
}
