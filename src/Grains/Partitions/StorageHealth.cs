using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Iggy.Grains.Interfaces.Hosting;
using PartitionLog = Iggy.Storage.Log.PartitionLog;

namespace Iggy.Grains.Partitions;

/// <summary>Remembers which partitions have something wrong with their files: one entry each, taken away when a later look finds it well.</summary>
internal sealed class StorageHealth : IStorageHealth
{
    /// <summary>The meter's name, shared with the other figures of the storage.</summary>
    public const string MeterName = MeterNames.Storage;

    private readonly ConcurrentDictionary<string, (ulong Messages, ulong StoredOffsets)> _unwell = new(StringComparer.Ordinal);

    public StorageHealth(IMeterFactory meters)
    {
        var meter = meters.Create(MeterName);
        meter.CreateObservableGauge("iggy.storage.lost.partitions", () => Findings.Partitions, "{partition}",
            "Partitions with lost files or damaged messages, or that cannot be opened.");
        meter.CreateObservableGauge("iggy.storage.lost.messages", () => (long)Findings.LostMessages, "{message}",
            "Offsets that were given to messages and cannot be read any more.");
        meter.CreateObservableGauge("iggy.storage.lost.offsets", () => (long)Findings.LostStoredOffsets, "{offset}",
            "Stored offsets of consumers and groups that are gone.");
    }

    public StorageFindings Findings
    {
        get
        {
            var (messages, offsets) = (0UL, 0UL);
            var count = 0;
            foreach (var (_, one) in _unwell)
            {
                count++;
                messages += one.Messages;
                offsets += one.StoredOffsets;
            }
            return new StorageFindings(count, messages, offsets);
        }
    }

    /// <summary>Takes over what an open log knows of itself.</summary>
    public void Note(string key, PartitionLog log)
    {
        var messages = 0UL;
        foreach (var range in log.Damage)
            messages += range.LastOffset - range.FirstOffset + 1;
        if (messages == 0 && log.Losses == default)
            _unwell.TryRemove(key, out _);
        else
            _unwell[key] = (messages, log.Losses.StoredOffsets);
    }

    /// <summary>The partition cannot be opened, or its files are seen to be incomplete.</summary>
    public void NoteUnwell(string key) => _unwell.TryAdd(key, default);

    /// <summary>The partition is gone, as it should be.</summary>
    public void Forget(string key) => _unwell.TryRemove(key, out _);
}
