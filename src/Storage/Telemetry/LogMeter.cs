using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Iggy.Storage.Telemetry;

/// <summary>What logs measure. One for the process: a log knows nothing of the server around it.</summary>
public static class LogMeter
{
    /// <summary>The meter's name.</summary>
    public const string Name = "Iggy.Storage.Log";

    private static readonly Meter s_meter = new(Name);

    private static readonly Histogram<double> s_flush = s_meter.CreateHistogram("iggy.storage.flush.duration", "s", "Time that one sync of a log to disk takes, which those who wait share.",
        advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5] });

    /// <summary>A timestamp for <see cref="Flushed"/>, or 0 when nobody listens.</summary>
    internal static long Start() => s_flush.Enabled ? Stopwatch.GetTimestamp() : 0;

    /// <summary>A sync ended.</summary>
    /// <param name="started">From <see cref="Start"/>.</param>
    /// <param name="waiter">The span of one who waited for it, for an exemplar; null for none.</param>
    internal static void Flushed(long started, Activity? waiter)
    {
        if (started == 0)
            return;
        var before = Activity.Current;
        Activity.Current = waiter;
        s_flush.Record(Stopwatch.GetElapsedTime(started).TotalSeconds);
        Activity.Current = before;
    }
}
