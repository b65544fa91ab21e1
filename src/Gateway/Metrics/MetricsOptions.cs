using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Iggy.Gateway.Metrics;

/// <summary>What figures tell. Section <c>Iggy:Metrics</c>.</summary>
public sealed class MetricsOptions
{
    /// <summary>The section's name.</summary>
    public const string Section = "Iggy:Metrics";

    /// <summary>Most consumer groups whose lag is told, one after the other by stream and topic; with partitions asked for, most of these. Those beyond are counted
    /// in <c>iggy_metrics_series_dropped_total</c>. 0 to 1,000,000, default 20,000.</summary>
    [Range(0, 1_000_000)]
    public int MaxGroups { get; set; } = 20_000;
}

[OptionsValidator]
internal sealed partial class MetricsOptionsValidator : IValidateOptions<MetricsOptions>;
