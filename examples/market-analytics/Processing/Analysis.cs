using Iggy.Examples.MarketAnalytics.Exchange;

namespace Iggy.Examples.MarketAnalytics.Processing;

/// <summary>Something unusual that was found.</summary>
/// <param name="Symbol">Where.</param>
/// <param name="Kind">What.</param>
/// <param name="StartMicros">The second in which it showed.</param>
/// <param name="Score">Standard deviations from what is usual.</param>
internal sealed record Anomaly(string Symbol, AnomalyKind Kind, long StartMicros, double Score);

/// <summary>What is known of a symbol between two trades.</summary>
internal sealed record SymbolState
{
    public List<OpenWindow> Windows { get; init; } = [];

    public long LastClose { get; set; }

    public MovingScore Returns { get; set; }

    public MovingScore Volumes { get; set; }
}

/// <summary>What is known of a partition between two trades: the whole state of its analysis, so that another process goes on where this one was.</summary>
internal sealed record AnalysisState
{
    /// <summary>The offset of the next trade to take.</summary>
    public ulong Next { get; set; }

    /// <summary>Nothing is waited for that happened before this; it never falls.</summary>
    public long WatermarkMicros { get; set; }

    public long Trades { get; set; }

    /// <summary>Trades that came after their windows had closed; they are counted and left out.</summary>
    public long Late { get; set; }

    public SortedDictionary<string, SymbolState> Symbols { get; init; } = new(StringComparer.Ordinal);
}

/// <summary>Makes candles and finds anomalies, trade by trade. What comes out depends on the trades and their order alone: no clock, no chance.</summary>
internal sealed class Analysis(AnalysisState state)
{
    /// <summary>How long a window stays open for trades that come out of order. Every window closes by the same watermark, so a trade is late for all or for none.</summary>
    public const long LatenessMicros = 2_000_000;

    /// <summary>From how many standard deviations on a second is unusual.</summary>
    public const double UnusualReturn = 8, UnusualVolume = 12;

    private static readonly int[] Lengths = [1, 60];
    private const double BasisPoint = 0.0001;
    private const double Lots = 100;

    private readonly List<Candle> _candles = [];
    private readonly List<Anomaly> _anomalies = [];

    public AnalysisState State => state;

    /// <summary>Takes the trade at <see cref="AnalysisState.Next"/>.</summary>
    public void Add(Trade trade)
    {
        state.Next++;
        if (trade.TimeMicros < state.WatermarkMicros)
        {
            state.Late++;
            return;
        }
        state.Trades++;
        if (!state.Symbols.TryGetValue(trade.Symbol, out var symbol))
            state.Symbols.Add(trade.Symbol, symbol = new SymbolState());
        foreach (var seconds in Lengths)
            WindowOf(symbol, trade.TimeMicros, seconds).Add(trade);
        if (trade.TimeMicros - LatenessMicros is var watermark && watermark > state.WatermarkMicros)
        {
            state.WatermarkMicros = watermark;
            Close();
        }
    }

    /// <summary>What closed since the last call.</summary>
    public (IReadOnlyList<Candle> Candles, IReadOnlyList<Anomaly> Anomalies) Take()
    {
        (IReadOnlyList<Candle>, IReadOnlyList<Anomaly>) taken = ([.. _candles], [.. _anomalies]);
        _candles.Clear();
        _anomalies.Clear();
        return taken;
    }

    private static OpenWindow WindowOf(SymbolState symbol, long timeMicros, int seconds)
    {
        var start = timeMicros - (timeMicros % (seconds * 1_000_000L));
        var window = symbol.Windows.Find(one => one.StartMicros == start && one.Seconds == seconds);
        if (window is null)
            symbol.Windows.Add(window = new OpenWindow(start, seconds));
        return window;
    }

    private void Close()
    {
        foreach (var (name, symbol) in state.Symbols)
        {
            if (!symbol.Windows.Exists(window => window.EndMicros <= state.WatermarkMicros))
                continue;
            foreach (var window in symbol.Windows.Where(window => window.EndMicros <= state.WatermarkMicros).OrderBy(static window => (window.EndMicros, window.Seconds)).ToList())
            {
                symbol.Windows.Remove(window);
                var candle = window.Close(name);
                _candles.Add(candle);
                if (candle.Seconds == 1)
                    Judge(symbol, candle);
            }
        }
    }

    private void Judge(SymbolState symbol, Candle candle)
    {
        if (symbol.LastClose > 0)
        {
            var change = (double)(candle.Close - symbol.LastClose) / symbol.LastClose;
            Judge(candle, AnomalyKind.PriceJump, symbol.Returns.Of(change, BasisPoint), UnusualReturn);
            symbol.Returns = symbol.Returns.With(change, BasisPoint);
        }
        symbol.LastClose = candle.Close;
        Judge(candle, AnomalyKind.VolumeBurst, symbol.Volumes.Of(candle.Volume, Lots), UnusualVolume);
        symbol.Volumes = symbol.Volumes.With(candle.Volume, Lots);
    }

    private void Judge(Candle candle, AnomalyKind kind, double score, double unusual)
    {
        if (Math.Abs(score) >= unusual)
            _anomalies.Add(new Anomaly(candle.Symbol, kind, candle.StartMicros, score));
    }
}
