using System.Buffers.Binary;
using Iggy.Testing;

namespace Iggy.Bench.Throughput;

/// <summary>The newer dialect beside the classic one: the same messages, into and out of one partition of one server, in turn.</summary>
internal static class Dialects
{
    private const int WarmBatches = 400;

    public static async Task RunAsync(int rounds, TimeSpan duration)
    {
        await using var server = await ServerProcess.StartAsync();
        try
        {
            using var classic = new LoadClient(server.Tcp);
            classic.Ask(RawClient.Frame(38, RawClient.Login(ServerProcess.Username, ServerProcess.Password)));
            classic.Ask(RawClient.Frame(202, RawClient.Name("bench")));
            classic.Ask(RawClient.Frame(302, RawClient.NewTopic(RawClient.Id(0), "bench", 1)));
            using var frames = new RawVsrClient();
            using var newer = new LoadClient(server.Tcp, isNewer: true);
            var login = RawVsrClient.Login(ServerProcess.Username, ServerProcess.Password);
            frames.Session = BinaryPrimitives.ReadUInt64LittleEndian(newer.Ask(frames.Frame(1, 0, login, 0, 0))[8..]);

            var purge = RawClient.Frame(305, RawClient.Id(0), RawClient.Id(0));
            double Warm(LoadClient client, byte[] batch)
            {
                classic.Ask(purge); // the retired file is used again: its pages are warm
                return client.RateOf(batch, WarmBatches);
            }

            var (classicBatch, newerBatch) = (Requests.Send(1000, 1000), Send(frames, 1000, 1000));
            var (classicSingle, newerSingle) = (Requests.Send(1, 100), Send(frames, 1, 100));
            for (var i = 0; i < 4; i++)
            {
                Warm(classic, classicBatch);
                Warm(newer, newerBatch);
            }
            classic.Rate(classicSingle, duration);
            newer.Rate(newerSingle, duration);

            Console.WriteLine($"{rounds} rounds, classic and newer dialect in turn");
            Report.Ratio("send 1000 x 1 KB", "batches/s", 1, rounds, () => Warm(classic, classicBatch), () => Warm(newer, newerBatch), "the classic dialect");
            var polls = Polls(static body => RawClient.Frame(100, body));
            var newerPolls = Polls(body => frames.Frame(2, 100, body, 1, frames.Session));
            Warm(newer, newerBatch);
            Report.Ratio("poll 1000 x 1 KB", "polls/s", 1, rounds, () => Around(classic, polls, duration), () => Around(newer, newerPolls, duration), "the classic dialect");
            classic.Ask(purge);
            Report.Ratio("send 1 x 100 B", "requests/s", 1, rounds, () => classic.Rate(classicSingle, duration), () => newer.Rate(newerSingle, duration), "the classic dialect");
        }
        finally
        {
            await server.DisposeAsync();
            Directory.Delete(server.DataPath, recursive: true);
        }
    }

    private static byte[] Send(RawVsrClient client, int messages, int payloadBytes)
    {
        var payload = new byte[payloadBytes];
        Random.Shared.NextBytes(payload);
        VsrMessage[] batch = [.. Enumerable.Range(1, messages).Select(id => new VsrMessage((ulong)id, payload, [], 1))];
        return client.Frame(160, 0, RawVsrClient.Messages(RawClient.Id(0), RawClient.Id(0), RawClient.ToPartition(0), batch), 1, client.Session);
    }

    private static byte[][] Polls(Func<byte[], byte[]> frame) =>
        [.. Enumerable.Range(0, WarmBatches).Select(i => frame(RawClient.Poll(1, RawClient.Id(0), RawClient.Id(0), 0, 1, (ulong)i * 1000, 1000)))];

    private static double Around(LoadClient client, byte[][] polls, TimeSpan duration)
    {
        var (count, watch) = (0L, System.Diagnostics.Stopwatch.StartNew());
        for (; watch.Elapsed < duration; count++)
        {
            if (client.Ask(polls[count % polls.Length]).Length < 1_000_000)
                throw new InvalidOperationException("A poll came back short.");
        }
        return count / watch.Elapsed.TotalSeconds;
    }
}
