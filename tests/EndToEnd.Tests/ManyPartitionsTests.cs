using System.Globalization;
using Iggy.Testing;
using static Iggy.Testing.RawClient;

namespace Iggy.EndToEnd.Tests;

/// <summary>Partitions that nobody uses cost no descriptors, whoever asks for their figures.</summary>
public sealed class ManyPartitionsTests : IDisposable
{
    private const int MostDescriptors = 500; // of an idle server, and some; each open partition would take two and more
    private static readonly Dictionary<string, string> s_http = new() { ["IGGY_HTTP_ENABLED"] = "true", ["IGGY_HTTP_ADDRESS"] = "127.0.0.1:0" };
    private readonly string _data = Directory.CreateTempSubdirectory("iggy-many-").FullName;

    public void Dispose() => Directory.Delete(_data, recursive: true);

    [Fact]
    public async Task Partitions_MadeListedScrapedAndRestarted_AreNotOpened()
    {
        await using (var server = await ServerProcess.StartAsync(_data, s_http))
        {
            using var client = await LogInAsync(server.Tcp);
            await client.DoAsync(202, Name("s"));
            await client.DoAsync(302, NewTopic(Id("s"), "t0", 1000));
            await client.DoAsync(302, NewTopic(Id("s"), "t1", 1000));
            await client.DoAsync(201, []);
            await client.DoAsync(301, Id("s"));
            await client.DoAsync(101, Messages(Id("s"), Id("t1"), ToPartition(999), (0, new byte[36], [])));
            await AssertScrapedAsync(server, segments: 2000, messages: 1);
            Assert.Equal(0, await server.StopAsync());
        }

        await using (var server = await ServerProcess.StartAsync(_data, s_http))
        {
            for (var i = 0; i < 3; i++)
                await AssertScrapedAsync(server, segments: 2000, messages: 1);
            using var client = await LogInAsync(server.Tcp);
            Assert.Single(ReadPoll(await client.DoAsync(100, Poll(1, Id("s"), Id("t1"), 999, 1, 0, 10))).Messages);
        }
    }

    private static async Task AssertScrapedAsync(ServerProcess server, int segments, int messages)
    {
        using var http = new HttpClient { BaseAddress = new Uri($"http://{server.Http}") };
        var text = await http.GetStringAsync(new Uri("/metrics", UriKind.Relative), TestContext.Current.CancellationToken);
        Assert.Contains("\npartitions 2000\n", text, StringComparison.Ordinal);
        Assert.Contains(string.Create(CultureInfo.InvariantCulture, $"\nsegments {segments}\n"), text, StringComparison.Ordinal);
        Assert.Contains(string.Create(CultureInfo.InvariantCulture, $"\nmessages {messages}\n"), text, StringComparison.Ordinal);
        Assert.Matches(@"\niggy_partitions_unknown(\{[^}]*\})? 0( |\n)", text);
        Assert.InRange(Directory.GetFileSystemEntries($"/proc/{server.ProcessId}/fd").Length, 1, MostDescriptors);
    }
}
