using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using Iggy.Client;
using Iggy.Protocol;
using Iggy.Testing;

namespace Iggy.EndToEnd.Tests.Telemetry;

/// <summary>How far groups are behind, as a scraper sees it.</summary>
public sealed partial class LagTests : IDisposable
{
    private const int Groups = 10_000, Topics = 10;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private static readonly Identifier s_stream = new("s");
    private readonly string _data = Directory.CreateTempSubdirectory("iggy-lag-").FullName;

    public void Dispose() => Directory.Delete(_data, recursive: true);

    // Goal: messages and time behind, per group and per partition, also of partitions that nobody has open.
    [Fact]
    public async Task Lag_OfGroups_IsToldInMessagesAndSeconds_AlsoAfterARestart()
    {
        await using (var server = await ServerProcess.StartAsync(_data, Settings()))
        {
            await using var client = await ConnectAsync(server);
            await client.CreateStreamAsync("s", Cancellation);
            await client.CreateTopicAsync(s_stream, "odd \"name\"\\", partitionsCount: 2, cancellationToken: Cancellation);
            Identifier topic = new("odd \"name\"\\");
            foreach (var group in (string[])["behind", "done", "idle"])
                await client.CreateConsumerGroupAsync(s_stream, topic, group, Cancellation);
            for (var partition = 0u; partition < 2; partition++)
                await client.SendMessagesAsync(s_stream, topic, Partitioning.ToPartition(partition), [new("a"), new("b"), new("c")], Cancellation);
            await using var second = await ConnectAsync(server);
            await ReadAsync(client, topic, "behind", most: 1); // of one partition the first message
            await ReadAsync(second, topic, "done", most: int.MaxValue);

            var text = await ScrapeAsync(server, "?lag=partitions");
            Assert.Equal(5, Value(text, """iggy_group_lag_messages{stream="s",topic="odd \"name\"\\",group="behind"}"""));
            Assert.Equal(0, Value(text, """iggy_group_lag_messages{stream="s",topic="odd \"name\"\\",group="done"}"""));
            Assert.Equal(6, Value(text, """iggy_group_lag_messages{stream="s",topic="odd \"name\"\\",group="idle"}"""));
            Assert.True(Value(text, """iggy_group_lag_seconds{stream="s",topic="odd \"name\"\\",group="behind"}""") > 0);
            Assert.Equal(0, Value(text, """iggy_group_lag_seconds{stream="s",topic="odd \"name\"\\",group="done"}"""));
            double[] parts = [.. Enumerable.Range(0, 2).Select(partition => Value(text, $$"""iggy_group_partition_lag_messages{stream="s",topic="odd \"name\"\\",group="behind",partition="{{partition}}"}"""))];
            Assert.Equal([2, 3], parts.Order());
            Assert.DoesNotContain("partition=", await ScrapeAsync(server), StringComparison.Ordinal);
            await client.DisposeAsync();
            await second.DisposeAsync();
            Assert.Equal(0, await server.StopAsync());
        }

        await using (var server = await ServerProcess.StartAsync(_data, Settings()))
        {
            var text = await ScrapeAsync(server);
            Assert.Equal(5, Value(text, """iggy_group_lag_messages{stream="s",topic="odd \"name\"\\",group="behind"}"""));
            Assert.True(Value(text, """iggy_group_lag_seconds{stream="s",topic="odd \"name\"\\",group="behind"}""") > 0);
            Assert.Equal(6, Value(text, """iggy_group_lag_messages{stream="s",topic="odd \"name\"\\",group="idle"}"""));
            Assert.Equal(0, Value(text, "iggy_partitions_open{}"));
            Assert.Equal(0, Value(text, "iggy_partitions_opened_total{}"));
        }
    }

    // Goal: an answer is bounded, and who reads it can tell that there is more.
    [Fact]
    public async Task Lag_OfMoreGroupsThanMayBeTold_IsLeftOutAndCounted()
    {
        var settings = Settings();
        settings["Iggy__Metrics__MaxGroups"] = "2";
        await using var server = await ServerProcess.StartAsync(_data, settings);
        await using var client = await ConnectAsync(server);
        await client.CreateStreamAsync("s", Cancellation);
        await client.CreateTopicAsync(s_stream, "t", partitionsCount: 1, cancellationToken: Cancellation);
        for (var i = 0; i < 5; i++)
            await client.CreateConsumerGroupAsync(s_stream, new("t"), $"g{i}", Cancellation);
        var text = await ScrapeAsync(server);
        Assert.Equal(2, GroupLag().Count(text));
        Assert.Equal(3, Value(text, "iggy_metrics_series_dropped_total{}"));
    }

    // Goal: a scrape costs what it prints. The least of several rounds: this machine has other things to do.
    [Fact]
    public async Task Scrape_TenThousandGroups_TakesLessThanASecond()
    {
        await using var server = await ServerProcess.StartAsync(_data, Settings());
        await using var client = await ConnectAsync(server);
        await client.CreateStreamAsync("s", Cancellation);
        for (var topic = 0; topic < Topics; topic++)
        {
            Identifier id = new($"t{topic}");
            await client.CreateTopicAsync(s_stream, $"t{topic}", partitionsCount: 1, cancellationToken: Cancellation);
            await client.SendMessagesAsync(s_stream, id, Partitioning.ToPartition(0), [.. Enumerable.Range(0, 1000).Select(static i => new Message($"m{i}"))], Cancellation);
            await Task.WhenAll(Enumerable.Range(0, Groups / Topics).Select(group => client.CreateConsumerGroupAsync(s_stream, id, $"g{group}", Cancellation).AsTask()));
        }

        var least = TimeSpan.MaxValue;
        using var http = new HttpClient { BaseAddress = new Uri($"http://{server.Http}") };
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(1.1)); // a look serves for a second
        for (var round = 0; round < 5; round++)
        {
            await timer.WaitForNextTickAsync(Cancellation);
            var started = Stopwatch.GetTimestamp();
            var text = await http.GetStringAsync(new Uri("/metrics", UriKind.Relative), Cancellation);
            var took = Stopwatch.GetElapsedTime(started);
            least = took < least ? took : least;
            Assert.Equal(Groups, GroupLag().Count(text));
        }
        TestContext.Current.TestOutputHelper?.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{Groups} groups were scraped in {least.TotalMilliseconds:0} ms"));
        Assert.True(least < TimeSpan.FromSeconds(1), $"{Groups} groups took {least} at best.");
    }

    private static Dictionary<string, string> Settings() => new() { ["IGGY_HTTP_ENABLED"] = "true", ["IGGY_HTTP_ADDRESS"] = "127.0.0.1:0" };

    private static Task<IggyClient> ConnectAsync(ServerProcess server) =>
        IggyClient.ConnectAsync($"iggy://{ServerProcess.Username}:{ServerProcess.Password}@{server.Tcp}", Cancellation);

    private static async Task ReadAsync(IggyClient client, Identifier topic, string group, int most)
    {
        await using var consumer = client.CreateConsumer(new ConsumerOptions
        {
            Stream = s_stream, Topic = topic, Consumer = new(ConsumerKind.Group, new(group)), Follow = false, Commit = AutoCommit.AfterEach,
        });
        var read = 0;
        await foreach (var message in consumer.ReadAsync(Cancellation))
        {
            if (++read > most)
                break;
        }
    }

    private static async Task<string> ScrapeAsync(ServerProcess server, string query = "")
    {
        using var http = new HttpClient { BaseAddress = new Uri($"http://{server.Http}") };
        return await http.GetStringAsync(new Uri($"/metrics{query}", UriKind.Relative), Cancellation);
    }

    private static double Value(string text, string series)
    {
        var at = text.IndexOf($"\n{series} ", StringComparison.Ordinal);
        Assert.True(at >= 0, $"{series} is not there:\n{text}");
        return double.Parse(text[(at + series.Length + 2)..].Split('\n', ' ')[0], CultureInfo.InvariantCulture);
    }

    [GeneratedRegex("\niggy_group_lag_messages{")]
    private static partial Regex GroupLag();
}
