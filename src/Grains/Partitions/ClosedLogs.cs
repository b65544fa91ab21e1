using System.Collections.Concurrent;
using Iggy.Grains.Metadata;
using Iggy.Storage;
using Iggy.Storage.Log;

namespace Iggy.Grains.Partitions;

/// <summary>What closed logs left written down, read once and remembered.</summary>
/// <remarks>Holds at most one entry for each partition of this server. An entry says nothing while the log is open; its closing and its removal take
/// it out.</remarks>
internal sealed class ClosedLogs(DataFolderHolder data)
{
    private readonly ConcurrentDictionary<string, LogSummary> _summaries = new(StringComparer.Ordinal);
    private long _forgotten;

    /// <summary>The figures of a log that is not open.</summary>
    /// <returns>False when they are not known: the log was not closed in order, or is not there.</returns>
    public bool TryGet(string key, out LogSummary summary)
    {
        if (_summaries.TryGetValue(key, out summary))
            return true;

        var forgotten = Interlocked.Read(ref _forgotten);
        if (!PartitionKey.IsValid(key) || !PartitionLog.TryReadSummary(PartitionKey.Folder(data.Open().Root, key), out summary))
            return false;

        _summaries[key] = summary;
        if (Interlocked.Read(ref _forgotten) != forgotten) // something was closed or removed while we read: perhaps this
            _summaries.TryRemove(key, out _);
        return true;
    }

    /// <summary>The log was closed or removed: what was read before is not true any more.</summary>
    public void Forget(string key)
    {
        Interlocked.Increment(ref _forgotten);
        _summaries.TryRemove(key, out _);
    }
}
