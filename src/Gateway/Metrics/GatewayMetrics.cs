using System.Diagnostics;
using System.Diagnostics.Metrics;
using Iggy.Gateway.Errors;
using Iggy.Gateway.Sessions;
using Iggy.Grains.Interfaces.Hosting;
using Iggy.Protocol;

namespace Iggy.Gateway.Metrics;

/// <summary>What requests the gateway served, and how fast. Tags come from closed sets: transport, command or route, and the error's name.</summary>
internal sealed class GatewayMetrics
{
    private readonly Counter<long> _errors, _received, _sent;
    private readonly Histogram<double> _duration;
    private long _httpRequests;

    /// <summary>Makes the instruments.</summary>
    public GatewayMetrics(IMeterFactory meters)
    {
        var meter = meters.Create(MeterNames.Gateway);
        _errors = meter.CreateCounter<long>("iggy.request.errors", "{request}", "Requests that were refused or failed.");
        _received = meter.CreateCounter<long>("iggy.received", "By", "Bytes of the bodies of requests.");
        _sent = meter.CreateCounter<long>("iggy.sent", "By", "Bytes of the bodies of answers.");
        _duration = meter.CreateHistogram("iggy.request.duration", "s", "From the whole request to its answer; its count is the number of requests.",
            advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 1, 5] });
    }

    /// <summary>Requests to the HTTP API since the start, whatever became of them.</summary>
    public long HttpRequests => Volatile.Read(ref _httpRequests);

    /// <summary>Counts a request to the HTTP API.</summary>
    public void CountHttp() => Interlocked.Increment(ref _httpRequests);

    /// <summary>A timestamp for <see cref="Served"/>, or 0 when nobody listens.</summary>
    public long Start() => _duration.Enabled ? Stopwatch.GetTimestamp() : 0;

    /// <summary>Counts a request that was answered.</summary>
    /// <param name="started">From <see cref="Start"/>.</param>
    /// <param name="transport">How it came.</param>
    /// <param name="command">The command's name, or the route's pattern.</param>
    /// <param name="error">How it ended.</param>
    /// <param name="received">Bytes of its body.</param>
    /// <param name="sent">Bytes of the answer's body.</param>
    public void Served(long started, TransportKind transport, string command, IggyError error, long received, long sent)
    {
        if (started == 0)
            return;
        var tags = new TagList
        {
            { "transport", TransportNames.Of(transport) },
            { "command", command },
        };
        _duration.Record(Stopwatch.GetElapsedTime(started).TotalSeconds, tags);
        _received.Add(received, tags);
        _sent.Add(sent, tags);
        if (error is IggyError.None)
            return;
        tags.Add("error", ErrorNames.Of(error));
        _errors.Add(1, tags);
    }
}
