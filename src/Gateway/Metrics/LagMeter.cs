using System.Diagnostics.Metrics;
using Iggy.Grains.Interfaces.Hosting;

namespace Iggy.Gateway.Metrics;

/// <summary>The lag of groups as instruments, for exporters that are not asked: <c>/metrics</c> writes the same figures itself.</summary>
/// <remarks>An exporter goes on telling the last figure of a group that is gone for as long as the instrument lives. So the instruments are made anew when one has gone.</remarks>
internal sealed class LagMeter(TimeProvider clock) : IDisposable
{
    private IReadOnlyList<LagFigures.Row> _rows = [];
    private HashSet<(string, string, string)> _told = [];
    private Meter? _meter;

    /// <summary>Takes what the latest look found.</summary>
    public void Take(IReadOnlyList<LagFigures.Row> rows)
    {
        _rows = rows;
        var now = rows.Select(static row => (row.Stream, row.Topic, row.Lag.Name)).ToHashSet();
        if (_meter is null || !_told.IsSubsetOf(now))
        {
            _meter?.Dispose();
            _meter = new Meter(MeterNames.Lag);
            _meter.CreateObservableGauge("iggy.group.lag.messages", Messages, "{message}", "Messages that a consumer group has not read yet.");
            _meter.CreateObservableGauge("iggy.group.lag", Seconds, "s", "Age of the oldest message that a consumer group has not read yet.");
        }
        _told = now;
    }

    /// <inheritdoc/>
    public void Dispose() => _meter?.Dispose();

    private IEnumerable<Measurement<long>> Messages() => _rows.Select(static row => new Measurement<long>((long)row.Lag.Total.Messages, Tags(row)));

    private IEnumerable<Measurement<double>> Seconds() => _rows.Select(row => new Measurement<double>(LagFigures.AgeSeconds(clock, row.Lag.Total.OldestMicros), Tags(row)));

    private static KeyValuePair<string, object?>[] Tags(LagFigures.Row row) => [new("stream", row.Stream), new("topic", row.Topic), new("group", row.Lag.Name)];
}
