namespace Iggy.Ui.Figures;

/// <summary>How long requests took, in buckets that grow by a quarter: enough for a quantile on a chart, and free of allocation.</summary>
internal sealed class LatencyBuckets
{
    private const double First = 10e-6, Growth = 1.25; // the last begins at 10 s
    private const int Count = 63;

    private readonly long[] _counts = new long[Count];

    /// <summary>Counts one. Any thread may.</summary>
    public void Add(double seconds)
    {
        var bucket = seconds <= First ? 0 : Math.Min((int)Math.Ceiling(Math.Log(seconds / First, Growth)), Count - 1);
        Interlocked.Increment(ref _counts[bucket]);
    }

    /// <summary>Takes what was counted since the last time.</summary>
    public long[] Take()
    {
        var taken = new long[Count];
        for (var i = 0; i < Count; i++)
            taken[i] = Interlocked.Exchange(ref _counts[i], 0);
        return taken;
    }

    /// <summary>What a share of the requests stayed below, in seconds; null without any.</summary>
    public static double? Quantile(long[] counts, double share)
    {
        var all = counts.Sum();
        if (all == 0)
            return null;
        var (sought, seen) = (Math.Max(1, (long)Math.Ceiling(all * share)), 0L);
        for (var i = 0; i < counts.Length; i++)
        {
            seen += counts[i];
            if (seen >= sought)
                return First * Math.Pow(Growth, i);
        }
        return First * Math.Pow(Growth, counts.Length - 1);
    }
}
