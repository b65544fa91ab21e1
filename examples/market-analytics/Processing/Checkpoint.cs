namespace Iggy.Examples.MarketAnalytics.Processing;

/// <summary>One step of a partition's analysis, as one message and so whole or not at all: what came out of some trades, and the state behind them.</summary>
/// <param name="Writer">Who wrote it.</param>
/// <param name="Number">Counts the writer's steps: writer and number name one.</param>
/// <param name="After">The offset of the last message that the writer knew in this partition; -1 for none. The step counts if that is the one right before it.</param>
/// <param name="From">The first trade that it takes in; <see cref="AnalysisState.Next"/> is behind the last.</param>
/// <param name="Candles">The windows that closed.</param>
/// <param name="Anomalies">What was found.</param>
/// <param name="AppendedMicros">When the server had the newest of the trades.</param>
/// <param name="State">Where the next step begins.</param>
internal sealed record Checkpoint(
    Guid Writer, long Number, long After, ulong From, IReadOnlyList<Candle> Candles, IReadOnlyList<Anomaly> Anomalies, ulong AppendedMicros, AnalysisState State)
{
    /// <summary>Whether the step counts, lying where it does.</summary>
    public bool CountsAt(ulong offset) => After == (long)offset - 1;
}
