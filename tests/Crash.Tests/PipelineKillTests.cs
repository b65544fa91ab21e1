using System.Net.Sockets;
using Iggy.Testing;
using static Iggy.Testing.RawClient;

namespace Iggy.Crash.Tests;

/// <summary>A kill while 200 requests of one connection are under way: nothing acknowledged is lost, and what is sent again by its producer is not doubled.</summary>
public sealed class PipelineKillTests(ITestOutputHelper output)
{
    private const int Cycles = 6, MostUnderWay = 200;
    private const uint Partitions = 2;

    // Method: one producer for each partition keeps 200 requests under way between them, over one connection. The kill comes at a random number of answers. After each restart
    // all that was not answered is sent again, in its order, and each partition must hold the messages of its producer, each once, in their order.
    [Theory]
    [InlineData("none")]
    [InlineData("always")]
    public async Task Kill_With200RequestsUnderWay_LosesAndDoublesNothing(string durability)
    {
        var seed = Environment.TickCount;
        output.WriteLine($"seed {seed}");
        var random = new Random(seed);
        var data = Directory.CreateTempSubdirectory("iggy-crash-").FullName;
        var settings = new Dictionary<string, string> { ["IGGY_SYSTEM_SEGMENT_SIZE"] = "1 MiB", ["IGGY_STORAGE_DURABILITY"] = durability };
        var producers = Enumerable.Range(0, (int)Partitions).Select(partition => new Producer((uint)partition)).ToArray();
        try
        {
            for (var cycle = 0; cycle < Cycles; cycle++)
            {
                await using var server = await ServerProcess.StartAsync(data, settings);
                using var client = await RawSessionsClient.LogInAsync(server.Tcp);
                if (cycle == 0)
                {
                    await client.DoAsync(202, Name("s"));
                    await client.DoAsync(302, Id("s"), U32(Partitions), Name("t"));
                }
                foreach (var producer in producers)
                {
                    await producer.RepeatAsync(client);
                    await producer.CheckAsync(client, $"cycle {cycle}, seed {seed}");
                }
                await RunUntilKilledAsync(server, client, producers, killAfter: random.Next(20, 400));
            }
            await using var last = await ServerProcess.StartAsync(data, settings);
            using var reader = await RawSessionsClient.LogInAsync(last.Tcp);
            foreach (var producer in producers)
            {
                await producer.RepeatAsync(reader);
                await producer.CheckAsync(reader, $"the end, seed {seed}");
            }
            output.WriteLine($"{producers.Sum(producer => producer.Sent)} messages, {producers.Sum(producer => producer.Repeated)} of them sent again after {Cycles} kills");
            Assert.True(producers.Sum(producer => producer.Repeated) > Cycles);
        }
        finally
        {
            Directory.Delete(data, recursive: true);
        }
    }

    private static async Task RunUntilKilledAsync(ServerProcess server, RawSessionsClient client, Producer[] producers, int killAfter)
    {
        var numbers = new Dictionary<ulong, (Producer Producer, Batch Batch)>();
        try
        {
            for (var answered = 0; ; answered++)
            {
                while (numbers.Count < MostUnderWay)
                {
                    var producer = producers[numbers.Count % producers.Length];
                    var (number, batch) = await producer.SendNextAsync(client);
                    numbers.Add(number, (producer, batch));
                }
                if (answered == killAfter)
                    await server.KillAsync();
                var reply = await client.ReceiveAsync();
                Assert.Equal(0u, reply.Status);
                Assert.True(numbers.Remove(reply.Request, out var sent));
                sent.Producer.Acknowledge(sent.Batch);
            }
        }
        catch (Exception cut) when (cut is SocketException or EndOfStreamException or IOException)
        {
            // The kill, as ordered.
        }
    }

    private sealed record Batch(uint Sequence, int Count);

    /// <summary>A producer with a memory that the server's death does not touch.</summary>
    private sealed class Producer(uint partition)
    {
        private readonly SortedDictionary<uint, Batch> _underWay = [];
        private readonly ulong _id = (1_000_000UL << 20) | partition;
        private Context _context;
        private uint _next;

        public int Sent => (int)_next;

        public int Repeated { get; private set; }

        public async Task<(ulong Number, Batch Batch)> SendNextAsync(RawSessionsClient client)
        {
            var batch = new Batch(_next, 1 + (int)(_next % 3));
            _underWay.Add(_next, batch);
            _next += (uint)batch.Count;
            return (await client.StartAsync(101, Body(batch), _context), batch);
        }

        public void Acknowledge(Batch batch) => _underWay.Remove(batch.Sequence);

        public async Task RepeatAsync(RawSessionsClient client)
        {
            _context = await client.RouteAsync(Id("s"), Id("t"), partition);
            foreach (var batch in _underWay.Values)
                Assert.Equal(0u, (await client.AskAsync(101, Body(batch), _context)).Status);
            Repeated += _underWay.Count;
            _underWay.Clear();
        }

        public async Task CheckAsync(RawSessionsClient client, string when)
        {
            var found = new List<RawMessage>();
            while (true)
            {
                var poll = RawSessionsClient.DeferredPoll([1, .. Id(9)], Id("s"), Id("t"), partition, 1, (ulong)found.Count, 5000, false, 0);
                var (status, reply) = await client.AskAsync(106, poll, _context);
                Assert.Equal(0u, status);
                if (RawSessionsClient.ReadPoll(reply).Messages is not { Count: > 0 } more)
                    break;
                found.AddRange(more);
            }
            Assert.True(found.Count == _next, $"Partition {partition} holds {found.Count} messages, {_next} were sent ({when}).");
            for (var i = 0; i < found.Count; i++)
                Assert.True(found[i].IdLow == (ulong)i + 1 && found[i].Offset == (ulong)i, $"Message {i} of partition {partition} is {found[i].IdLow} at {found[i].Offset} ({when}).");
        }

        private byte[] Body(Batch batch) => RawVsrClient.Numbered(
            Id("s"), Id("t"), ToPartition(partition), _id, 0, batch.Sequence,
            [.. Enumerable.Range(0, batch.Count).Select(i => new VsrMessage(batch.Sequence + (ulong)i + 1, new byte[100 + (batch.Sequence % 500)], [], 1))]);
    }
}
