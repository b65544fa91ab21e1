using System.Collections.Concurrent;
using Iggy.Grains.Interfaces.Topics;
using Iggy.Grains.Metadata;
using Iggy.Storage;
using Iggy.Storage.Log;
using Iggy.Storage.Replicas;

namespace Iggy.Grains.Partitions;

/// <summary>What closed logs left written down, read once and remembered.</summary>
/// <remarks>Holds at most one entry for each partition of this server, and once somebody asked how far groups are behind, one for each group that stored an
/// offset there. An entry says nothing while the log is open; its closing and its removal take
/// it out.</remarks>
internal sealed class ClosedLogs(DataFolderHolder data)
{
    private readonly ConcurrentDictionary<string, LogSummary> _summaries = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, PartitionLags> _lags = new(StringComparer.Ordinal);
    private long _forgotten;

    /// <summary>The figures of a log that is not open.</summary>
    /// <returns>False when they are not known: the log was not closed in order, or is not there.</returns>
    public bool TryGet(string key, out LogSummary summary)
    {
        if (_summaries.TryGetValue(key, out summary))
            return true;

        var forgotten = Interlocked.Read(ref _forgotten);
        if (!PartitionKey.IsValid(key))
            return false;
        var folder = PartitionKey.Folder(data.Open().Root, key);
        if (ReplicaFile.Exists(folder) || !PartitionLog.TryReadSummary(folder, out summary))
            return false; // also where what is written down is a replica's: it says nothing of the partition

        _summaries[key] = summary;
        if (Interlocked.Read(ref _forgotten) != forgotten) // something was closed or removed while we read: perhaps this
            _summaries.TryRemove(key, out _);
        return true;
    }

    /// <summary>How far groups are behind in a log that is not open.</summary>
    /// <returns>False when it is not known, as above, or a file cannot be read at the moment.</returns>
    public bool TryGetLags(string key, out PartitionLags lags)
    {
        if (_lags.TryGetValue(key, out lags))
            return true;
        var forgotten = Interlocked.Read(ref _forgotten);
        if (!TryGet(key, out var summary))
            return false;
        try
        {
            lags = ToLags(PartitionLog.ReadLags(PartitionKey.Folder(data.Open().Root, key), in summary));
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException or UnknownFormatException)
        {
            return false; // somebody opened or removed it meanwhile; else its opening will tell
        }
        _lags[key] = lags;
        if (Interlocked.Read(ref _forgotten) != forgotten)
            _lags.TryRemove(key, out _);
        return true;
    }

    private static PartitionLags ToLags(LogLags read) => new(IsKnown: true, ToLag(0, read.Unread), [.. read.Groups.Select(static one => ToLag(one.Key, one.Value))]);

    private static GroupLag ToLag(uint group, ConsumerLag lag) => new(group, lag.Messages, lag.OldestMicros);

    /// <summary>The log was closed or removed: what was read before is not true any more.</summary>
    public void Forget(string key)
    {
        Interlocked.Increment(ref _forgotten);
        _summaries.TryRemove(key, out _);
        _lags.TryRemove(key, out _);
    }
}
