using System.Diagnostics;
using System.Diagnostics.Tracing;
using Microsoft.Diagnostics.NETCore.Client;
using Microsoft.Diagnostics.Tracing;

namespace Iggy.Bench.Throughput;

/// <summary>Reads the server's own runtime counters from outside, while it works.</summary>
internal sealed class RuntimeWatch(int processId)
{
    /// <summary>Bytes that the server allocates per request of a load that runs for some seconds.</summary>
    /// <param name="load">Runs the load and returns how many requests it made.</param>
    public async Task<double> AllocatedPerRequestAsync(Func<long> load)
    {
        var watch = Stopwatch.StartNew();
        var requests = 0L;
        var (allocatedPerSecond, _) = await WatchAsync(() => requests = load());
        return allocatedPerSecond / (requests / watch.Elapsed.TotalSeconds);
    }

    /// <summary>Size of the oldest generation at the end of a load.</summary>
    public async Task<double> Gen2BytesAsync(Func<double> load) => (await WatchAsync(() => Requests.During(TimeSpan.FromSeconds(3), () => (long)load()))).Gen2Bytes;

    private async Task<(double AllocatedBytesPerSecond, double Gen2Bytes)> WatchAsync(Func<long> load)
    {
        var provider = new EventPipeProvider("System.Runtime", EventLevel.Informational, keywords: 0,
            new Dictionary<string, string> { ["EventCounterIntervalSec"] = "1" });
        using var session = new DiagnosticsClient(processId).StartEventPipeSession(provider, requestRundown: false);
        using var source = new EventPipeEventSource(session.EventStream);
        var (allocated, gen2, intervals) = (0.0, 0.0, 0);
        source.Dynamic.All += e =>
        {
            if (e.EventName != "EventCounters" || ((IDictionary<string, object>)e.PayloadValue(0))["Payload"] is not IDictionary<string, object> counter)
                return;
            // The first interval reaches back to before this session and is left out.
            if (counter["Name"] is "alloc-rate" && intervals++ > 0)
                allocated += Convert.ToDouble(counter["Increment"], null);
            else if (counter["Name"] is "gen-2-size")
                gen2 = Convert.ToDouble(counter["Mean"], null);
        };
        var reading = Task.Run(source.Process);
        load();
        await session.StopAsync(CancellationToken.None);
        await reading;
        return (allocated / Math.Max(1, intervals - 1), gen2);
    }
}
