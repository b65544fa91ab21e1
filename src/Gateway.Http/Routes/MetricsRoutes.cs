using System.Globalization;
using System.Net;
using System.Text;
using Iggy.Gateway.Authorization;
using Iggy.Gateway.Listeners;
using Iggy.Gateway.Metrics;
using Iggy.Grains.Interfaces.Hosting;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Options;
using OpenTelemetry;
using OpenTelemetry.Metrics;

namespace Iggy.Gateway.Http.Routes;

/// <summary>The server's figures for Prometheus: first the series that Apache Iggy has, name by name, then this server's own.</summary>
/// <remarks>Anybody may read them where only the machine itself can ask, as Apache Iggy has it; on an address that others reach it takes somebody who may
/// read the server, for they tell what the server holds and who is busy. <see cref="MetricsListenerService"/> shows them to a scraper without a login.</remarks>
internal sealed class MetricsRoutes(IOptions<HttpOptions> options, ServerFigures figures, LagFigures lags, GatewayMetrics requests) : IApiRoutes, IDisposable
{
    private const string OpenMetricsEnd = "# EOF\n";
    private const string OpenMetrics = "application/openmetrics-text";
    private const string LagQuery = "lag", LagByPartition = "partitions";
    private const string ApacheIggyPath = "/metrics"; // the one that needs no token

    private readonly Lock _lock = new();
    private MeterProvider? _provider;
    private RequestDelegate? _scrape;

    public string Tag => "Metrics";

    public void AddTo(ApiRoutes routes)
    {
        if (!options.Value.MetricsEnabled)
        {
            routes.Add(new ApiRoute(HttpMethods.Get, ApacheIggyPath, "Switched off.", static call => call.AnswerAsync(StatusCodes.Status404NotFound)) { IsPublic = true });
            return;
        }
        routes.Add(new ApiRoute(HttpMethods.Get, options.Value.MetricsPath, "Figures in the text format of Prometheus.", AnswerAsync) { IsPublic = IsPublic });
    }

    private bool IsPublic => options.Value.MetricsPath == ApacheIggyPath
        && ListenAddress.TryParse(options.Value.Address, out var address) && IPAddress.IsLoopback(address.Address);

    /// <summary>Starts counting; what happens before is not in this server's own series.</summary>
    /// <param name="services">Of the listener.</param>
    public void Start(IServiceProvider services)
    {
        lock (_lock) // two listeners are put together side by side
        {
            if (options.Value.MetricsEnabled && _provider is null)
                Build(services);
        }
    }

    private void Build(IServiceProvider services)
    {
        _provider = Sdk.CreateMeterProviderBuilder()
            .AddMeter(MeterNames.Gateway, MeterNames.Storage, MeterNames.Partitions, MeterNames.Logs)
            .SetExemplarFilter(ExemplarFilterType.TraceBased)
            .AddPrometheusExporter(static exporter => (exporter.ScopeInfoEnabled, exporter.TargetInfoEnabled, exporter.ScrapeResponseCacheDurationMilliseconds) = (false, false, 0))
            .Build();
        var branch = new ApplicationBuilder(services);
        branch.UseOpenTelemetryPrometheusScrapingEndpoint(_provider, static _ => true, path: null, configureBranchedPipeline: null, optionsName: null);
        _scrape = branch.Build();
    }

    public void Dispose() => _provider?.Dispose();

    private Task AnswerAsync(HttpCall call)
    {
        if (!IsPublic)
            UserAccess.Demand(call.Session.Access.MayReadServer());
        return WriteAsync(call.Context);
    }

    /// <summary>Writes the figures as an answer.</summary>
    public async Task WriteAsync(HttpContext context)
    {
        var now = await figures.LookAsync();
        var text = new StringBuilder();
        Add(text, "http_requests", "counter", "http_requests_total", requests.HttpRequests);
        Add(text, "streams", "gauge", "streams", now.Totals.Streams);
        Add(text, "topics", "gauge", "topics", now.Totals.Topics);
        Add(text, "partitions", "gauge", "partitions", now.Totals.Partitions);
        Add(text, "segments", "gauge", "segments", now.Totals.Segments);
        Add(text, "messages", "gauge", "messages", (long)now.Totals.Messages);
        Add(text, "users", "gauge", "users", now.Users);
        Add(text, "clients", "gauge", "clients", now.Clients);
        AddLags(text, await lags.LookAsync());
        if (context.Request.Query[LagQuery] == LagByPartition)
            AddPartitionLags(text, await lags.LookAsync(byPartition: true));
        var isOpenMetrics = context.Request.Headers.Accept.ToString().Contains(OpenMetrics, StringComparison.OrdinalIgnoreCase);
        text.Append(await ScrapeAsync(isOpenMetrics));
        text.Append(OpenMetricsEnd);

        context.Response.ContentType = isOpenMetrics ? $"{OpenMetrics}; version=1.0.0; charset=utf-8" : "text/plain; charset=utf-8";
        await context.Response.WriteAsync(text.ToString(), context.RequestAborted);
    }

    private void AddLags(StringBuilder text, IReadOnlyList<LagFigures.Row> rows)
    {
        AddHead(text, "iggy_group_lag_messages", "Messages that a consumer group has not read yet.");
        foreach (var row in rows)
            AddLabels(text.Append("iggy_group_lag_messages"), row).Append(CultureInfo.InvariantCulture, $"}} {row.Lag.Total.Messages}\n");
        AddHead(text, "iggy_group_lag_seconds", "Age of the oldest message that a consumer group has not read yet.");
        foreach (var row in rows)
            AddLabels(text.Append("iggy_group_lag_seconds"), row).Append(CultureInfo.InvariantCulture, $"}} {lags.AgeSeconds(row.Lag.Total.OldestMicros)}\n");
    }

    private void AddPartitionLags(StringBuilder text, IReadOnlyList<LagFigures.Row> rows)
    {
        AddHead(text, "iggy_group_partition_lag_messages", "The same in one partition.");
        foreach (var row in rows)
        {
            for (var i = 0; i < row.Lag.Partitions.Length; i++)
                AddLabels(text.Append("iggy_group_partition_lag_messages"), row).Append(CultureInfo.InvariantCulture, $",partition=\"{i}\"}} {row.Lag.Partitions[i].Messages}\n");
        }
        AddHead(text, "iggy_group_partition_lag_seconds", "The same in one partition.");
        foreach (var row in rows)
        {
            for (var i = 0; i < row.Lag.Partitions.Length; i++)
                AddLabels(text.Append("iggy_group_partition_lag_seconds"), row).Append(CultureInfo.InvariantCulture, $",partition=\"{i}\"}} {lags.AgeSeconds(row.Lag.Partitions[i].OldestMicros)}\n");
        }
    }

    private static void AddHead(StringBuilder text, string name, string meaning) => text.Append(CultureInfo.InvariantCulture, $"# HELP {name} {meaning}\n# TYPE {name} gauge\n");

    // Without the closing brace.
    private static StringBuilder AddLabels(StringBuilder text, in LagFigures.Row row)
    {
        AddValue(text.Append("{stream=\""), row.Stream);
        AddValue(text.Append("\",topic=\""), row.Topic);
        return AddValue(text.Append("\",group=\""), row.Lag.Name).Append('"');
    }

    // Names may be any text.
    private static StringBuilder AddValue(StringBuilder text, string value)
    {
        foreach (var c in value)
        {
            if (c == '\n')
                text.Append("\\n");
            else
                text.Append(c is '\\' or '"' ? "\\" : "").Append(c);
        }
        return text;
    }

    private static void Add(StringBuilder text, string name, string type, string sample, long value) =>
        text.Append(CultureInfo.InvariantCulture, $"# HELP {name} total count of {name}.\n# TYPE {name} {type}\n{sample} {value}\n");

    // The exporter knows how to answer a request and nothing else; so it gets one.
    private async Task<string> ScrapeAsync(bool isOpenMetrics)
    {
        if (_scrape is null)
            return "";
        using var body = new MemoryStream();
        var context = new DefaultHttpContext();
        context.Features.Set<IHttpResponseBodyFeature>(new StreamResponseBodyFeature(body));
        context.Request.Method = HttpMethods.Get;
        if (isOpenMetrics)
            context.Request.Headers.Accept = $"{OpenMetrics};version=1.0.0"; // the format that has exemplars
        await _scrape(context);
        var text = Encoding.UTF8.GetString(body.GetBuffer().AsSpan(0, (int)body.Length));
        return text.EndsWith(OpenMetricsEnd, StringComparison.Ordinal) ? text[..^OpenMetricsEnd.Length] : text;
    }
}
