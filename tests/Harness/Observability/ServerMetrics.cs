namespace Iggy.Testing.Observability;

/// <summary>Every series that the server shows to a scraper: the one list of names that dashboard and alert rules are made of, and that tests compare with what a
/// running server exports and with docs/METRICS.md.</summary>
public static class ServerMetrics
{
    /// <summary>Names as families have them: without what counters and histograms put behind.</summary>
    public static IReadOnlyList<Metric> All { get; } =
    [
        // Apache Iggy's names.
        new("http_requests", MetricKind.Counter), new("streams"), new("topics"), new("partitions"), new("segments"), new("messages"), new("users"), new("clients"),

        // Requests.
        new("iggy_request_duration_seconds", MetricKind.Histogram), new("iggy_request_errors", MetricKind.Counter),
        new("iggy_received_bytes", MetricKind.Counter), new("iggy_sent_bytes", MetricKind.Counter),
        new("iggy_connections"), new("iggy_login_failures", MetricKind.Counter),

        // What is stored.
        new("iggy_storage_messages_size_bytes"), new("iggy_storage_disk_free_bytes"), new("iggy_storage_disk_size_bytes"),
        new("iggy_storage_read_bytes", MetricKind.Counter), new("iggy_storage_written_bytes", MetricKind.Counter),
        new("iggy_storage_flush_duration_seconds", MetricKind.Histogram),
        new("iggy_storage_lost_partitions"), new("iggy_storage_lost_messages"), new("iggy_storage_lost_offsets"), new("iggy_damage_skipped", MetricKind.Counter),

        // Readers.
        new("iggy_consumer_lag"), new("iggy_consumer_lag_max"), new("iggy_group_lag_messages"), new("iggy_group_lag_seconds"),

        // Backup.
        new("iggy_archive_lag_seconds"), new("iggy_archive_fenced"), new("iggy_archive_uploaded_bytes", MetricKind.Counter), new("iggy_archive_points", MetricKind.Counter),
        new("iggy_archive_failures", MetricKind.Counter), new("iggy_archive_missed", MetricKind.Counter),
        new("iggy_cold_moved", MetricKind.Counter), new("iggy_cold_freed_bytes", MetricKind.Counter), new("iggy_cold_downloaded_bytes", MetricKind.Counter), new("iggy_cold_hits", MetricKind.Counter),
        new("iggy_cold_failures", MetricKind.Counter), new("iggy_cold_refused", MetricKind.Counter), new("iggy_cold_away"),

        // Budgets.
        new("iggy_partitions_open"), new("iggy_partitions_open_limit"), new("iggy_partitions_opened", MetricKind.Counter), new("iggy_partitions_unknown"),
        new("iggy_descriptors_used"), new("iggy_descriptors_limit"), new("iggy_connection_descriptors"), new("iggy_connection_descriptors_limit"),
        new("iggy_process_memory_bytes"), new("iggy_metrics_series_dropped", MetricKind.Counter),
    ];

    /// <summary>Names as queries have them.</summary>
    public static IEnumerable<string> Samples => All.SelectMany(static metric => metric.Kind switch
    {
        MetricKind.Counter => (string[])[$"{metric.Name}_total"],
        MetricKind.Histogram => [$"{metric.Name}_bucket", $"{metric.Name}_count", $"{metric.Name}_sum"],
        _ => [metric.Name],
    });
}

/// <summary>A series, or those of a family.</summary>
public sealed record Metric(string Name, MetricKind Kind = MetricKind.Gauge);

/// <summary>What a series is.</summary>
public enum MetricKind
{
    Gauge,
    Counter,
    Histogram,
}
