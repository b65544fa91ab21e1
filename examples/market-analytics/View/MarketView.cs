using System.Threading.Channels;
using Iggy.Client;
using Iggy.Examples.MarketAnalytics.Processing;

namespace Iggy.Examples.MarketAnalytics.View;

/// <summary>What the page shows: read from the checkpoints from their start on, so it needs no store of its own, and bounded.</summary>
internal sealed class MarketView(TimeProvider clock)
{
    /// <summary>Candles kept of a symbol, for each length.</summary>
    public const int MaxCandles = 1_000;

    private const int MaxAnomalies = 200;
    private const int MaxWatchers = 100;
    private const int MaxUntold = 256;
    private const uint BatchCount = 64;
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    private readonly Lock _lock = new();
    private readonly SortedDictionary<string, Dictionary<int, Queue<Candle>>> _candles = new(StringComparer.Ordinal);
    private readonly Queue<Anomaly> _anomalies = new();
    private readonly List<Watcher> _watchers = [];
    private readonly long[] _trades = new long[Market.Partitions];
    private readonly long[] _late = new long[Market.Partitions];
    private long _newestMicros;
    private double _latencySeconds;

    /// <summary>Follows one partition until the caller ends it.</summary>
    public async Task FollowAsync(IggyClient client, uint partition, CancellationToken cancellationToken)
    {
        for (ulong next = 0; ;)
        {
            var isEmpty = true;
            try
            {
                foreach (var (offset, checkpoint) in await Ledger.ReadAsync(client, partition, next, BatchCount, cancellationToken))
                {
                    (next, isEmpty) = (offset + 1, false);
                    if (checkpoint.CountsAt(offset))
                        Take(partition, checkpoint);
                }
            }
            catch (IggyConnectionException)
            {
                isEmpty = true; // the server is away: look again
            }
            if (isEmpty)
                await Task.Delay(Pause, clock, cancellationToken);
        }
    }

    /// <summary>The symbols seen so far.</summary>
    public IReadOnlyList<string> Symbols()
    {
        lock (_lock)
            return [.. _candles.Keys];
    }

    /// <summary>How much was counted, and how long a trade takes from the server's log to here.</summary>
    public Figures Figures()
    {
        lock (_lock)
            return new Figures(_trades.Sum(), _late.Sum(), _anomalies.Count, Math.Round(_latencySeconds * 1000, 1), _newestMicros);
    }

    /// <summary>What there is of a symbol, and a channel of what comes; null when too many watch. A watcher that does not keep up finds its channel closed, and comes again.</summary>
    public (IReadOnlyList<Candle> Candles, IReadOnlyList<Anomaly> Anomalies, Watcher Watcher)? Watch(string symbol, int seconds)
    {
        lock (_lock)
        {
            if (_watchers.Count >= MaxWatchers)
                return null;
            var watcher = new Watcher(symbol, seconds, Channel.CreateBounded<Checkpoint>(MaxUntold));
            _watchers.Add(watcher);
            IReadOnlyList<Candle> candles = _candles.TryGetValue(symbol, out var lengths) && lengths.TryGetValue(seconds, out var kept) ? [.. kept] : [];
            return (candles, [.. _anomalies.Where(anomaly => anomaly.Symbol == symbol)], watcher);
        }
    }

    public void Leave(Watcher watcher)
    {
        lock (_lock)
            _watchers.Remove(watcher);
    }

    private void Take(uint partition, Checkpoint checkpoint)
    {
        lock (_lock)
        {
            foreach (var candle in checkpoint.Candles)
                Keep(QueueOf(candle), candle, MaxCandles);
            foreach (var anomaly in checkpoint.Anomalies)
                Keep(_anomalies, anomaly, MaxAnomalies);
            (_trades[partition], _late[partition]) = (checkpoint.State.Trades, checkpoint.State.Late);
            _newestMicros = Math.Max(_newestMicros, checkpoint.State.WatermarkMicros);
            var latency = (clock.GetUtcNow() - DateTimeOffset.UnixEpoch).TotalSeconds - (checkpoint.AppendedMicros / 1e6);
            _latencySeconds += (latency - _latencySeconds) / 8;
            foreach (var watcher in _watchers)
            {
                if (!watcher.Steps.Writer.TryWrite(checkpoint))
                    watcher.Steps.Writer.TryComplete();
            }
        }
    }

    private Queue<Candle> QueueOf(Candle candle)
    {
        if (!_candles.TryGetValue(candle.Symbol, out var lengths))
            _candles.Add(candle.Symbol, lengths = []);
        if (!lengths.TryGetValue(candle.Seconds, out var kept))
            lengths.Add(candle.Seconds, kept = new Queue<Candle>());
        return kept;
    }

    private static void Keep<T>(Queue<T> queue, T item, int most)
    {
        if (queue.Count == most)
            queue.Dequeue();
        queue.Enqueue(item);
    }

    /// <summary>Somebody who looks at a symbol.</summary>
    internal sealed record Watcher(string Symbol, int Seconds, Channel<Checkpoint> Steps);
}

/// <summary>The figures above the chart.</summary>
/// <param name="Trades">Counted.</param>
/// <param name="Late">Left out.</param>
/// <param name="Anomalies">Kept of those that were found.</param>
/// <param name="LatencyMilliseconds">From the server's log to the page, smoothed.</param>
/// <param name="MarketMicros">The market's time.</param>
internal sealed record Figures(long Trades, long Late, int Anomalies, double LatencyMilliseconds, long MarketMicros);
