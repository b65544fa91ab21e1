using System.Text.Json;
using Iggy.Examples.MarketAnalytics;
using Iggy.Examples.MarketAnalytics.Exchange;
using Iggy.Examples.MarketAnalytics.Processing;

namespace Iggy.Examples.Tests;

public sealed class AnalysisTests
{
    private const int Trades = 200_000; // 33 minutes of the market

    // Goal: a stream gives what a table would. Method: every candle of half an hour against the batch computation, which groups and sorts instead.
    [Theory]
    [InlineData(1)]
    [InlineData(42)]
    public void Candles_OfAMarket_AreThoseOfTheBatchComputation(int seed)
    {
        foreach (var trades in ByPartition(seed))
        {
            var analysis = new Analysis(new AnalysisState());
            trades.ForEach(analysis.Add);
            var candles = analysis.Take().Candles;
            Assert.True(candles.Count > 1000);
            Assert.Equal(BatchComputation.Candles(trades), BatchComputation.InOrder(candles));
            Assert.InRange(analysis.State.Late, 1, trades.Count / 200);
            Assert.Equal(trades.Count, analysis.State.Trades + analysis.State.Late);
        }
    }

    // Goal: what was done on purpose is found, and little else. Method: the exchange tells what it injected.
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(42)]
    public void Anomalies_OfAMarket_AreAllFound(int seed)
    {
        var events = new SyntheticExchange(seed).Events().Take(Trades).ToList();
        var end = events[^1].DeliveryMicros - 10_000_000; // what came later may still be open
        var injected = events.Where(one => one.Injection is { } injection && injection.TimeMicros < end).Select(static one => one.Injection!).ToList();
        Assert.InRange(injected.Count, 80, 110);

        var found = ByPartition(seed).SelectMany(static trades =>
        {
            var analysis = new Analysis(new AnalysisState());
            trades.ForEach(analysis.Add);
            return analysis.Take().Anomalies;
        }).ToList();
        Assert.All(injected, injection => Assert.Contains(found, anomaly => Is(anomaly, injection)));
        Assert.InRange(found.Count, injected.Count, injected.Count * 3 / 2);
    }

    // Goal: whoever goes on from a state that was written down makes the same as one who never stopped.
    [Fact]
    public void Analysis_WrittenDownAndReadAgain_GoesOnTheSame()
    {
        var trades = ByPartition(5)[0];
        var whole = new Analysis(new AnalysisState());
        trades.ForEach(whole.Add);
        var (candles, anomalies) = whole.Take();

        var (candlesInPieces, anomaliesInPieces) = (new List<Candle>(), new List<Anomaly>());
        var state = new AnalysisState();
        foreach (var piece in trades.Chunk(997))
        {
            var analysis = new Analysis(state);
            Array.ForEach(piece, analysis.Add);
            var made = analysis.Take();
            candlesInPieces.AddRange(made.Candles);
            anomaliesInPieces.AddRange(made.Anomalies);
            var step = new Checkpoint(Guid.Empty, 1, -1, 0, made.Candles, made.Anomalies, 0, analysis.State);
            var read = JsonSerializer.Deserialize(JsonSerializer.SerializeToUtf8Bytes(step, MarketJson.Default.Checkpoint), MarketJson.Default.Checkpoint)!;
            Assert.Equal(made.Candles, read.Candles);
            Assert.Equal(made.Anomalies, read.Anomalies);
            state = read.State;
        }
        Assert.Equal(candles, candlesInPieces);
        Assert.Equal(anomalies, anomaliesInPieces);
        Assert.NotEmpty(anomalies);
    }

    internal static bool Is(Anomaly anomaly, Injection injection) =>
        (anomaly.Symbol, anomaly.Kind, anomaly.StartMicros) == (injection.Symbol, injection.Kind, injection.TimeMicros / 1_000_000 * 1_000_000);

    private static List<Trade>[] ByPartition(int seed)
    {
        var partitions = Enumerable.Range(0, (int)Market.Partitions).Select(static _ => new List<Trade>()).ToArray();
        foreach (var (trade, _, _) in new SyntheticExchange(seed).Events().Take(Trades))
            partitions[Market.PartitionOf(trade.Symbol)].Add(trade);
        Assert.All(partitions, static trades => Assert.NotEmpty(trades));
        return partitions;
    }
}
