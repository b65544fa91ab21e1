using System.Diagnostics;
using System.Net.Sockets;
using Iggy.Testing;
using static Iggy.Testing.RawClient;

namespace Iggy.Crash.Tests;

/// <summary>What an OK means: the server is killed in the middle of its work, again and again, and everything it acknowledged must
/// be there when it comes back.</summary>
public sealed class KillTests(ITestOutputHelper output)
{
    private const int Cycles = 50;
    private const uint Partitions = 3;
    private static readonly TimeSpan RecoveryLimit = TimeSpan.FromSeconds(20);

    // Method: one writer for each partition sends batches of random shape whose payloads say their number; the kill comes at a random moment.
    // After each restart the partition must hold a row that starts with every acknowledged message, in order, once, byte for byte;
    // behind them may stand, whole or not at all, the one batch that was on its way.
    [Fact]
    public async Task Kill_InTheMiddleOfSends_LosesNothingAcknowledged()
    {
        var seed = Environment.TickCount;
        output.WriteLine($"seed {seed}");
        var random = new Random(seed);
        var data = Directory.CreateTempSubdirectory("iggy-crash-").FullName;
        var settings = new Dictionary<string, string> { ["IGGY_SYSTEM_SEGMENT_SIZE"] = "1 MiB" }; // so that kills hit rolls as well
        var writers = Enumerable.Range(0, (int)Partitions).Select(partition => new Writer((uint)partition, random.Next())).ToArray();
        try
        {
            for (var cycle = 0; cycle < Cycles; cycle++)
            {
                var watch = Stopwatch.StartNew();
                await using var server = await ServerProcess.StartAsync(data, settings);
                Assert.True(watch.Elapsed < RecoveryLimit, $"Recovery took {watch.Elapsed} in cycle {cycle} (seed {seed}).");
                using (var client = await LogInAsync(server.Tcp))
                {
                    if (cycle == 0)
                    {
                        await client.DoAsync(202, Name("s"));
                        await client.DoAsync(302, NewTopic(Id("s"), "t", Partitions));
                    }
                    foreach (var writer in writers)
                        await writer.CheckAsync(client, $"cycle {cycle}, seed {seed}");
                }

                var killAfter = random.Next(5, 120);
                using var sent = new SemaphoreSlim(0);
                var writing = writers.Select(writer => writer.WriteUntilCutAsync(server.Tcp, () => sent.Release())).ToArray();
                for (var i = 0; i < killAfter; i++)
                    await sent.WaitAsync(TestContext.Current.CancellationToken); // random in the number of answers, so the kill falls anywhere in the next requests
                await server.KillAsync();
                await Task.WhenAll(writing);
            }

            await using var last = await ServerProcess.StartAsync(data, settings);
            using var reader = await LogInAsync(last.Tcp);
            foreach (var writer in writers)
                await writer.CheckAsync(reader, $"the end, seed {seed}");
            output.WriteLine($"{writers.Sum(writer => writer.Acknowledged)} messages were acknowledged in {Cycles} cycles");
            Assert.True(writers.Sum(writer => writer.Acknowledged) > Cycles);
        }
        finally
        {
            Directory.Delete(data, recursive: true);
        }
    }

    /// <summary>The one producer of a partition, with a memory that the server's death does not touch.</summary>
    private sealed class Writer(uint partition, int seed)
    {
        private readonly Random _random = new(seed);
        private readonly List<byte[]> _acknowledged = [];
        private List<byte[]> _underWay = [];
        private ulong? _committed;
        private ulong? _committing;

        public int Acknowledged => _acknowledged.Count;

        public async Task WriteUntilCutAsync(System.Net.EndPoint server, Action onAnswer)
        {
            try
            {
                using var client = await LogInAsync(server);
                while (true)
                {
                    _underWay = [.. Enumerable.Range(0, _random.Next(1, 20)).Select(i => Payload(_acknowledged.Count + i))];
                    await client.DoAsync(101, Messages(Id("s"), Id("t"), ToPartition(partition), [.. _underWay.Select((payload, i) => ((ulong)(_acknowledged.Count + i + 1), payload, Array.Empty<byte>()))]));
                    _acknowledged.AddRange(_underWay);
                    _underWay = [];
                    _committing = (ulong)_random.Next(0, _acknowledged.Count);
                    await client.DoAsync(121, U8(1), Id(1), Id("s"), Id("t"), U8(1), U32(partition), U64(_committing.Value));
                    _committed = _committing;
                    onAnswer();
                }
            }
            catch (Exception cut) when (cut is SocketException or EndOfStreamException)
            {
                // The kill, as ordered. Whoever waits for more answers must not wait for ever.
                onAnswer();
            }
        }

        public async Task CheckAsync(RawClient client, string when)
        {
            var found = new List<RawMessage>();
            while (true)
            {
                var (_, current, messages) = ReadPoll(await client.DoAsync(100, Poll(9, Id("s"), Id("t"), partition, 1, (ulong)found.Count, 5000)));
                found.AddRange(messages);
                if (messages.Count > 0)
                    continue;
                Assert.Equal((ulong)Math.Max(0, found.Count - 1), current);
                break;
            }

            var expected = _acknowledged;
            if (found.Count > expected.Count) // the batch on its way was written though its answer never came: all of it
                expected = [.. _acknowledged, .. _underWay];
            Assert.True(found.Count == expected.Count, $"Partition {partition} holds {found.Count} messages, {_acknowledged.Count} were acknowledged and {_underWay.Count} under way ({when}).");
            for (var i = 0; i < found.Count; i++)
            {
                Assert.Equal((ulong)i, found[i].Offset);
                Assert.True(found[i].Payload.AsSpan().SequenceEqual(expected[i]), $"Message {i} of partition {partition} is not what was sent ({when}).");
            }
            if (!ReferenceEquals(expected, _acknowledged))
                _acknowledged.AddRange(_underWay);
            _underWay = [];

            var stored = await client.DoAsync(120, U8(1), Id(1), Id("s"), Id("t"), U8(1), U32(partition));
            ulong? offset = stored.Length > 0 ? BitConverter.ToUInt64(stored, 12) : null;
            Assert.True(offset == _committed || offset == _committing, $"Partition {partition} has the stored offset {offset}, acknowledged was {_committed}, under way {_committing} ({when}).");
            Assert.True(offset is null || offset < (ulong)found.Count, $"The stored offset {offset} lies beyond the {found.Count} messages of partition {partition} ({when}).");
            _committed = _committing = offset;
        }

        private byte[] Payload(int number)
        {
            var payload = new byte[_random.Next(8, 3000)];
            _random.NextBytes(payload);
            BitConverter.TryWriteBytes(payload, (long)number);
            return payload;
        }
    }
}
