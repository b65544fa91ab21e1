using System.Globalization;
using System.Net;
using System.Text;
using Iggy.Cli.Output;

namespace Iggy.Cli.Benchmarks;

/// <summary>A benchmark as one HTML file that needs nothing else: figures, and messages per second over time.</summary>
internal static class BenchmarkPage
{
    private const int Width = 900, Height = 240, Left = 90, Bottom = 30;

    /// <summary>The page.</summary>
    public static string Of(BenchmarkJson benchmark)
    {
        var html = new StringBuilder("<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>iggy bench</title><style>")
            .Append("body{font:15px/1.5 system-ui,sans-serif;max-width:960px;margin:2em auto;padding:0 1em;color:#222}table{border-collapse:collapse}")
            .Append("td{padding:.15em 1.5em .15em 0}td+td{text-align:right}svg{width:100%;height:auto}</style><h1>iggy bench</h1>");
        html.Append(CultureInfo.InvariantCulture, $"<p>{Encode(benchmark.ServerVersion)} at {Encode(benchmark.Server)}: {benchmark.Producers} producers, {benchmark.Consumers} consumers, ")
            .Append(CultureInfo.InvariantCulture, $"{benchmark.Partitions} partitions, messages of {benchmark.MessageSize} bytes, {benchmark.BatchSize} to a request. ")
            .Append(CultureInfo.InvariantCulture, $"The server used {benchmark.ServerCpuPercent:0.#} % of a processor and {benchmark.ServerMemoryBytes / 1e6:0} MB.</p>");
        foreach (var run in benchmark.Runs)
        {
            html.Append(CultureInfo.InvariantCulture, $"<h2>{Encode(run.Name)}</h2><table>");
            foreach (var (title, text) in Measurement.Lines(run))
                html.Append(CultureInfo.InvariantCulture, $"<tr><td>{Encode(title)}</td><td>{Encode(text)}</td></tr>");
            html.Append("</table>");
            Chart(html, run);
        }
        return html.Append("</html>\n").ToString();
    }

    private static void Chart(StringBuilder html, MeasurementJson run)
    {
        var rates = run.PerInterval.Select(count => count / WorkerLog.IntervalSeconds).ToArray();
        var most = rates.Append(1).Max();
        var step = (double)(Width - Left) / Math.Max(1, rates.Length - 1);
        var points = string.Join(' ', rates.Select((rate, i) => string.Create(CultureInfo.InvariantCulture, $"{Left + (i * step):0.#},{(Height - Bottom) * (1 - (rate / most)):0.#}")));
        html.Append(CultureInfo.InvariantCulture, $"<svg viewBox=\"0 0 {Width} {Height}\" role=\"img\" aria-label=\"Messages per second over time\">")
            .Append(CultureInfo.InvariantCulture, $"<path d=\"M{Left} 0V{Height - Bottom}H{Width}\" stroke=\"#999\" fill=\"none\"/>")
            .Append(CultureInfo.InvariantCulture, $"<text x=\"{Left - 6}\" y=\"14\" text-anchor=\"end\" font-size=\"13\">{most.ToString("N0", CultureInfo.InvariantCulture)}/s</text>")
            .Append(CultureInfo.InvariantCulture, $"<text x=\"{Left - 6}\" y=\"{Height - Bottom}\" text-anchor=\"end\" font-size=\"13\">0</text>")
            .Append(CultureInfo.InvariantCulture, $"<text x=\"{Width}\" y=\"{Height - 8}\" text-anchor=\"end\" font-size=\"13\">{run.Seconds:0.0} s</text>")
            .Append(CultureInfo.InvariantCulture, $"<polyline points=\"{points}\" stroke=\"#1668a8\" stroke-width=\"2\" fill=\"none\"/></svg>");
    }

    private static string Encode(string text) => WebUtility.HtmlEncode(text);
}
