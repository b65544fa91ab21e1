namespace Iggy.Ui.Figures;

/// <summary>Makes rates of counters that are looked at again and again: how much each grew since the look before, by the second.</summary>
/// <typeparam name="TKey">What names a counter.</typeparam>
/// <param name="clock">Between looks.</param>
internal sealed class RateBook<TKey>(TimeProvider clock) where TKey : notnull
{
    private Dictionary<TKey, ulong> _before = [];
    private long? _lookedAt;

    /// <summary>Takes a look.</summary>
    /// <returns>The rate of each counter that was there before too; none at the first look. One that went back has 0.</returns>
    public IReadOnlyDictionary<TKey, double> Look(IEnumerable<KeyValuePair<TKey, ulong>> counters)
    {
        var now = clock.GetTimestamp();
        var seconds = _lookedAt is { } before ? clock.GetElapsedTime(before, now).TotalSeconds : 0;
        var (present, rates) = (new Dictionary<TKey, ulong>(), new Dictionary<TKey, double>());
        foreach (var (key, value) in counters)
        {
            present[key] = value;
            if (seconds > 0 && _before.TryGetValue(key, out var then))
                rates[key] = value > then ? (value - then) / seconds : 0;
        }
        (_before, _lookedAt) = (present, now);
        return rates;
    }
}
