using System.Diagnostics.Metrics;
using Iggy.Grains.Interfaces.Hosting;

namespace Iggy.Archive.Tiering;

/// <summary>What goes to the archive for good and what comes back.</summary>
internal sealed class TierMetrics
{
    private long _moved, _movedBytes, _downloaded, _hits, _failures, _refused;
    private volatile bool _isAway;

    public TierMetrics(IMeterFactory meters)
    {
        var meter = meters.Create(MeterNames.Storage);
        meter.CreateObservableCounter("iggy.cold.moved", () => Volatile.Read(ref _moved), "{segment}", "Segments whose files left the disk for the archive.");
        meter.CreateObservableCounter("iggy.cold.freed", () => Volatile.Read(ref _movedBytes), "By", "Bytes of them.");
        meter.CreateObservableCounter("iggy.cold.downloaded", () => Volatile.Read(ref _downloaded), "By", "Bytes that came back for reads.");
        meter.CreateObservableCounter("iggy.cold.hits", () => Volatile.Read(ref _hits), "{block}", "Blocks that a read found in the cache.");
        meter.CreateObservableCounter("iggy.cold.failures", () => Volatile.Read(ref _failures), "{block}", "Blocks that could not be had from the store, or were not what was written.");
        meter.CreateObservableCounter("iggy.cold.refused", () => Volatile.Read(ref _refused), "{read}", "Reads that were told to come again.");
        meter.CreateObservableGauge("iggy.cold.away", () => _isAway ? 1 : 0, null, "1 when the last block that was asked for could not be had.");
    }

    /// <summary>Whether the last block that was asked for could not be had.</summary>
    public bool IsAway => _isAway;

    public void NoteMoved(long bytes)
    {
        Interlocked.Increment(ref _moved);
        Interlocked.Add(ref _movedBytes, bytes);
    }

    public void NoteHit() => Interlocked.Increment(ref _hits);

    public void NoteDownloaded(long bytes)
    {
        Interlocked.Add(ref _downloaded, bytes);
        _isAway = false;
    }

    public void NoteFailure()
    {
        Interlocked.Increment(ref _failures);
        _isAway = true;
    }

    public void NoteRefused() => Interlocked.Increment(ref _refused);
}
