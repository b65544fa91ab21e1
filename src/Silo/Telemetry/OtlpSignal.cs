using OpenTelemetry.Exporter;

namespace Iggy.Silo.Telemetry;

/// <summary>One of traces, metrics and logs: whether and where it is sent, as the standard variables say. The exporter itself reads those that hold for all
/// three; those of one signal win over them.</summary>
internal sealed class OtlpSignal
{
    private readonly IReadOnlyDictionary<string, string> _variables;
    private readonly string _name;

    /// <param name="variables">The environment.</param>
    /// <param name="name"><c>TRACES</c>, <c>METRICS</c> or <c>LOGS</c>.</param>
    public OtlpSignal(IReadOnlyDictionary<string, string> variables, string name) => (_variables, _name) = (variables, name);

    /// <summary>Whether it is sent: an endpoint is set, and nobody switched it off.</summary>
    public bool IsOn => (Own("ENDPOINT") ?? Get("OTEL_EXPORTER_OTLP_ENDPOINT")) is not null
        && !string.Equals(Get("OTEL_SDK_DISABLED"), "true", StringComparison.OrdinalIgnoreCase)
        && !string.Equals(Get($"OTEL_{_name}_EXPORTER"), "none", StringComparison.OrdinalIgnoreCase);

    /// <summary>What is wrong with its variables; empty for nothing.</summary>
    public IEnumerable<string> Faults()
    {
        foreach (var name in (string[])[$"OTEL_EXPORTER_OTLP_{_name}_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT"])
        {
            if (Get(name) is { } endpoint && !(Uri.TryCreate(endpoint, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https"))
                yield return $"{name} is '{endpoint}'; allowed: an http or https address, such as http://localhost:4317.";
        }
        foreach (var name in (string[])[$"OTEL_EXPORTER_OTLP_{_name}_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL"])
        {
            if (Get(name) is { } protocol && protocol is not ("grpc" or "http/protobuf"))
                yield return $"{name} is '{protocol}'; allowed: grpc or http/protobuf.";
        }
    }

    /// <summary>Sets what is said for this signal alone.</summary>
    public void Apply(OtlpExporterOptions options)
    {
        if (Own("PROTOCOL") is { } protocol)
            options.Protocol = protocol == "grpc" ? OtlpExportProtocol.Grpc : OtlpExportProtocol.HttpProtobuf;
        if (Own("ENDPOINT") is { } endpoint)
            options.Endpoint = new Uri(endpoint); // taken as it is: over HTTP no path is added to it
        if (Own("HEADERS") is { } headers)
            options.Headers = headers;
        if (int.TryParse(Own("TIMEOUT"), out var milliseconds) && milliseconds > 0)
            options.TimeoutMilliseconds = milliseconds;
    }

    private string? Own(string what) => Get($"OTEL_EXPORTER_OTLP_{_name}_{what}");

    private string? Get(string name) => _variables.TryGetValue(name, out var value) && value.Trim() is { Length: > 0 } text ? text : null;
}
