using System.Diagnostics.Metrics;
using Iggy.Archive.Tiering;
using Iggy.Grains.Interfaces.Hosting;
using Microsoft.Extensions.Options;

namespace Iggy.Archive.Backup;

/// <summary>How the backup is doing, for metrics and health.</summary>
internal sealed class ArchiveMetrics : IArchiveHealth
{
    private const int LateFactor = 3; // times the lag that is promised: one slow round is no trouble yet
    private readonly TimeProvider _clock;
    private readonly TierMetrics _tier;
    private readonly TimeSpan _late;
    private long _uploaded, _points, _failures, _missed;
    private long _pointAt; // timestamp of the moment that the newest point stands for; 0: no backup is asked for

    public ArchiveMetrics(IMeterFactory meters, IOptions<ArchiveOptions> options, TierMetrics tier, TimeProvider clock)
    {
        _tier = tier;
        (_clock, _late) = (clock, LateFactor * options.Value.MaxLag);
        var meter = meters.Create(MeterNames.Storage);
        meter.CreateObservableGauge("iggy.archive.lag", () => Lag.TotalSeconds, "s", "Age of the newest moment that can be restored; 0 without a backup.");
        meter.CreateObservableGauge("iggy.archive.fenced", () => IsFenced ? 1 : 0, null, "1 when another server of this name has taken the archive over.");
        // Observed, so that they are shown at 0 too.
        meter.CreateObservableCounter("iggy.archive.uploaded", () => Volatile.Read(ref _uploaded), "By", "Bytes written into the archive.");
        meter.CreateObservableCounter("iggy.archive.points", () => Volatile.Read(ref _points), "{point}", "Moments that were made restorable.");
        meter.CreateObservableCounter("iggy.archive.failures", () => Volatile.Read(ref _failures), "{round}", "Rounds of the backup that did not come to their end.");
        meter.CreateObservableCounter("iggy.archive.missed", () => Volatile.Read(ref _missed), "{gap}", "Gaps in the archive: messages that retention deleted before they were in it.");
    }

    /// <inheritdoc/>
    public TimeSpan Lag => Volatile.Read(ref _pointAt) is not 0 and var at ? _clock.GetElapsedTime(at) : TimeSpan.Zero;

    /// <inheritdoc/>
    public bool IsLate => Lag > _late;

    /// <inheritdoc/>
    public bool IsFenced { get; set; }

    /// <inheritdoc/>
    public bool IsColdAway => _tier.IsAway;

    /// <summary>What went wrong last; null while all is well.</summary>
    public string? Trouble { get; set; }

    /// <summary>From now on the lag counts.</summary>
    public void NoteStart() => Volatile.Write(ref _pointAt, _clock.GetTimestamp());

    public void NotePoint(long takenAt)
    {
        Volatile.Write(ref _pointAt, takenAt);
        Trouble = null;
        Interlocked.Increment(ref _points);
    }

    public void NoteUploaded(long bytes) => Interlocked.Add(ref _uploaded, bytes);

    public void NoteFailure(string trouble)
    {
        Trouble = trouble;
        Interlocked.Increment(ref _failures);
    }

    public void NoteMissed() => Interlocked.Increment(ref _missed);
}
