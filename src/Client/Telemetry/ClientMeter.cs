using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Iggy.Client.Telemetry;

/// <summary>What clients of this process measure, by OpenTelemetry's messaging conventions. Tags: the operation, stream and topic, the error's name.</summary>
internal static class ClientMeter
{
    /// <summary>The name of the meter, and of the source of spans.</summary>
    public const string Name = "Iggy.Client";

    private static readonly Meter _meter = new(Name);
    private static readonly InstrumentAdvice<double> _seconds = new() { HistogramBucketBoundaries = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10] };

    private static readonly Histogram<double> _operation =
        _meter.CreateHistogram("messaging.client.operation.duration", "s", "Duration of an operation, from the request to its answer.", advice: _seconds);

    private static readonly Histogram<double> _process =
        _meter.CreateHistogram("messaging.process.duration", "s", "Time that a handler took for a message.", advice: _seconds);

    private static readonly Counter<long> _sent = _meter.CreateCounter<long>("messaging.client.sent.messages", "{message}", "Messages that were sent.");
    private static readonly Counter<long> _consumed = _meter.CreateCounter<long>("messaging.client.consumed.messages", "{message}", "Messages that were polled.");

    /// <summary>Whether anybody listens.</summary>
    public static bool IsOn => _operation.Enabled || _process.Enabled || _sent.Enabled || _consumed.Enabled;

    /// <summary>Counts an operation that ended.</summary>
    public static void Ended(string operation, string destination, TimeSpan duration, int messages, string? error)
    {
        var tags = new TagList
        {
            { "messaging.system", "iggy" },
            { "messaging.operation.name", operation },
            { "messaging.destination.name", destination },
        };
        if (error is not null)
            tags.Add("error.type", error);
        (operation is "process" ? _process : _operation).Record(duration.TotalSeconds, tags);
        if (operation is "send")
            _sent.Add(messages, tags);
        else if (operation is "poll" && messages > 0)
            _consumed.Add(messages, tags);
    }
}
