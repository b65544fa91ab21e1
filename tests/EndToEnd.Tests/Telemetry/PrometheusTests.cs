using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using System.Text.RegularExpressions;
using Iggy.Client;
using Iggy.EndToEnd.Tests.Http;
using Iggy.Protocol;
using Iggy.Testing;
using Iggy.Testing.Observability;

namespace Iggy.EndToEnd.Tests.Telemetry;

/// <summary>A real Prometheus beside a running server.</summary>
public sealed partial class PrometheusTests : IDisposable
{
    private const string Program = "/usr/bin/prometheus", Checker = "/usr/bin/promtool";
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(120);

    private readonly string _data = Directory.CreateTempSubdirectory("iggy-prometheus-").FullName;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(_data, recursive: true);

    // Goal: the list of names is what a server shows, no more and no less.
    [Fact]
    public async Task Metrics_OfAServerThatWasUsed_AreThoseOfTheList()
    {
        await using var server = await StartAsync();
        using var http = new HttpClient { BaseAddress = new Uri($"http://{server.Http}") };
        var text = await http.GetStringAsync(new Uri("/metrics", UriKind.Relative), Cancellation);
        var families = Family().Matches(text).Select(static match => (match.Groups[1].Value.EndsWith("_total", StringComparison.Ordinal) ? match.Groups[1].Value[..^"_total".Length] : match.Groups[1].Value, match.Groups[2].Value));
        Assert.Equal(ServerMetrics.All.Select(static metric => $"{metric.Name} {metric.Kind}".ToLowerInvariant()).Order(StringComparer.Ordinal),
            families.Select(static one => $"{one.Item1} {one.Item2}").Order(StringComparer.Ordinal));
    }

    // Goal: whoever puts dashboard and rules up sees something. Method: the rules as they are deployed, a scrape a second, and each query until it has data.
    [Fact]
    public async Task Queries_OfDashboardAndRules_ReturnData()
    {
        Assert.SkipUnless(File.Exists(Program), $"{Program} is not there; ./test.sh installs it where it may.");
        await using var server = await StartAsync();
        var port = FreePort();
        var configuration = Path.Combine(_data, "prometheus.yml");
        await File.WriteAllTextAsync(configuration, $"""
            global:
              scrape_interval: 1s
              evaluation_interval: 1s
            rule_files: ['{ObservabilityFiles.RulesPath}']
            scrape_configs:
              - job_name: iggy
                static_configs:
                  - targets: ['{server.Http}']
            """, Cancellation);
        var (isRight, said) = await RunAsync(Checker, "check", "config", configuration);
        Assert.True(isRight, said);

        using var prometheus = Process.Start(new ProcessStartInfo(Program,
            [$"--config.file={configuration}", $"--storage.tsdb.path={Path.Combine(_data, "tsdb")}", $"--web.listen-address=127.0.0.1:{port}", "--log.level=error"]))!;
        try
        {
            using var http = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{port}") };
            await using var client = await ConnectAsync(server);
            foreach (var query in Panels.Dashboard.SelectMany(static panel => panel.Queries).Concat(Panels.Alerts.Select(static alert => alert.Query)))
                await UntilAsync(query, async () => await HasDataAsync(http, query), () => UseAsync(client, server));
            var rules = JsonDocument.Parse(await http.GetStringAsync(new Uri("/api/v1/rules", UriKind.Relative), Cancellation)).RootElement.GetProperty("data").GetProperty("groups")[0].GetProperty("rules");
            Assert.Equal(Panels.Alerts.Select(static alert => alert.Name), rules.EnumerateArray().Select(static rule => rule.GetProperty("name").GetString()));
            Assert.All(rules.EnumerateArray(), static rule => Assert.NotEqual("err", rule.GetProperty("health").GetString()));
        }
        finally
        {
            prometheus.Kill();
            await prometheus.WaitForExitAsync(CancellationToken.None);
        }
    }

    private async Task<ServerProcess> StartAsync()
    {
        var server = await ServerProcess.StartAsync(Directory.CreateDirectory(Path.Combine(_data, "server")).FullName, new Dictionary<string, string>
        {
            ["IGGY_HTTP_ENABLED"] = "true", ["IGGY_HTTP_ADDRESS"] = "127.0.0.1:0", ["Iggy__Storage__Durability"] = "Always",
        });
        await using var client = await ConnectAsync(server);
        await client.CreateStreamAsync("s", Cancellation);
        await client.CreateTopicAsync(new("s"), "t", partitionsCount: 1, cancellationToken: Cancellation);
        await client.CreateConsumerGroupAsync(new("s"), new("t"), "g", Cancellation);
        await UseAsync(client, server);
        return server;
    }

    // Something of everything: messages, a sync, a refusal, a wrong password.
    private static async Task UseAsync(IggyClient client, ServerProcess server)
    {
        await client.SendMessageAsync(new("s"), new("t"), Partitioning.ToPartition(0), new("a"), Cancellation);
        using var stranger = new ApiClient(server.Http);
        await stranger.RefusedAsync(401, 40, "GET", "/streams");
        await stranger.AskAsync("POST", "/users/login", """{"username":"iggy","password":"wrong"}""");
    }

    private static async Task<bool> HasDataAsync(HttpClient http, string query)
    {
        using var answer = await http.GetAsync(new Uri($"/api/v1/query?query={Uri.EscapeDataString(query)}", UriKind.Relative), Cancellation);
        var text = await answer.Content.ReadAsStringAsync(Cancellation);
        Assert.True(answer.StatusCode is HttpStatusCode.OK or HttpStatusCode.ServiceUnavailable, $"{query}: {text}");
        return answer.IsSuccessStatusCode && JsonDocument.Parse(text).RootElement.GetProperty("data").GetProperty("result").EnumerateArray()
            .Any(static series => series.GetProperty("value")[1].GetString() != "NaN");
    }

    // It tells nobody when it has scraped: it has to be asked again and again.
    private static async Task UntilAsync(string query, Func<Task<bool>> look, Func<Task> use)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(1));
        for (var started = Stopwatch.GetTimestamp(); Stopwatch.GetElapsedTime(started) < Limit; await timer.WaitForNextTickAsync(Cancellation))
        {
            try
            {
                if (await look())
                    return;
                await use();
            }
            catch (HttpRequestException refused) when (refused.InnerException is SocketException)
            {
                continue; // it does not listen yet
            }
        }
        Assert.Fail($"Within {Limit} this had no data: {query}");
    }

    private static Task<IggyClient> ConnectAsync(ServerProcess server) =>
        IggyClient.ConnectAsync($"iggy://{ServerProcess.Username}:{ServerProcess.Password}@{server.Tcp}", Cancellation);

    private static async Task<(bool IsRight, string Output)> RunAsync(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var errors = process.StandardError.ReadToEndAsync(Cancellation);
        var output = await process.StandardOutput.ReadToEndAsync(Cancellation);
        await process.WaitForExitAsync(Cancellation);
        return (process.ExitCode == 0, output + await errors);
    }

    private static int FreePort()
    {
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }

    [GeneratedRegex("# TYPE ([a-z_]+) ([a-z]+)")]
    private static partial Regex Family();
}
