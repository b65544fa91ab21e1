namespace Iggy.Examples.MarketAnalytics.Exchange;

/// <summary>An exchange made of a seed: the same seed gives the same trades, for ever. Twenty symbols walk at random, calm or agitated; some trades are told late, a
/// few too late to count; now and then a price jumps or volume bursts, and that is the truth an analysis is measured by.</summary>
internal sealed class SyntheticExchange(int seed)
{
    /// <summary>What is traded.</summary>
    public static readonly IReadOnlyList<string> Symbols =
    [
        "ALDR", "BRCH", "CEDR", "DOGW", "ELMS", "FIRS", "GINK", "HAZL", "IRNW", "JUNI",
        "KAPK", "LRCH", "MAPL", "NUTM", "OAKS", "PINE", "QUIN", "ROWN", "SPRC", "TEAK",
    ];

    /// <summary>Trades in a second of the market, on average.</summary>
    public const int TradesPerSecond = 100;

    /// <summary>The longest that a trade in time is told after it happened. What is later than <see cref="LateMicros"/> is to be left out.</summary>
    public const long DisorderMicros = 1_200_000, LateMicros = 10_000_000;

    private const long Second = 1_000_000;
    /// <summary>When the market opens: Monday, 5 January 2026, 14:30 UTC.</summary>
    public const long OpeningMicros = 1_767_623_400_000_000;

    private const long Warmup = 60 * Second; // an analysis has to see what is usual first
    private const long BetweenInjections = 20 * Second;
    private const int TradesOfAnInjection = 6;

    private readonly Random _random = new(seed);
    private readonly PriorityQueue<(Trade Trade, Injection? Injection), (long DeliveryMicros, long Order)> _untold = new();
    private readonly Quote[] _quotes = [.. Symbols.Select(static (_, number) => new Quote { PriceTicks = (20 + (7 * number)) * Trade.TicksPerUnit })];
    private long _made;
    private long _told;

    /// <summary>The trades, in the order in which they are told, without an end. To be walked once.</summary>
    public IEnumerable<MarketEvent> Events()
    {
        var now = OpeningMicros;
        var nextInjection = OpeningMicros + Warmup;
        while (true)
        {
            now += _random.NextInt64(2 * Second / TradesPerSecond);
            while (_untold.TryPeek(out var next, out var due) && due.DeliveryMicros <= now)
            {
                _untold.Dequeue();
                yield return new MarketEvent(next.Trade with { Sequence = ++_told }, due.DeliveryMicros, next.Injection);
            }

            if (now >= nextInjection && now % Second < Second / 2) // so that all of it falls into one second
            {
                Inject(now);
                nextInjection += BetweenInjections;
            }
            else
            {
                var symbol = _random.Next(Symbols.Count);
                _quotes[symbol].Step(_random);
                var size = 1 + _random.Next(100) + (_random.Next(20) == 0 ? _random.Next(500) : 0);
                Make(symbol, now, size * (_quotes[symbol].IsAgitated ? 2 : 1), Delay());
            }
        }
    }

    private void Inject(long now)
    {
        var symbol = _random.Next(Symbols.Count);
        var isJump = _random.Next(2) == 0;
        var injection = new Injection(Symbols[symbol], isJump ? AnomalyKind.PriceJump : AnomalyKind.VolumeBurst, now);
        if (isJump)
            _quotes[symbol].PriceTicks += _quotes[symbol].PriceTicks / 16 * (_random.Next(2) == 0 ? 1 : -1);
        for (var i = 0; i < TradesOfAnInjection; i++)
            Make(symbol, now + i, isJump ? 50 : 20_000, 0, i == 0 ? injection : null);
    }

    private void Make(int symbol, long now, long size, long delay, Injection? injection = null) =>
        _untold.Enqueue((new Trade(0, Symbols[symbol], now, _quotes[symbol].PriceTicks, size), injection), (now + delay, ++_made));

    private long Delay() => _random.Next(1000) switch
    {
        0 => LateMicros + _random.NextInt64(LateMicros),
        < 50 => _random.NextInt64(DisorderMicros),
        _ => 0,
    };

    private struct Quote
    {
        public long PriceTicks;

        public bool IsAgitated { get; private set; }

        public void Step(Random random)
        {
            if (random.Next(600) == 0)
                IsAgitated = !IsAgitated;
            var width = PriceTicks / 10_000 * (IsAgitated ? 4 : 1); // about a basis point each way
            PriceTicks = Math.Max(Trade.TicksPerUnit, PriceTicks + random.NextInt64(-width, width + 1) + random.NextInt64(-width, width + 1));
        }
    }
}
