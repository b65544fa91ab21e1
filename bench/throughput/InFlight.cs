using System.Diagnostics;
using Iggy.Testing;

namespace Iggy.Bench.Throughput;

/// <summary>The 0.12 line: many sends under way on one connection beside one at a time, how soon a poll that waits has its message, and what 10,000 of them cost.</summary>
internal static class InFlight
{
    private const int UnderWay = 64, Waiters = 10_000, OfAConnection = 250;

    public static async Task RunAsync(int rounds, TimeSpan duration)
    {
        await using var server = await ServerProcess.StartAsync();
        try
        {
            using var client = new SessionsLoadClient(server.Tcp);
            client.Ask(202, RawClient.Name("bench"));
            client.Ask(302, RawClient.Join(RawClient.Id(0), RawClient.U32(1), RawClient.Name("bench")));
            client.TakeRoute();
            var send = Send();
            client.Rate(send, 1, duration);
            client.Rate(send, UnderWay, duration);
            Console.WriteLine($"{rounds} rounds, one connection, one at a time and {UnderWay} under way in turn");
            Report.Ratio($"send 1 x 100 B, {UnderWay} under way", "requests/s", 1, rounds, () => client.Rate(send, 1, duration), () => client.Rate(send, UnderWay, duration), "one at a time");

            using var reader = new SessionsLoadClient(server.Tcp);
            reader.TakeRoute();
            Delivery(client, reader, send, times: 200);
            var late = Delivery(client, reader, send, times: 1000);
            Console.WriteLine(
                $"a poll that waits, behind the append's answer: median {late[late.Length / 2].TotalMilliseconds:F3} ms, 99 % {late[late.Length * 99 / 100].TotalMilliseconds:F3} ms, worst {late[^1].TotalMilliseconds:F3} ms");
            await CostOfWaitersAsync(server);
        }
        finally
        {
            await server.DisposeAsync();
            Directory.Delete(server.DataPath, recursive: true);
        }
    }

    // From the append's answer to the poll's: below zero where the poll had its message first.
    private static TimeSpan[] Delivery(SessionsLoadClient producer, SessionsLoadClient reader, byte[] send, int times)
    {
        var late = new TimeSpan[times];
        for (var i = 0; i < times; i++)
        {
            var next = reader.NextOffset();
            reader.Start(106, Poll(next, waitMicros: 20_000_000));
            Thread.Yield();
            var got = 0L;
            var reading = new Thread(() =>
            {
                reader.TakeReply();
                got = Stopwatch.GetTimestamp();
            });
            reading.Start();
            SpinWait.SpinUntil(() => false, TimeSpan.FromMilliseconds(1)); // until the poll waits
            producer.Ask(101, send);
            var answered = Stopwatch.GetTimestamp();
            reading.Join();
            late[i] = got > answered ? Stopwatch.GetElapsedTime(answered, got) : -Stopwatch.GetElapsedTime(got, answered);
        }
        Array.Sort(late);
        return late;
    }

    private static async Task CostOfWaitersAsync(ServerProcess server)
    {
        var clients = Enumerable.Range(0, Waiters / OfAConnection).Select(_ => new SessionsLoadClient(server.Tcp)).ToArray();
        try
        {
            using var process = Process.GetProcessById(server.ProcessId);
            var poll = Poll(ulong.MaxValue / 2, waitMicros: 600_000_000);
            foreach (var client in clients)
                client.TakeRoute();
            await Task.Delay(TimeSpan.FromSeconds(2));
            var idle = await CpuAsync(process);
            var before = process.WorkingSet64;
            foreach (var client in clients)
            {
                for (var i = 0; i < OfAConnection; i++)
                    client.Start(106, poll);
                client.Ask(1, []); // answered when all before it are under way
            }
            await Task.Delay(TimeSpan.FromSeconds(2));
            process.Refresh();
            var after = process.WorkingSet64;
            Console.WriteLine(
                $"{Waiters} polls that wait on {clients.Length} connections: {(after - before) / Waiters} B of memory each, {await CpuAsync(process):F2} % of a core, {idle:F2} % without them");
        }
        finally
        {
            foreach (var client in clients)
                client.Dispose();
        }
    }

    // Percent of a core, over 20 s.
    private static async Task<double> CpuAsync(Process process)
    {
        process.Refresh();
        var (cpu, watch) = (process.TotalProcessorTime, Stopwatch.StartNew());
        await Task.Delay(TimeSpan.FromSeconds(20));
        process.Refresh();
        return 100 * (process.TotalProcessorTime - cpu) / watch.Elapsed;
    }

    private static byte[] Send()
    {
        var payload = new byte[100];
        Random.Shared.NextBytes(payload);
        return RawVsrClient.Messages(RawClient.Id(0), RawClient.Id(0), RawClient.ToPartition(0), new VsrMessage(1, payload, [], 1));
    }

    private static byte[] Poll(ulong offset, ulong waitMicros) =>
        RawSessionsClient.DeferredPoll([1, .. RawClient.Id(1)], RawClient.Id(0), RawClient.Id(0), 0, 1, offset, 10, false, waitMicros);
}
