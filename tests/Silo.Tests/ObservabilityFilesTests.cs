using System.Text.RegularExpressions;
using Iggy.Testing;
using Iggy.Testing.Observability;

namespace Iggy.Silo.Tests;

/// <summary>Dashboard, alert rules and the document of metrics are made of one list of names.</summary>
public sealed partial class ObservabilityFilesTests
{
    // Goal: what is deployed is what the list says. IGGY_TEST_WRITE_DOCS=1 writes it anew.
    [Fact]
    public void Files_AreMadeOfTheList()
    {
        foreach (var (path, text) in new[] { (ObservabilityFiles.DashboardPath, ObservabilityFiles.Dashboard()), (ObservabilityFiles.RulesPath, ObservabilityFiles.Rules()) })
        {
            if (Environment.GetEnvironmentVariable("IGGY_TEST_WRITE_DOCS") == "1")
                File.WriteAllText(path, text);
            Assert.Equal(text, File.ReadAllText(path));
        }
    }

    // Goal: no query asks for a series that is not on the list.
    [Fact]
    public void Queries_NameOnlyWhatIsOnTheList()
    {
        var known = ServerMetrics.Samples.Append("up").ToHashSet(StringComparer.Ordinal);
        var queries = Panels.Dashboard.SelectMany(static panel => panel.Queries).Concat(Panels.Alerts.Select(static alert => alert.Query));
        string[] named = [.. queries.SelectMany(static query => Selector().Matches(Grouping().Replace(query, " "))).Select(static match => match.Value)];
        Assert.Contains("iggy_group_lag_seconds", named); // they are found at all
        Assert.Empty(named.Except(known));
    }

    // Goal: the document tells every series, and none that is not there.
    [Fact]
    public void Document_TellsEverySeries()
    {
        var document = File.ReadAllText(Path.Combine(RepositoryPaths.Root, "docs", "METRICS.md"));
        var told = Told().Matches(document).Select(static match => match.Groups[1].Value).ToHashSet(StringComparer.Ordinal);
        var families = ServerMetrics.All.Select(static metric => metric.Kind is MetricKind.Counter ? $"{metric.Name}_total" : metric.Name).ToArray();
        Assert.Empty(families.Where(name => !told.Contains(name)).Select(static name => $"{name} is not told"));
        string[] onRequest = ["iggy_group_partition_lag_messages", "iggy_group_partition_lag_seconds"];
        string[] inClusters = ["iggy_replicas_here", "iggy_replicas_leading", "iggy_replicas_alone", "iggy_replicas_behind",
            "iggy_links_sent_bytes_total", "iggy_links_received_bytes_total", "iggy_links_open", "iggy_links_lost_total", "iggy_links_refused_total"]; // ReplicaTests of Cluster
        Assert.Empty(told.Where(static name => name.StartsWith("iggy_", StringComparison.Ordinal)).Except(families).Except(onRequest).Except(inClusters).Select(static name => $"{name} is told and is not there"));
    }

    // A name that is no function, label or word: functions have a bracket behind them, labels stand in braces or in a grouping.
    [GeneratedRegex(@"(?<![\w""])[a-z_]{4,}(?![\w(])(?![^{]*\})")]
    private static partial Regex Selector();

    [GeneratedRegex(@"\bby \([^)]*\)")]
    private static partial Regex Grouping();

    [GeneratedRegex("`([a-z_]+)`")]
    private static partial Regex Told();
}
