using System.Net;
using Iggy.Testing;
using static Iggy.Testing.RawClient;

namespace Iggy.EndToEnd.Tests;

/// <summary>Deduplication under Apache Iggy's names, over the wire.</summary>
public class DeduplicationTests : IDisposable
{
    private protected virtual EndPoint AddressOf(ServerProcess server) => server.Tcp;

    private static readonly Dictionary<string, string> s_settings = new()
    {
        ["IGGY_SYSTEM_MESSAGE_DEDUPLICATION_ENABLED"] = "true",
        ["IGGY_SYSTEM_MESSAGE_DEDUPLICATION_MAX_ENTRIES"] = "100",
        ["IGGY_SYSTEM_MESSAGE_DEDUPLICATION_EXPIRY"] = "1 h", // no slow machine gets there
    };

    private readonly string _data = Directory.CreateTempSubdirectory("iggy-dedup-").FullName;

    public void Dispose()
    {
        Directory.Delete(_data, recursive: true);
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task Send_Again_IsAnsweredOkAndNotStoredTwiceAlsoAfterARestart()
    {
        await using (var server = await ServerProcess.StartAsync(_data, s_settings))
        {
            using var client = await LogInAsync(AddressOf(server));
            await client.DoAsync(202, Name("s"));
            await client.DoAsync(302, NewTopic(Id("s"), "t", 1)); // made while the server runs
            await SendAsync(client, 1, 2, 3);
            await SendAsync(client, 1, 2, 3);
            await SendAsync(client, 3, 4, 4, 5);
            await CheckAsync(client, 1, 2, 3, 4, 5);
            Assert.Equal(0, await server.StopAsync());
        }

        await using (var server = await ServerProcess.StartAsync(_data, s_settings))
        {
            using var client = await LogInAsync(AddressOf(server));
            await SendAsync(client, 5, 6);
            await CheckAsync(client, 1, 2, 3, 4, 5, 6);
            await client.DoAsync(305, Id("s"), Id("t"));
            await SendAsync(client, 6);
            await CheckAsync(client, 6);
            for (var i = 0UL; i < 100; i++)
                await SendAsync(client, 1000 + i);
            await SendAsync(client, 6); // out of the hundred
            await SendAsync(client, 0); // no id
            await SendAsync(client, 0);
            var (_, current, _) = ReadPoll(await client.DoAsync(100, Poll(1, Id("s"), Id("t"), 0, 1, 0, 1)));
            Assert.Equal(103UL, current);
        }
    }

    private static Task<byte[]> SendAsync(RawClient client, params ulong[] ids) =>
        client.DoAsync(101, Messages(Id("s"), Id("t"), ToPartition(0), [.. ids.Select(id => (id, BitConverter.GetBytes(id), Array.Empty<byte>()))]));

    private static async Task CheckAsync(RawClient client, params ulong[] ids)
    {
        var (_, current, messages) = ReadPoll(await client.DoAsync(100, Poll(1, Id("s"), Id("t"), 0, 1, 0, 1000)));
        Assert.Equal(ids, messages.Select(message => message.IdLow));
        Assert.Equal(Enumerable.Range(0, ids.Length).Select(i => (ulong)i), messages.Select(message => message.Offset));
        Assert.Equal((ulong)ids.Length - 1, current);
    }
}
