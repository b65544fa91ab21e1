using Iggy.Cli.Output;
using Iggy.Client;
using Iggy.Protocol;

namespace Iggy.Cli.Benchmarks;

/// <summary>What a benchmark does.</summary>
/// <param name="Messages">All together.</param>
/// <param name="MessageSize">Payload in bytes.</param>
/// <param name="BatchSize">Messages of a request.</param>
/// <param name="Producers">Connections that send.</param>
/// <param name="Consumers">Connections that poll.</param>
/// <param name="Partitions">Of the topic.</param>
internal sealed record BenchmarkPlan(long Messages, int MessageSize, int BatchSize, int Producers, int Consumers, int Partitions);

/// <summary>Sends messages into a topic and polls them back, from several connections at once; each has one request under way.</summary>
internal sealed class Benchmark(BenchmarkPlan plan, Func<CancellationToken, Task<IggyClient>> connect, Identifier stream, Identifier topic, TimeProvider clock)
{
    /// <summary>Sends all messages; producer n to partition n, counted round.</summary>
    public Task<MeasurementJson> SendAsync(CancellationToken cancellationToken) => RunAsync("send", plan.Producers, SendAsync, cancellationToken);

    /// <summary>Polls all messages; consumer n the partitions n, n + consumers, ….</summary>
    public Task<MeasurementJson> PollAsync(CancellationToken cancellationToken) => RunAsync("poll", plan.Consumers, PollAsync, cancellationToken);

    private async Task<MeasurementJson> RunAsync(string name, int workers, Func<IggyClient, int, WorkerLog, CancellationToken, Task> work, CancellationToken cancellationToken)
    {
        var clients = new List<IggyClient>();
        try
        {
            for (var i = 0; i < workers; i++)
                clients.Add(await connect(cancellationToken));
            var started = clock.GetTimestamp();
            WorkerLog[] logs = [.. clients.Select(_ => new WorkerLog(started, clock))];
            await Task.WhenAll(clients.Select((client, i) => Task.Run(() => work(client, i, logs[i], cancellationToken), cancellationToken)));
            return Measurement.Of(name, logs, plan.MessageSize, clock.GetElapsedTime(started).TotalSeconds);
        }
        finally
        {
            foreach (var client in clients)
                await client.DisposeAsync();
        }
    }

    private async Task SendAsync(IggyClient client, int worker, WorkerLog log, CancellationToken cancellationToken)
    {
        var to = Partitioning.ToPartition((uint)(worker % plan.Partitions));
        var payload = new byte[plan.MessageSize];
        Random.Shared.NextBytes(payload);
        var batch = new Message[plan.BatchSize];
        Array.Fill(batch, new Message(payload));
        for (var left = (plan.Messages / plan.Producers) + (worker < plan.Messages % plan.Producers ? 1 : 0); left > 0;)
        {
            var count = (int)Math.Min(left, batch.Length);
            var started = clock.GetTimestamp();
            await client.SendMessagesAsync(stream, topic, to, batch.AsSpan(0, count), cancellationToken);
            log.Note(started, count);
            left -= count;
        }
    }

    private async Task PollAsync(IggyClient client, int worker, WorkerLog log, CancellationToken cancellationToken)
    {
        for (var partition = worker; partition < plan.Partitions; partition += plan.Consumers)
        {
            for (var next = 0UL; ;)
            {
                var started = clock.GetTimestamp();
                using var messages = await client.PollMessagesAsync(
                    new(ConsumerKind.Single, new((uint)worker)), stream, topic, (uint)partition, PollingStrategy.FromOffset(next), (uint)plan.BatchSize, cancellationToken: cancellationToken);
                if (messages.Count == 0)
                    break;
                log.Note(started, messages.Count);
                next += (ulong)messages.Count;
                if (next > messages.CurrentOffset)
                    break;
            }
        }
    }
}
