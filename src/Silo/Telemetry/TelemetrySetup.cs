using Iggy.Gateway;
using Iggy.Gateway.Metrics;
using Iggy.Grains.Interfaces.Hosting;
using Iggy.Silo.Configuration;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using OpenTelemetry.Logs;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace Iggy.Silo.Telemetry;

/// <summary>Sends traces, metrics and logs to where the standard variables <c>OTEL_*</c> say. Without an endpoint nothing of it is there, so nothing costs.</summary>
internal static class TelemetrySetup
{
    private const string Prefix = "OTEL_", ServiceName = "iggy-server", IntervalName = "OTEL_METRIC_EXPORT_INTERVAL";
    private const int DefaultIntervalMilliseconds = 60_000; // as the specification of OpenTelemetry has it

    /// <summary>Adds what the variables ask for.</summary>
    /// <param name="builder">Gets the exporters.</param>
    /// <param name="silo">Gets what carries a trace through calls of grains, where traces are sent.</param>
    /// <param name="variables">The environment.</param>
    /// <exception cref="ConfigurationException">A variable says something that cannot be done.</exception>
    public static void Add(HostApplicationBuilder builder, ISiloBuilder silo, IReadOnlyDictionary<string, string> variables)
    {
        OtlpSignal traces = new(variables, "TRACES"), metrics = new(variables, "METRICS"), logs = new(variables, "LOGS");
        var signals = new[] { traces, metrics, logs }.Where(static signal => signal.IsOn).ToArray();
        if (signals.Length == 0)
            return;
        if (signals.SelectMany(static signal => signal.Faults()).Distinct().ToArray() is { Length: > 0 } faults)
            throw new ConfigurationException(faults);

        // The exporters read them out of the configuration, which has nothing but what is ours.
        builder.Configuration.AddInMemoryCollection(variables.Where(static one => one.Key.StartsWith(Prefix, StringComparison.Ordinal))
            .Select(static one => KeyValuePair.Create(one.Key, (string?)one.Value)));
        if (traces.IsOn)
            AddTraces(builder.Services, silo, traces);
        if (metrics.IsOn)
            AddMetrics(builder.Services, metrics, Interval(variables), builder.Configuration.GetSection(MetricsOptions.Section).Get<MetricsOptions>() ?? new());
        if (logs.IsOn)
        {
            builder.Logging.AddOpenTelemetry(options =>
            {
                options.IncludeFormattedMessage = true;
                options.SetResourceBuilder(Describe(ResourceBuilder.CreateEmpty()));
                options.AddOtlpExporter("logs", logs.Apply);
            });
        }
    }

    private static void AddTraces(IServiceCollection services, ISiloBuilder silo, OtlpSignal traces)
    {
        silo.AddActivityPropagation();
        services.AddOpenTelemetry().WithTracing(tracing => tracing
            .ConfigureResource(static resource => Describe(resource))
            .AddSource(TraceSources.Gateway, TraceSources.Partitions, TraceSources.Orleans)
            .AddProcessor(new RequestsOnly()) // before the exporter
            .AddAspNetCoreInstrumentation(static web => web.Filter = IsWorthASpan)
            .AddOtlpExporter("traces", traces.Apply));
    }

    private static void AddMetrics(IServiceCollection services, OtlpSignal metrics, TimeSpan interval, MetricsOptions options)
    {
        services.KeepIggyFigures(interval / 2); // so that what is sent is never older than one interval
        services.AddOpenTelemetry().WithMetrics(meters => meters
            .ConfigureResource(static resource => Describe(resource))
            .AddMeter(MeterNames.Gateway, MeterNames.Storage, MeterNames.Partitions, MeterNames.Logs, MeterNames.Links, MeterNames.Lag)
            // Lag is bounded by what is looked up; every other instrument by the two thousand series that the exporter takes.
            .AddView(instrument => instrument.Meter.Name == MeterNames.Lag ? new MetricStreamConfiguration { CardinalityLimit = Math.Max(1, options.MaxGroups) + 1 } : null)
            .AddRuntimeInstrumentation()
            .SetExemplarFilter(ExemplarFilterType.TraceBased)
            .AddOtlpExporter("metrics", metrics.Apply));
    }

    // The variables win over what is said here: OTEL_SERVICE_NAME, OTEL_RESOURCE_ATTRIBUTES.
    private static ResourceBuilder Describe(ResourceBuilder resource) => resource.Clear()
        .AddService(ServiceName, serviceVersion: ServerVersion.Product, serviceInstanceId: Environment.MachineName)
        .AddTelemetrySdk()
        .AddEnvironmentVariableDetector();

    // Whoever looks every few seconds whether the server is well would fill the store of traces with it.
    private static bool IsWorthASpan(HttpContext context) => context.Request.Path.Value is not ("/" or "/ping" or "/metrics")
        && !context.Request.Path.StartsWithSegments("/health", StringComparison.Ordinal) && !context.Request.Path.StartsWithSegments("/grpc.health.v1.Health", StringComparison.Ordinal);

    private static TimeSpan Interval(IReadOnlyDictionary<string, string> variables) => TimeSpan.FromMilliseconds(
        variables.TryGetValue(IntervalName, out var text) && int.TryParse(text, out var milliseconds) && milliseconds > 0 ? milliseconds : DefaultIntervalMilliseconds);
}
