using System.Net;
using Iggy.Testing;
using static Iggy.Testing.RawClient;

namespace Iggy.EndToEnd.Tests;

/// <summary>Old messages go by themselves, also after a restart, and what is left stays right.</summary>
public class RetentionTests
{
    private protected virtual EndPoint AddressOf(ServerProcess server) => server.Tcp;

    [Fact]
    public async Task ExpiryAndSize_RealServerWithASmallInterval_RemoveOldSegmentsAndTheirFiles()
    {
        var settings = new Dictionary<string, string>
        {
            ["IGGY_SYSTEM_SEGMENT_SIZE"] = "1024 B",
            ["IGGY_DATA_MAINTENANCE_MESSAGES_CLEANER_ENABLED"] = "false",
        };
        var server = await ServerProcess.StartAsync(settings: settings);
        try
        {
            using (var client = await LogInAsync(AddressOf(server)))
            {
                await client.DoAsync(202, Name("s"));
                await client.DoAsync(302, Topic("expires", expiryMicros: 1, maxBytes: ulong.MaxValue));
                await client.DoAsync(302, Topic("shrinks", expiryMicros: ulong.MaxValue, maxBytes: 4000));
                await client.DoAsync(302, Topic("stays", expiryMicros: ulong.MaxValue, maxBytes: ulong.MaxValue));
                foreach (var topic in new[] { "expires", "shrinks", "stays" })
                {
                    for (var i = 0; i < 20; i++)
                        await client.DoAsync(101, Messages(Id("s"), Id(topic), ToPartition(0), (1, new byte[936], [])));
                }
            }
            Assert.Equal(0, await server.StopAsync());
            await server.DisposeAsync();
            Assert.Equal(3 * 7, LogFiles(server)); // three messages a segment: the batch that finds it full still goes in

            settings["IGGY_DATA_MAINTENANCE_MESSAGES_CLEANER_ENABLED"] = "true";
            settings["IGGY_DATA_MAINTENANCE_MESSAGES_INTERVAL"] = "50 ms";
            server = await ServerProcess.StartAsync(server.DataPath, settings);
            using var reader = await LogInAsync(AddressOf(server));
            await UntilAsync(reader, "expires", from: 18, upTo: 20);
            await UntilAsync(reader, "shrinks", from: 18, upTo: 20); // 3000 B would be below nine tenths, 5000 B are not
            Assert.Equal(20, (await OffsetsAsync(reader, "stays")).Length);
            Assert.Equal(1 + 1 + 7, LogFiles(server));

            await reader.DoAsync(101, Messages(Id("s"), Id("expires"), ToPartition(0), (1, [1], [])));
            var (_, current, _) = ReadPoll(await reader.DoAsync(100, Poll(1, Id("s"), Id("expires"), 0, 1, 0, 0)));
            Assert.Equal(20ul, current); // counting goes on, although that message may be gone again
        }
        finally
        {
            await server.DisposeAsync();
            Directory.Delete(server.DataPath, recursive: true);
        }
    }

    private static byte[] Topic(string name, ulong expiryMicros, ulong maxBytes) =>
        Join(Id("s"), U32(1), U8(1), U64(expiryMicros), U64(maxBytes), U8(1), Name(name));

    private static int LogFiles(ServerProcess server) => Directory.GetFiles(server.DataPath, "*.log", SearchOption.AllDirectories).Length;

    // Asks until the topic holds just these; each question waits for its answer, so nothing spins.
    private static async Task UntilAsync(RawClient client, string topic, ulong from, ulong upTo)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        while (await OffsetsAsync(client, topic) is var offsets && (offsets[0] != from || offsets[^1] != upTo - 1))
            Assert.False(limit.IsCancellationRequested, $"{topic} still holds {offsets[0]} to {offsets[^1]}.");
    }

    private static async Task<ulong[]> OffsetsAsync(RawClient client, string topic)
    {
        var (_, _, messages) = ReadPoll(await client.DoAsync(100, Poll(1, Id("s"), Id(topic), 0, 1, 0, 100)));
        return [.. messages.Select(message => message.Offset)];
    }
}
