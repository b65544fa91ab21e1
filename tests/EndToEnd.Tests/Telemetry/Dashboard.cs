using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;

namespace Iggy.EndToEnd.Tests.Telemetry;

/// <summary>The Aspire dashboard as a process: takes OTLP over gRPC and over HTTP, and gives back what came.</summary>
internal sealed class Dashboard : IAsyncDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(90);

    private readonly Process _process;
    private readonly HttpClient _http;

    private Dashboard(Process process, int port, int grpc, int http)
    {
        (_process, GrpcEndpoint, HttpEndpoint) = (process, $"http://127.0.0.1:{grpc}", $"http://127.0.0.1:{http}");
        _http = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{port}") };
    }

    /// <summary>Where it is after ./test.sh fetched it.</summary>
    public static string Program { get; } = Path.Combine(
        Environment.GetEnvironmentVariable("NUGET_PACKAGES") is { Length: > 0 } folder ? folder : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".nuget", "packages"),
        "aspire.dashboard.sdk.linux-x64", "13.6.5", "tools", "Aspire.Dashboard");

    public string GrpcEndpoint { get; }

    public string HttpEndpoint { get; }

    public static async Task<Dashboard> StartAsync()
    {
        Assert.SkipUnless(File.Exists(Program), $"{Program} is not there; ./test.sh fetches it.");
        int[] ports = [FreePort(), FreePort(), FreePort()];
        var start = new ProcessStartInfo(Program) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["ASPNETCORE_URLS"] = $"http://127.0.0.1:{ports[0]}";
        start.Environment["ASPIRE_DASHBOARD_OTLP_ENDPOINT_URL"] = $"http://127.0.0.1:{ports[1]}";
        start.Environment["ASPIRE_DASHBOARD_OTLP_HTTP_ENDPOINT_URL"] = $"http://127.0.0.1:{ports[2]}";
        start.Environment["ASPIRE_DASHBOARD_UNSECURED_ALLOW_ANONYMOUS"] = "true";
        start.Environment["ASPIRE_DASHBOARD_API_ENABLED"] = "true";
        var process = new Process { StartInfo = start };
        process.Start();
        process.OutputDataReceived += static (_, _) => { };
        process.ErrorDataReceived += static (_, _) => { };
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        var dashboard = new Dashboard(process, ports[0], ports[1], ports[2]);
        await dashboard.UntilAsync<object>("the dashboard answers", async () => (await dashboard._http.GetAsync("/api/telemetry/resources")).IsSuccessStatusCode ? new object() : null);
        return dashboard;
    }

    /// <summary>All spans of a trace, once there is what is waited for.</summary>
    public Task<List<Span>> SpansAsync(string traceId, string what, Func<List<Span>, bool> isThere) => UntilAsync(what, async () =>
    {
        var all = await GetAsync($"/api/telemetry/traces/{traceId}");
        var spans = all is null ? [] : Spans(all.Value).Where(span => span.TraceId == traceId).ToList();
        return isThere(spans) ? spans : null;
    });

    /// <summary>The answer of its API, once there is what is waited for.</summary>
    public Task<string> TextAsync(string path, string what, Func<string, bool> isThere) => UntilAsync(what, async () =>
    {
        using var answer = await _http.GetAsync(path);
        var text = await answer.Content.ReadAsStringAsync();
        return answer.IsSuccessStatusCode && isThere(text) ? text : null;
    });

    public async ValueTask DisposeAsync()
    {
        _process.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync();
        _process.Dispose();
        _http.Dispose();
    }

    private async Task<JsonElement?> GetAsync(string path)
    {
        using var answer = await _http.GetAsync(path);
        if (!answer.IsSuccessStatusCode)
            return null;
        return JsonDocument.Parse(await answer.Content.ReadAsStringAsync()).RootElement;
    }

    // A receiver tells nobody when something came: it has to be asked again and again.
    private async Task<T> UntilAsync<T>(string what, Func<Task<T?>> look) where T : class
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(250));
        for (var started = Stopwatch.GetTimestamp(); Stopwatch.GetElapsedTime(started) < Limit; await timer.WaitForNextTickAsync())
        {
            try
            {
                if (await look() is { } found)
                    return found;
            }
            catch (HttpRequestException) when (!_process.HasExited)
            {
                continue; // it does not listen yet
            }
        }
        throw new TimeoutException($"Within {Limit} it did not come to this: {what}.");
    }

    private static IEnumerable<Span> Spans(JsonElement answer) =>
        from resource in answer.GetProperty("data").GetProperty("resourceSpans").EnumerateArray()
        let service = resource.GetProperty("resource").GetProperty("attributes").EnumerateArray()
            .First(static one => one.GetProperty("key").GetString() == "service.name").GetProperty("value").GetProperty("stringValue").GetString()!
        from scope in resource.GetProperty("scopeSpans").EnumerateArray()
        from span in scope.GetProperty("spans").EnumerateArray()
        select new Span(service, scope.GetProperty("scope").GetProperty("name").GetString()!, span.GetProperty("name").GetString()!, span.GetProperty("traceId").GetString()!,
            span.GetProperty("spanId").GetString()!, span.TryGetProperty("parentSpanId", out var parent) ? parent.GetString() : null,
            span.TryGetProperty("links", out var links) ? [.. links.EnumerateArray().Select(static link => link.GetProperty("spanId").GetString()!)] : [],
            span.TryGetProperty("attributes", out var tags) ? tags.EnumerateArray().ToDictionary(static tag => tag.GetProperty("key").GetString()!, static tag => tag.GetProperty("value").ToString()) : []);

    private static int FreePort()
    {
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }

    /// <summary>A span as the receiver has it.</summary>
    internal sealed record Span(string Service, string Scope, string Name, string TraceId, string Id, string? ParentId, string[] Links, Dictionary<string, string> Tags);
}
