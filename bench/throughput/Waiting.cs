using System.Diagnostics;
using Iggy.Client;
using Iggy.Protocol;
using Iggy.Testing;

namespace Iggy.Bench.Throughput;

/// <summary>What consumers cost that have nothing to read, and how soon they hear of a message: those that wait at the server beside those that ask again and again.</summary>
/// <remarks>Consumers with a client each, in this process: its processor time is theirs. The message is sent at a moment that has nothing to do with their clocks.</remarks>
internal static class Waiting
{
    public static async Task RunAsync(int consumers, int rounds, TimeSpan idle)
    {
        await using var server = await ServerProcess.StartAsync();
        try
        {
            await using var sender = await ConnectAsync(server, isWaiting: false);
            await sender.CreateStreamAsync("bench");
            var waiting = await MeasureAsync(server, sender, "waiting", consumers, rounds, idle, isWaiting: true);
            var asking = await MeasureAsync(server, sender, "asking", consumers, rounds, idle, isWaiting: false);
            Console.WriteLine($"waiting beside asking: median {waiting.Median / asking.Median:P1}, processor of the clients {waiting.Client / asking.Client:P0}, of the server {waiting.Server / asking.Server:P0}");
        }
        finally
        {
            await server.DisposeAsync();
            Directory.Delete(server.DataPath, recursive: true);
        }
    }

    private static async Task<(double Median, double Client, double Server)> MeasureAsync(
        ServerProcess server, IggyClient sender, string name, int consumers, int rounds, TimeSpan idle, bool isWaiting)
    {
        var (stream, topic) = (new Identifier("bench"), new Identifier(name));
        await sender.CreateTopicAsync(stream, name, (uint)consumers);
        using var stop = new CancellationTokenSource();
        var arrived = new TaskCompletionSource<long>();
        var clients = new List<IggyClient>();
        var readings = new List<Task>();
        for (var i = 0u; i < consumers; i++)
        {
            var client = await ConnectAsync(server, isWaiting);
            clients.Add(client);
            readings.Add(ReadAsync(client.CreateConsumer(new() { Stream = stream, Topic = topic, PartitionId = i, Commit = AutoCommit.Disabled })));
        }

        var latencies = new List<double>();
        for (var i = 0; i < rounds; i++)
        {
            await Task.Delay(Random.Shared.Next(20, 150));
            arrived = new(TaskCreationOptions.RunContinuationsAsynchronously);
            var sent = Stopwatch.GetTimestamp();
            await sender.SendMessageAsync(stream, topic, Partitioning.ToPartition((uint)(i % consumers)), new Message("x"));
            latencies.Add(Stopwatch.GetElapsedTime(sent, await arrived.Task).TotalMilliseconds);
        }
        latencies.Sort();

        using var process = Process.GetProcessById(server.ProcessId);
        var (client0, server0) = (Environment.CpuUsage.TotalTime, process.TotalProcessorTime);
        var started = Stopwatch.GetTimestamp();
        await Task.Delay(idle);
        process.Refresh();
        var share = 100 / (Stopwatch.GetElapsedTime(started).TotalSeconds * consumers);
        var (clientCost, serverCost) = ((Environment.CpuUsage.TotalTime - client0).TotalSeconds * share, (process.TotalProcessorTime - server0).TotalSeconds * share);
        Console.WriteLine(
            $"{name,8}: sent to handled median {latencies[rounds / 2]:F2} ms, p99 {latencies[rounds * 99 / 100]:F2} ms; {consumers} idle consumers, of a core each: client {clientCost:F3} %, server {serverCost:F3} %");
        await stop.CancelAsync();
        await Task.WhenAll(readings);
        foreach (var client in clients)
            await client.DisposeAsync();
        return (latencies[rounds / 2], clientCost, serverCost);

        async Task ReadAsync(IggyConsumer consumer)
        {
            try
            {
                await foreach (var _ in consumer.ReadAsync(stop.Token))
                    arrived.SetResult(Stopwatch.GetTimestamp());
            }
            catch (OperationCanceledException)
            {
                await consumer.DisposeAsync();
            }
        }
    }

    private static Task<IggyClient> ConnectAsync(ServerProcess server, bool isWaiting) =>
        IggyClient.ConnectAsync(IggyClientOptions.Parse($"iggy://{ServerProcess.Username}:{ServerProcess.Password}@{server.Tcp}") with { LongPolling = isWaiting });
}
