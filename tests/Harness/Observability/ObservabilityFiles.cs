using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Iggy.Testing.Observability;

/// <summary>The files under <c>deploy</c> that are made of the list of metrics.</summary>
public static class ObservabilityFiles
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, NewLine = "\n", Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static string DashboardPath { get; } = Path.Combine(RepositoryPaths.Root, "deploy", "grafana", "iggy.json");

    public static string RulesPath { get; } = Path.Combine(RepositoryPaths.Root, "deploy", "prometheus", "iggy-alerts.yml");

    /// <summary>A dashboard for Grafana to import.</summary>
    public static string Dashboard()
    {
        var panels = new JsonArray();
        for (var i = 0; i < Panels.Dashboard.Count; i++)
        {
            var panel = Panels.Dashboard[i];
            var targets = new JsonArray();
            for (var query = 0; query < panel.Queries.Count; query++)
                targets.Add(new JsonObject { ["refId"] = $"{(char)('A' + query)}", ["expr"] = panel.Queries[query], ["datasource"] = Source() });
            panels.Add(new JsonObject
            {
                ["id"] = i + 1,
                ["type"] = "timeseries",
                ["title"] = panel.Title,
                ["datasource"] = Source(),
                ["gridPos"] = new JsonObject { ["x"] = i % 2 * 12, ["y"] = i / 2 * 8, ["w"] = 12, ["h"] = 8 },
                ["fieldConfig"] = new JsonObject { ["defaults"] = new JsonObject { ["unit"] = panel.Unit }, ["overrides"] = new JsonArray() },
                ["targets"] = targets,
            });
        }
        return new JsonObject
        {
            ["uid"] = "iggy-net",
            ["title"] = "Iggy.NET",
            ["schemaVersion"] = 39,
            ["refresh"] = "15s",
            ["time"] = new JsonObject { ["from"] = "now-1h", ["to"] = "now" },
            ["templating"] = new JsonObject { ["list"] = new JsonArray(new JsonObject { ["name"] = "datasource", ["type"] = "datasource", ["query"] = "prometheus" }) },
            ["panels"] = panels,
        }.ToJsonString(Indented) + "\n";
    }

    /// <summary>Alert rules for Prometheus, whose job is called <c>iggy</c>.</summary>
    public static string Rules()
    {
        var text = new StringBuilder("# Made of tests/Harness/Observability: change it there and run the tests of Silo with IGGY_TEST_WRITE_DOCS=1.\ngroups:\n  - name: iggy\n    rules:\n");
        foreach (var alert in Panels.Alerts)
        {
            text.Append($"""
                      - alert: {alert.Name}
                        expr: '{alert.Query} {alert.Condition}'
                        for: {alert.For}
                        labels:
                          severity: {alert.Severity}
                        annotations:
                          summary: '{alert.Summary}'

                """.ReplaceLineEndings("\n"));
        }
        return text.ToString();
    }

    private static JsonObject Source() => new() { ["type"] = "prometheus", ["uid"] = "${datasource}" };
}
