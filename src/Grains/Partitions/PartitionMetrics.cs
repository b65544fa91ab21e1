using System.Diagnostics.Metrics;

namespace Iggy.Grains.Partitions;

/// <summary>What partitions count.</summary>
internal sealed class PartitionMetrics
{
    private long _damageSkipped;

    /// <summary>Makes the instruments.</summary>
    public PartitionMetrics(IMeterFactory meters) =>
        // Observed, so that it is there with 0 before anything was skipped: an alert looks at its rise.
        meters.Create(StorageHealth.MeterName).CreateObservableCounter("iggy.damage.skipped", () => Volatile.Read(ref _damageSkipped), "{message}",
            "Damaged messages that consumers and groups were moved over.");

    /// <summary>A consumer was moved over so many damaged messages.</summary>
    public void DamageSkipped(ulong messages) => Interlocked.Add(ref _damageSkipped, (long)messages);
}
