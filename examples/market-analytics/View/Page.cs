using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using System.Text.Json.Serialization;
using Iggy.Examples.MarketAnalytics.Exchange;
using Iggy.Examples.MarketAnalytics.Processing;

namespace Iggy.Examples.MarketAnalytics.View;

/// <summary>The page and what it asks for.</summary>
internal static class Page
{
    private const string Charts = "lightweight-charts.standalone.production.js";
    private static readonly TimeSpan Beat = TimeSpan.FromSeconds(1);

    /// <summary>Adds the routes.</summary>
    /// <param name="app">The application.</param>
    /// <param name="view">What is shown.</param>
    /// <param name="clock">Paces the figures.</param>
    /// <param name="packages">The folder that npm filled.</param>
    public static void MapPage(this WebApplication app, MarketView view, TimeProvider clock, string packages)
    {
        app.Use(static (context, next) =>
        {
            context.Response.Headers.ContentSecurityPolicy = "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'";
            context.Response.Headers.XContentTypeOptions = "nosniff";
            return next(context);
        });
        app.MapGet("/", static () => Embedded("index.html", "text/html; charset=utf-8"));
        app.MapGet("/market.js", static () => Embedded("market.js", "text/javascript"));
        app.MapGet("/market.css", static () => Embedded("market.css", "text/css"));
        app.MapGet("/" + Charts, () => Results.File(Path.Combine(packages, "lightweight-charts", "dist", Charts), "text/javascript"));
        app.MapGet("/symbols", () => Results.Json(view.Symbols(), PageJson.Default.IReadOnlyListString));
        app.MapGet("/events/{symbol}", (string symbol, int? seconds, CancellationToken cancellationToken) => view.Watch(symbol, seconds ?? 1) is { } watched
            ? Results.ServerSentEvents(EventsAsync(view, clock, watched.Candles, watched.Anomalies, watched.Watcher, cancellationToken))
            : Results.StatusCode(StatusCodes.Status503ServiceUnavailable));
    }

    private static async IAsyncEnumerable<SseItem<PageEvent>> EventsAsync(
        MarketView view, TimeProvider clock, IReadOnlyList<Candle> candles, IReadOnlyList<Anomaly> anomalies, MarketView.Watcher watcher,
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        try
        {
            yield return new(Event(candles, anomalies, view.Figures()), "all");
            using var beat = new PeriodicTimer(Beat, clock);
            while (await beat.WaitForNextTickAsync(cancellationToken))
            {
                var (newCandles, newAnomalies) = (new List<Candle>(), new List<Anomaly>());
                while (watcher.Steps.Reader.TryRead(out var step))
                {
                    newCandles.AddRange(step.Candles.Where(candle => candle.Symbol == watcher.Symbol && candle.Seconds == watcher.Seconds));
                    newAnomalies.AddRange(step.Anomalies.Where(anomaly => anomaly.Symbol == watcher.Symbol));
                }
                if (watcher.Steps.Reader.Completion.IsCompleted)
                    yield break;
                yield return new(Event(newCandles, newAnomalies, view.Figures()), "more");
            }
        }
        finally
        {
            view.Leave(watcher);
        }
    }

    private static PageEvent Event(IReadOnlyList<Candle> candles, IReadOnlyList<Anomaly> anomalies, Figures figures) =>
        new([.. candles.Select(Bar.Of)], anomalies, figures);

    private static IResult Embedded(string name, string type) =>
        Results.Stream(typeof(Page).Assembly.GetManifestResourceStream($"page/{name}")!, type);
}

/// <summary>A candle as the chart draws it.</summary>
internal sealed record Bar(long Time, decimal Open, decimal High, decimal Low, decimal Close, long Volume, decimal Vwap)
{
    public static Bar Of(Candle candle) => new(
        candle.StartMicros / 1_000_000, Price(candle.Open), Price(candle.High), Price(candle.Low), Price(candle.Close), candle.Volume, decimal.Round(candle.Vwap, 4));

    private static decimal Price(long ticks) => (decimal)ticks / Trade.TicksPerUnit;
}

/// <summary>What goes to the page at once.</summary>
internal sealed record PageEvent(IReadOnlyList<Bar> Bars, IReadOnlyList<Anomaly> Anomalies, Figures Figures);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, UseStringEnumConverter = true)]
[JsonSerializable(typeof(PageEvent))]
[JsonSerializable(typeof(IReadOnlyList<string>))]
internal sealed partial class PageJson : JsonSerializerContext;
