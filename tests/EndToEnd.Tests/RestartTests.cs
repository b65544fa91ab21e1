using System.Net;
using Iggy.Testing;
using static Iggy.Testing.RawClient;

namespace Iggy.EndToEnd.Tests;

/// <summary>What is the same after a restart, asked for and not: every record, every message, and the numbers that are given next.</summary>
public class RestartTests
{
    private protected virtual EndPoint AddressOf(ServerProcess server) => server.Tcp;

    private static readonly int[] s_counts = [0, 1, 2, 3, 50, 1000];

    [Theory]
    [InlineData("1 GiB")]
    [InlineData("4 KiB")]
    public async Task Restart_StoppedAndKilled_KeepsEverythingAndCountsOn(string segmentSize)
    {
        var settings = new Dictionary<string, string> { ["IGGY_SYSTEM_SEGMENT_SIZE"] = segmentSize };
        var server = await ServerProcess.StartAsync(settings: settings);
        try
        {
            using (var client = await LogInAsync(AddressOf(server)))
            {
                await client.DoAsync(202, Name("s"));
                foreach (var count in s_counts)
                {
                    await client.DoAsync(302, NewTopic(Id("s"), $"t{count}", 2));
                    if (count > 0)
                        await SendAsync(client, count, from: 0, count);
                }
            }
            for (var round = 1; round <= 3; round++)
            {
                var before = await LookAsync(server);
                if (round == 2)
                    await server.KillAsync();
                else
                    Assert.Equal(0, await server.StopAsync());
                await server.DisposeAsync();

                server = await ServerProcess.StartAsync(server.DataPath, settings);
                Assert.Equal(before, await LookAsync(server));
                using var client = await LogInAsync(AddressOf(server));
                foreach (var count in s_counts)
                {
                    var next = count + round - 1;
                    await SendAsync(client, count, next, 1);
                    var (_, current, messages) = ReadPoll(await client.DoAsync(100, Poll(1, Id("s"), Id($"t{count}"), 0, 3, 0, 2000)));
                    Assert.Equal((ulong)next, current);
                    Assert.Equal(Enumerable.Range(0, next + 1).Select(i => ((ulong)i, (ulong)i + 1)), messages.Select(message => (message.Offset, message.IdLow)));
                }
            }
        }
        finally
        {
            await server.DisposeAsync();
            Directory.Delete(server.DataPath, recursive: true);
        }
    }

    private static async Task SendAsync(RawClient client, int topic, int from, int count)
    {
        byte[] Headers(int i) => Join([2], U32(1), "k"u8.ToArray(), [11], U32(4), U32((uint)i));
        for (var sent = 0; sent < count; sent += 100)
        {
            await client.DoAsync(101, Messages(Id("s"), Id($"t{topic}"), ToPartition(0),
                [.. Enumerable.Range(from + sent, Math.Min(100, count - sent)).Select(i => ((ulong)i + 1, BitConverter.GetBytes(i), i % 3 == 0 ? Headers(i) : []))]));
        }
    }

    // Everything that a client can see, as one text, so that a difference names its place.
    private async Task<string> LookAsync(ServerProcess server)
    {
        using var client = await LogInAsync(AddressOf(server));
        var seen = new List<byte[]> { await client.DoAsync(201), await client.DoAsync(200, Id("s")), await client.DoAsync(301, Id("s")), await client.DoAsync(32) };
        foreach (var count in s_counts)
        {
            seen.Add(await client.DoAsync(300, Id("s"), Id($"t{count}")));
            seen.Add(await client.DoAsync(100, Poll(1, Id("s"), Id($"t{count}"), 0, 3, 0, 2000)));
            seen.Add(await client.DoAsync(100, Poll(1, Id("s"), Id($"t{count}"), 1, 3, 0, 2000)));
        }
        return string.Join('\n', seen.Select(Convert.ToHexString));
    }
}
