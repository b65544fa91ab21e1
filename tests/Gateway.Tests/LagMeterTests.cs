using System.Diagnostics.Metrics;
using Iggy.Gateway.Metrics;
using Iggy.Grains.Interfaces.Topics;
using Microsoft.Extensions.Time.Testing;

namespace Iggy.Gateway.Tests;

/// <summary>The lag of groups as instruments, for exporters that are not asked.</summary>
public sealed class LagMeterTests
{
    private readonly FakeTimeProvider _clock = new(new DateTimeOffset(2026, 1, 1, 0, 0, 10, TimeSpan.Zero));

    // Goal: a group that is gone is told no more: an exporter goes on with the last figure for as long as the instrument lives.
    [Fact]
    public void Take_GroupThatIsGone_EndsTheInstrumentThatToldIt()
    {
        using var meter = new LagMeter(_clock);
        var (published, ended) = (0, 0);
        var seen = new List<(string Name, string Group, double Value)>();
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, self) =>
            {
                if (instrument.Meter.Name != "Iggy.Lag")
                    return;
                published++;
                self.EnableMeasurementEvents(instrument);
            },
            MeasurementsCompleted = (_, _) => ended++,
        };
        listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => seen.Add((instrument.Name, GroupOf(tags), value)));
        listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => seen.Add((instrument.Name, GroupOf(tags), value)));
        listener.Start();

        meter.Take([Row("a", 5, ageSeconds: 2), Row("b", 0, ageSeconds: null)]);
        listener.RecordObservableInstruments();
        Assert.Equal([("iggy.group.lag", "a", 2), ("iggy.group.lag", "b", 0), ("iggy.group.lag.messages", "a", 5), ("iggy.group.lag.messages", "b", 0)], seen.Order());
        Assert.Equal((2, 0), (published, ended));

        meter.Take([Row("a", 6, ageSeconds: 3), Row("b", 1, ageSeconds: 1), Row("c", 1, ageSeconds: 1)]);
        Assert.Equal((2, 0), (published, ended)); // one more needs no new instrument

        seen.Clear();
        meter.Take([Row("b", 1, ageSeconds: 1)]);
        listener.RecordObservableInstruments();
        Assert.Equal((4, 2), (published, ended));
        Assert.Equal([("iggy.group.lag", "b", 1), ("iggy.group.lag.messages", "b", 1)], seen.Order());
    }

    private LagFigures.Row Row(string group, ulong messages, int? ageSeconds) => new("s", "t", new TopicGroupLag(group,
        new GroupLag(1, messages, ageSeconds is { } age ? (ulong)(_clock.GetUtcNow().AddSeconds(-age) - DateTimeOffset.UnixEpoch).TotalMicroseconds : 0), []));

    private static string GroupOf(ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        foreach (var (key, value) in tags)
        {
            if (key == "group")
                return (string)value!;
        }
        return "";
    }
}
