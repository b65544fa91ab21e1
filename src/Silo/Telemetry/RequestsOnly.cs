using System.Diagnostics;
using OpenTelemetry;

namespace Iggy.Silo.Telemetry;

/// <summary>Leaves out traces that no request began: the grains' own timers, and the server looking at itself. Else a server that does nothing would send
/// some spans a second. What is beneath such a span is not sampled either, as its parent is not.</summary>
internal sealed class RequestsOnly : BaseProcessor<Activity>
{
    private const string Grains = "Microsoft.Orleans.";

    /// <inheritdoc/>
    public override void OnStart(Activity data)
    {
        if (data.ParentSpanId != default || !data.Source.Name.StartsWith(Grains, StringComparison.Ordinal))
            return;
        data.ActivityTraceFlags &= ~ActivityTraceFlags.Recorded;
        data.IsAllDataRequested = false;
    }
}
