using System.Diagnostics.Metrics;

namespace Iggy.Archive.Tests.Setup;

/// <summary>Makes meters nobody listens to.</summary>
internal sealed class Meters : IMeterFactory
{
    private readonly List<Meter> _made = [];

    public Meter Create(MeterOptions options)
    {
        var meter = new Meter(options);
        _made.Add(meter);
        return meter;
    }

    public void Dispose() => _made.ForEach(static meter => meter.Dispose());
}
