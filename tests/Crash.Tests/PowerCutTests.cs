using System.Globalization;
using Iggy.Testing;
using static Iggy.Testing.RawClient;

namespace Iggy.Crash.Tests;

/// <summary>What an OK means with durability always: the power is cut in the middle of the work, again and again.</summary>
public sealed class PowerCutTests(ITestOutputHelper output)
{
    private const uint Partitions = 3;

    // Method: writers and a consumer with auto-commit work on a file system that forgets what was not synced. After each cut every acknowledged
    // message, stored offset and topic is there, every offset can be read, and the consumer goes on. IGGY_POWER_CUTS asks for more cuts than 3.
    [Fact]
    public async Task Cut_InTheMiddleOfWork_LosesNothingAcknowledgedAndLeavesNoDamage()
    {
        await using var disk = await LoopDisk.TryMakeAsync();
        Assert.SkipWhen(disk is null, "Only root can mount the disk whose power this test cuts, where there are loop devices.");
        var cuts = int.Parse(Environment.GetEnvironmentVariable("IGGY_POWER_CUTS") ?? "3", CultureInfo.InvariantCulture);
        var seed = Environment.TickCount;
        output.WriteLine($"seed {seed}");
        var random = new Random(seed);
        var settings = new Dictionary<string, string> { ["IGGY_SYSTEM_SEGMENT_SIZE"] = "64 KiB", ["IGGY_STORAGE_DURABILITY"] = "always" }; // so that cuts hit rolls too
        var data = Path.Combine(disk.Folder, "data");
        Directory.CreateDirectory(data);
        var work = Enumerable.Range(0, (int)Partitions).Select(partition => new Work((uint)partition, random.Next())).ToArray();
        var topics = 0;

        for (var cycle = 0; cycle <= cuts; cycle++)
        {
            await using var server = await ServerProcess.StartAsync(data, settings);
            using var client = await LogInAsync(server.Tcp);
            if (cycle == 0)
            {
                await client.DoAsync(202, Name("s"));
                await client.DoAsync(302, NewTopic(Id("s"), "t", Partitions));
            }
            foreach (var one in work)
                await one.CheckAsync(client, $"cycle {cycle}, seed {seed}");
            for (var topic = 0; topic < topics; topic++)
                Assert.NotEmpty(ReadPoll(await client.DoAsync(100, Poll(9, Id("s"), Id($"t{topic}"), 0, 1, 0, 10))).Messages);
            if (cycle == cuts)
                break;

            using var answered = new SemaphoreSlim(0);
            var power = new Power();
            var running = work.Select(one => one.RunUntilCutAsync(server.Tcp, power, () => answered.Release())).ToArray();
            for (var answers = random.Next(20, 300); answers > 0; answers--)
                await answered.WaitAsync(TestContext.Current.CancellationToken); // random in the number of answers, so the cut falls anywhere
            await client.DoAsync(302, NewTopic(Id("s"), $"t{topics}", 2));
            await client.DoAsync(101, Messages(Id("s"), Id($"t{topics}"), ToPartition(0), (1, [1], [])));
            topics++;
            power.IsCut = true; // before it is: an answer that comes from here on may be about what is lost
            disk.Cut();
            await server.KillAsync();
            await Task.WhenAll(running);
            await disk.RestartAsync();
        }
        output.WriteLine($"{work.Sum(one => one.Acknowledged)} messages were acknowledged in {cuts} cycles");
        Assert.True(work.Sum(one => one.Acknowledged) > cuts);
    }

    private sealed class Power
    {
        private volatile bool _isCut;

        public bool IsCut { get => _isCut; set => _isCut = value; }
    }

    /// <summary>The one producer and the one consumer of a partition.</summary>
    private sealed class Work(uint partition, int seed)
    {
        private readonly Random _random = new(seed);
        private readonly List<byte[]> _acknowledged = [];
        private List<byte[]> _underWay = [];
        private ulong? _committed;

        public int Acknowledged => _acknowledged.Count;

        public async Task RunUntilCutAsync(System.Net.EndPoint server, Power power, Action onAnswer)
        {
            try
            {
                using var client = await LogInAsync(server);
                while (true)
                {
                    _underWay = [.. Enumerable.Range(0, _random.Next(1, 30)).Select(_ => Payload())];
                    await client.DoAsync(101, Messages(Id("s"), Id("t"), ToPartition(partition), [.. _underWay.Select((payload, i) => ((ulong)(_acknowledged.Count + i + 1), payload, Array.Empty<byte>()))]));
                    if (power.IsCut)
                        return;
                    _acknowledged.AddRange(_underWay);
                    _underWay = [];
                    var polled = ReadPoll(await client.DoAsync(100, Poll(5, Id("s"), Id("t"), partition, 5, 0, 20, autoCommit: true))).Messages;
                    if (power.IsCut)
                        return;
                    if (polled.Count > 0)
                        _committed = polled[^1].Offset;
                    onAnswer();
                }
            }
            catch (Exception cut) when (power.IsCut && cut is not OutOfMemoryException)
            {
                // The cut, as ordered: errors of the disk first, then the end of the connection.
            }
            finally
            {
                onAnswer(); // whoever waits for more answers must not wait for ever
            }
        }

        public async Task CheckAsync(RawClient client, string when)
        {
            var found = new List<RawMessage>();
            while (ReadPoll(await client.DoAsync(100, Poll(9, Id("s"), Id("t"), partition, 1, (ulong)found.Count, 5000))).Messages is { Count: > 0 } more)
                found.AddRange(more);
            Assert.True(found.Count >= _acknowledged.Count, $"Partition {partition} holds {found.Count} messages, {_acknowledged.Count} were acknowledged ({when}).");
            var expected = _acknowledged.Concat(_underWay).Take(found.Count).ToArray();
            Assert.True(found.Count == expected.Length, $"Partition {partition} holds {found.Count} messages, {expected.Length} were sent ({when}).");
            for (var i = 0; i < found.Count; i++)
            {
                Assert.Equal((ulong)i, found[i].Offset);
                Assert.True(found[i].Payload.AsSpan().SequenceEqual(expected[i]), $"Message {i} of partition {partition} is not what was sent ({when}).");
            }
            _acknowledged.AddRange(expected[_acknowledged.Count..]);
            _underWay = [];

            var stored = await client.DoAsync(120, U8(1), Id(5), Id("s"), Id("t"), U8(1), U32(partition));
            ulong? offset = stored.Length > 0 ? BitConverter.ToUInt64(stored, 12) : null;
            Assert.True(_committed is null || offset >= _committed, $"Partition {partition} has the stored offset {offset}, acknowledged was {_committed} ({when}).");
            Assert.True(offset is null || offset < (ulong)found.Count, $"The stored offset {offset} lies beyond the {found.Count} messages of partition {partition} ({when}).");
            _committed = offset;
        }

        private byte[] Payload()
        {
            var payload = new byte[_random.Next(8, 3000)];
            _random.NextBytes(payload);
            return payload;
        }
    }
}
