using System.Diagnostics;
using System.Text.RegularExpressions;
using Iggy.Testing;

namespace Iggy.EndToEnd.Tests.Telemetry;

/// <summary>One trace from a producing process through the server to a consuming one, in a real receiver.</summary>
public sealed partial class TraceTests
{
    // Goal: who looks at a message's trace sees all that happened to it. Method: three processes that know nothing of each other but the server's address,
    // and export to the dashboard; the trace that the producer printed is asked for there.
    [Theory]
    [InlineData("grpc", "tcp")]
    [InlineData("http/protobuf", "tcp")]
    [InlineData("grpc", "http")]
    public async Task Message_FromAProducingProcessToAConsumingOne_IsOneTrace(string protocol, string transport)
    {
        await using var dashboard = await Dashboard.StartAsync();
        var variables = new Dictionary<string, string>
        {
            ["OTEL_EXPORTER_OTLP_ENDPOINT"] = protocol == "grpc" ? dashboard.GrpcEndpoint : dashboard.HttpEndpoint,
            ["OTEL_EXPORTER_OTLP_PROTOCOL"] = protocol,
            ["OTEL_BSP_SCHEDULE_DELAY"] = "200",
            ["OTEL_BLRP_SCHEDULE_DELAY"] = "200",
            ["OTEL_METRIC_EXPORT_INTERVAL"] = "1000",
            ["OTEL_RESOURCE_ATTRIBUTES"] = "deployment.environment.name=test",
        };
        var settings = new Dictionary<string, string>(variables)
        {
            ["IGGY_HTTP_ENABLED"] = "true", ["IGGY_HTTP_ADDRESS"] = "127.0.0.1:0", ["Iggy__Storage__Durability"] = "Always", ["Iggy__Logging__Level"] = "Debug",
        };
        await using var server = await ServerProcess.StartAsync(settings: settings);
        var address = transport == "tcp" ? $"iggy://iggy:iggy@{server.Tcp}" : $"iggy+http://iggy:iggy@{server.Http}";

        var produced = await RunAsync("produce", address, variables);
        var traceId = TraceId().Match(produced).Groups[1].Value;
        Assert.NotEmpty(traceId);
        var consumed = transport == "tcp" ? await RunAsync("consume", address, variables) : await RunAsync("consume", $"iggy://iggy:iggy@{server.Tcp}", variables);
        Assert.Contains($"a book for customer 42 in trace {traceId}", consumed, StringComparison.Ordinal);

        var spans = await dashboard.SpansAsync(traceId, "the trace has a flush of the server and the handler's own span",
            static all => all.Any(one => one.Name == "flush") && all.Any(one => one.Name == "ship"));
        var order = spans.Single(span => span.Name == "place order");
        var send = spans.Single(span => span.Name == "send tracing/orders");
        Assert.Equal(("orders-produce", order.Id), (send.Service, send.ParentId));
        Assert.Contains("iggy", send.Tags["messaging.system"], StringComparison.Ordinal);

        var append = spans.Single(span => span.Name == "append");
        Assert.Equal("iggy-server", append.Service);
        Assert.Contains(Ancestors(spans, append), span => span.Id == send.Id); // request and calls of grains lie between
        Assert.Contains(Ancestors(spans, append), span => span.Scope.StartsWith("Microsoft.Orleans.", StringComparison.Ordinal));
        Assert.Contains(Ancestors(spans, append), span => span.Name == (transport == "tcp" ? "SendMessages" : "POST /streams/{stream}/topics/{topic}/messages"));
        Assert.Contains(Ancestors(spans, spans.Single(span => span.Name == "flush")), span => span.Id == send.Id);

        var process = spans.Single(span => span.Name == "process tracing/orders");
        Assert.Equal(("orders-consume", send.Id), (process.Service, process.ParentId));
        Assert.Equal([send.Id], process.Links);
        Assert.Equal(process.Id, spans.Single(span => span.Name == "ship").ParentId);

        Assert.Contains("\"hasMetrics\":true", await dashboard.TextAsync("/api/telemetry/resources", "the server's figures came",
            static text => ResourceWithMetrics().IsMatch(text)), StringComparison.Ordinal);
        await dashboard.TextAsync("/api/telemetry/logs", "a line of the server's log with a trace id came", static text => text.Contains("\"traceId\"", StringComparison.Ordinal));
        Assert.Equal(0, await server.StopAsync());
    }

    // Goal: whoever sets nothing sends nothing. Method: no endpoint; the process has no thread of an exporter and asks nobody.
    [Fact]
    public async Task Start_WithAnEndpointThatIsNone_IsRefusedByName()
    {
        var (code, output) = await ServerProcess.RunToEndAsync(settings: new Dictionary<string, string> { ["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"] = "localhost" });
        Assert.Equal(2, code);
        Assert.Contains("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT is 'localhost'; allowed: ", output, StringComparison.Ordinal);
    }

    private static IEnumerable<Dashboard.Span> Ancestors(List<Dashboard.Span> spans, Dashboard.Span span)
    {
        for (var parent = span.ParentId; spans.FirstOrDefault(one => one.Id == parent) is { } above; parent = above.ParentId)
            yield return above;
    }

    private static async Task<string> RunAsync(string role, string address, Dictionary<string, string> variables)
    {
        var start = new ProcessStartInfo(RepositoryPaths.Tracing, [role, address]) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var (name, value) in variables)
            start.Environment[name] = value;
        using var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEndAsync();
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(60));
        Assert.True(process.ExitCode == 0, $"{role} left with {process.ExitCode}: {await errors}");
        return output;
    }

    [GeneratedRegex("sent in trace ([0-9a-f]{32})")]
    private static partial Regex TraceId();

    [GeneratedRegex("\"name\":\"iggy-server\"[^}]*\"hasMetrics\":true")]
    private static partial Regex ResourceWithMetrics();
}
