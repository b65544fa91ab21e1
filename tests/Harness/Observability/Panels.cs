namespace Iggy.Testing.Observability;

/// <summary>What the dashboard shows and what the rules watch.</summary>
public static class Panels
{
    /// <summary>The dashboard, row by row.</summary>
    public static IReadOnlyList<Panel> Dashboard { get; } =
    [
        new("Requests a second, by command", "reqps", "sum by (command, transport, dialect) (rate(iggy_request_duration_seconds_count[1m]))"),
        new("Requests that were refused or failed", "reqps", "sum by (command, error) (rate(iggy_request_errors_total[1m]))"),
        new("Duration of requests, 50 %", "s", "histogram_quantile(0.5, sum by (le, command) (rate(iggy_request_duration_seconds_bucket[1m])))"),
        new("Duration of requests, 99 %", "s", "histogram_quantile(0.99, sum by (le, command) (rate(iggy_request_duration_seconds_bucket[1m])))"),
        new("Bytes received", "Bps", "sum by (transport) (rate(iggy_received_bytes_total[1m]))"),
        new("Bytes sent", "Bps", "sum by (transport) (rate(iggy_sent_bytes_total[1m]))"),
        new("Groups that are furthest behind, in time", "s", "topk(10, iggy_group_lag_seconds)"),
        new("Groups that are furthest behind, in messages", "short", "topk(10, iggy_group_lag_messages)"),
        new("Messages behind, by topic", "short", "sum by (stream, topic) (iggy_group_lag_messages)"),
        new("Messages kept", "short", "messages"),
        new("Size of messages", "bytes", "iggy_storage_messages_size_bytes"),
        new("Free space", "bytes", "iggy_storage_disk_free_bytes"),
        new("Written to disks", "Bps", "rate(iggy_storage_written_bytes_total[1m])"),
        new("Duration of syncs, 99 %", "s", "histogram_quantile(0.99, sum by (le) (rate(iggy_storage_flush_duration_seconds_bucket[1m])))"),
        new("Open sessions, by transport", "short", "sum by (transport) (iggy_connections)"),
        new("Open partitions of what may be open", "percentunit", "iggy_partitions_open / iggy_partitions_open_limit"),
        new("Descriptors of what may be used", "percentunit", "iggy_descriptors_used / iggy_descriptors_limit"),
        new("Partitions opened a second", "short", "rate(iggy_partitions_opened_total[1m])"),
        new("Failed logins a second", "short", "rate(iggy_login_failures_total[1m])"),
        new("Memory", "bytes", "iggy_process_memory_bytes"),
        new("Partitions with lost or damaged files", "short", "iggy_storage_lost_partitions"),
        new("Streams, topics, partitions, users, clients", "short", "streams", "topics", "partitions", "users", "clients"),
    ];

    /// <summary>The alert rules.</summary>
    public static IReadOnlyList<Alert> Alerts { get; } =
    [
        new("IggyDown", "up{job=\"iggy\"}", "== 0", "1m", "critical", "The server {{ $labels.instance }} answers no scrape."),
        new("IggyGroupFallsBehind", "max by (stream, topic, group) (iggy_group_lag_seconds)", "> 300", "5m", "warning",
            "Group {{ $labels.group }} of {{ $labels.stream }}/{{ $labels.topic }} reads messages that are {{ $value | humanizeDuration }} old."),
        new("IggyDiskFillsUp", "iggy_storage_disk_free_bytes / iggy_storage_disk_size_bytes", "< 0.1", "5m", "critical", "{{ $value | humanizePercentage }} of the disk are free; on a full one appends are refused."),
        new("IggySyncsAreSlow", "histogram_quantile(0.99, sum by (le) (rate(iggy_storage_flush_duration_seconds_bucket[5m])))", "> 1", "10m", "warning", "A sync to disk takes {{ $value | humanizeDuration }}."),
        new("IggyDescriptorsRunOut", "iggy_descriptors_used / iggy_descriptors_limit", "> 0.9", "5m", "warning", "{{ $value | humanizePercentage }} of the descriptors are in use; at the limit no connection is accepted."),
        new("IggyConnectionsRunOut", "iggy_connection_descriptors / iggy_connection_descriptors_limit", "> 0.9", "5m", "warning", "{{ $value | humanizePercentage }} of what connections may have is in use."),
        new("IggyPartitionsTakeTurns", "rate(iggy_partitions_opened_total[5m])", "> 10", "15m", "warning", "{{ $value }} partitions are opened a second: more are in use than may be open."),
        new("IggyLoginsFail", "rate(iggy_login_failures_total[5m])", "> 1", "5m", "warning", "{{ $value }} logins fail a second: somebody guesses, or a secret has changed."),
        new("IggyDataIsLost", "iggy_storage_lost_partitions", "> 0", "0m", "critical", "{{ $value }} partitions have lost or damaged files."),
        new("IggyBackupIsLate", "iggy_archive_lag_seconds", "> 300", "5m", "critical", "The newest moment that the backup can go back to is {{ $value | humanizeDuration }} old."),
        new("IggyBackupHasStopped", "iggy_archive_fenced", "> 0", "0m", "critical", "Another server has taken the archive over; the backup of {{ $labels.instance }} has stopped."),
        new("IggyBackupHasGaps", "increase(iggy_archive_missed_total[1h])", "> 0", "0m", "warning", "Messages were deleted by retention before they were in the archive."),
        new("IggyOldMessagesAreAway", "iggy_cold_away", "> 0", "5m", "critical", "Messages that are in the archive alone cannot be read from {{ $labels.instance }}."),
        new("IggyReadersSkipDamage", "increase(iggy_damage_skipped_total[10m])", "> 0", "0m", "critical", "{{ $value }} damaged messages were not delivered."),
        new("IggySeriesAreLeftOut", "increase(iggy_metrics_series_dropped_total[15m])", "> 0", "15m", "warning", "There are more groups than Iggy:Metrics:MaxGroups lets be told."),
    ];
}

/// <summary>A graph.</summary>
/// <param name="Title">What it shows.</param>
/// <param name="Unit">As Grafana names it.</param>
/// <param name="Queries">One or more.</param>
public sealed record Panel(string Title, string Unit, params IReadOnlyList<string> Queries);

/// <summary>An alert.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Query">What is watched: it has data also while all is well.</param>
/// <param name="Condition">When it is not.</param>
/// <param name="For">For how long.</param>
/// <param name="Severity">Whether somebody is woken.</param>
/// <param name="Summary">What it means.</param>
public sealed record Alert(string Name, string Query, string Condition, string For, string Severity, string Summary);
