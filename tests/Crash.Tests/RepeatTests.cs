using System.Net.Sockets;
using Iggy.Testing;
using static Iggy.Testing.RawClient;

namespace Iggy.Crash.Tests;

/// <summary>With deduplication a producer that does not know whether its batch was stored sends it again, and nothing is stored twice.</summary>
public sealed class RepeatTests(ITestOutputHelper output)
{
    private const int Cycles = 12;

    // Method: the server is killed at a random moment of a row of sends. After each restart the producer repeats its last batches, the one on its way
    // among them, and goes on. At the end every message is there once, in the order of its first sending, at dense offsets.
    [Theory]
    [InlineData("none")]
    [InlineData("always")]
    public async Task Kill_InTheMiddleOfSends_RepeatedBatchesAreStoredOnce(string durability)
    {
        var seed = Environment.TickCount;
        output.WriteLine($"seed {seed}");
        var random = new Random(seed);
        var data = Directory.CreateTempSubdirectory("iggy-crash-").FullName;
        var settings = new Dictionary<string, string>
        {
            ["IGGY_SYSTEM_MESSAGE_DEDUPLICATION_ENABLED"] = "true",
            ["IGGY_SYSTEM_MESSAGE_DEDUPLICATION_EXPIRY"] = "1 h",
            ["IGGY_SYSTEM_SEGMENT_SIZE"] = "64 KiB", // so that what is repeated lies in several segments
            ["IGGY_STORAGE_DURABILITY"] = durability,
        };
        var batches = new List<ulong[]>(); // as first sent; of the last one nobody knows
        ulong id = 0;
        try
        {
            for (var cycle = 0; cycle < Cycles; cycle++)
            {
                await using var server = await ServerProcess.StartAsync(data, settings);
                using var client = await LogInAsync(server.Tcp);
                if (cycle == 0)
                {
                    await client.DoAsync(202, Name("s"));
                    await client.DoAsync(302, NewTopic(Id("s"), "t", 1));
                }
                foreach (var batch in batches.TakeLast(20))
                    await SendAsync(client, batch);
                await CheckAsync(client, batches, $"cycle {cycle}, seed {seed}");

                var killAfter = random.Next(3, 60);
                var (answers, reached) = (0, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
                var sending = Task.Run(async () =>
                {
                    try
                    {
                        while (true)
                        {
                            batches.Add([.. Enumerable.Range(0, random.Next(1, 15)).Select(_ => ++id)]);
                            await SendAsync(client, batches[^1]);
                            if (++answers == killAfter)
                                reached.SetResult();
                        }
                    }
                    catch (Exception cut) when (cut is SocketException or EndOfStreamException)
                    {
                        // The kill, as ordered.
                    }
                }, TestContext.Current.CancellationToken);
                await reached.Task.WaitAsync(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken);
                await server.KillAsync();
                await sending;
            }

            await using var last = await ServerProcess.StartAsync(data, settings);
            using var reader = await LogInAsync(last.Tcp);
            await SendAsync(reader, batches[^1]);
            await CheckAsync(reader, batches, $"the end, seed {seed}");
            output.WriteLine($"{id} messages, {batches.Count} batches, {Cycles} kills");
        }
        finally
        {
            Directory.Delete(data, recursive: true);
        }
    }

    private static Task<byte[]> SendAsync(RawClient client, ulong[] ids) =>
        client.DoAsync(101, Messages(Id("s"), Id("t"), ToPartition(0), [.. ids.Select(id => (id, new byte[100 + (id % 300)], Array.Empty<byte>()))]));

    private static async Task CheckAsync(RawClient client, List<ulong[]> batches, string when)
    {
        var found = new List<RawMessage>();
        while (ReadPoll(await client.DoAsync(100, Poll(9, Id("s"), Id("t"), 0, 1, (ulong)found.Count, 5000))).Messages is { Count: > 0 } more)
            found.AddRange(more);
        var expected = batches.SelectMany(batch => batch).ToArray();
        Assert.True(found.Select(message => message.IdLow).SequenceEqual(expected), $"{found.Count} messages found, {expected.Length} sent ({when}).");
        Assert.True(found.Select((message, i) => message.Offset == (ulong)i).All(isDense => isDense), when);
    }
}
