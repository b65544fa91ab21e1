using System.Diagnostics;
using Iggy.Grains.Interfaces.Hosting;

namespace Iggy.Grains.Partitions;

/// <summary>The spans of what a partition does for a request. There are none where nobody collects, or where the request is not among those collected.</summary>
internal static class PartitionTraces
{
    private static readonly ActivitySource s_source = new(TraceSources.Partitions);

    /// <summary>Begins a span beneath that of the call; null for none.</summary>
    public static Activity? Start(string name, string partition)
    {
        if (!s_source.HasListeners() || Activity.Current is not { Recorded: true })
            return null;
        var activity = s_source.StartActivity(name);
        activity?.SetTag("iggy.partition", partition);
        return activity;
    }
}
