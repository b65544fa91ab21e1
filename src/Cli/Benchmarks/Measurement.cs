using System.Globalization;
using Iggy.Cli.Output;

namespace Iggy.Cli.Benchmarks;

/// <summary>What one worker saw: how long each request took, and how many messages were through when.</summary>
internal sealed class WorkerLog(long startedTicks, TimeProvider clock)
{
    private readonly List<float> _requestMs = [];
    private readonly List<long> _perInterval = [];

    /// <summary>Length of an interval of the chart.</summary>
    public const double IntervalSeconds = 0.25;

    /// <summary>Times of the requests in milliseconds.</summary>
    public IReadOnlyList<float> RequestMs => _requestMs;

    /// <summary>Messages by interval since the start of the run.</summary>
    public IReadOnlyList<long> PerInterval => _perInterval;

    /// <summary>Notes a request that is done.</summary>
    public void Note(long requestStartedTicks, int messages)
    {
        _requestMs.Add((float)clock.GetElapsedTime(requestStartedTicks).TotalMilliseconds);
        var interval = (int)(clock.GetElapsedTime(startedTicks).TotalSeconds / IntervalSeconds);
        while (_perInterval.Count <= interval)
            _perInterval.Add(0);
        _perInterval[interval] += messages;
    }
}

/// <summary>Adds up what workers saw.</summary>
internal static class Measurement
{
    /// <summary>Adds the workers up.</summary>
    public static MeasurementJson Of(string name, IReadOnlyList<WorkerLog> workers, int payloadBytes, double seconds)
    {
        var times = workers.SelectMany(worker => worker.RequestMs).Order().ToArray();
        var intervals = new long[workers.Max(worker => worker.PerInterval.Count)];
        foreach (var worker in workers)
        {
            for (var i = 0; i < worker.PerInterval.Count; i++)
                intervals[i] += worker.PerInterval[i];
        }
        var messages = intervals.Sum();
        return new(
            name, messages, messages * payloadBytes, seconds, messages / seconds, messages * (double)payloadBytes / 1e6 / seconds, times.Length,
            At(times, 0.5), At(times, 0.95), At(times, 0.99), At(times, 0.999), At(times, 1), intervals);
    }

    /// <summary>The time that so large a part of the requests did not exceed.</summary>
    /// <param name="sorted">From the fastest to the slowest.</param>
    /// <param name="part">0 to 1.</param>
    public static double At(IReadOnlyList<float> sorted, double part) => sorted.Count == 0 ? 0 : sorted[Math.Max(0, (int)Math.Ceiling(part * sorted.Count) - 1)];

    /// <summary>The figures as lines of a report.</summary>
    public static IEnumerable<(string Title, string Text)> Lines(MeasurementJson run)
    {
        var culture = CultureInfo.InvariantCulture;
        yield return ("Messages", run.Messages.ToString("N0", culture));
        yield return ("Time", string.Create(culture, $"{run.Seconds:0.00} s"));
        yield return ("Messages per second", run.MessagesPerSecond.ToString("N0", culture));
        yield return ("Throughput", string.Create(culture, $"{run.MegabytesPerSecond:0.0} MB/s"));
        yield return ("Requests", run.Requests.ToString("N0", culture));
        yield return ("Request time p50, p95, p99, p99.9, max", string.Create(culture, $"{run.P50Ms:0.00}, {run.P95Ms:0.00}, {run.P99Ms:0.00}, {run.P999Ms:0.00}, {run.MaxMs:0.00} ms"));
    }
}
