using Iggy.Grains.Interfaces;
using Iggy.Grains.Tiering;
using Iggy.Storage.Cold;
using Microsoft.Extensions.Logging;
using PartitionLog = Iggy.Storage.Log.PartitionLog;

namespace Iggy.Grains.Partitions;

/// <summary>Segments that leave the folder for the archive, and reads of those that did.</summary>
internal sealed partial class PartitionGrain
{
    private static readonly TimeSpan s_tieringTakes = TimeSpan.FromSeconds(10); // at most, then the next look goes on: whoever asks waits for it

    private ulong? _coldToldOffset; // of a segment that is not what the archive has; told once

    public async ValueTask<Refusal> TierAsync(ulong keepBytes, ulong newestMicros)
    {
        var limits = new LocalLimits(keepBytes, newestMicros);
        var archived = tier.ListArchived(Key);
        if (archived.Count == 0 || (_log is null && !await Task.Run(() => logs.HasGoing(Key, archived, limits))))
            return Refusal.None; // nothing to open it for
        var started = clock.GetTimestamp();
        while (clock.GetElapsedTime(started) < s_tieringTakes)
        {
            while (_log is null)
            {
                if (await WaitForLogAsync() is not Refusal.None and var missing)
                    return missing;
            }
            if (_log.ListGoing(in limits) is not [var going, ..] || Find(archived, in going) is not { } there || !await MoveAsync(_log, going, there))
                return Refusal.None;
        }
        return Refusal.None;
    }

    private async Task<bool> MoveAsync(PartitionLog log, LocalSegment going, ArchivedSegment there)
    {
        try
        {
            if (await Task.Run(() => logs.Digest(Key, in going, there.Place.Hash)) is not { } hashes || !await tier.IsThereAsync(Key, there))
            {
                if (_coldToldOffset != going.FirstOffset)
                    LogNotAsArchived(logger, Key, going.FirstOffset);
                _coldToldOffset = going.FirstOffset;
                return false;
            }
            if (_log != log)
                return true; // it was closed meanwhile: whoever opens it looks again
            var (refusal, count) = await RemoveAsync(taken => taken == log ? taken.TakeCold(in going, there.CreatedMicros, there.Place, hashes) : taken.TakeOldest(0));
            if (count > 0)
                tier.NoteMoved(there);
            return refusal is Refusal.None && count > 0;
        }
        catch (Exception e) when (e is ColdAwayException or IOException)
        {
            LogNotMoved(logger, Key, going.FirstOffset, e.Message);
            return false; // it stays, and the next look tries again
        }
    }

    private static ArchivedSegment? Find(IReadOnlyList<ArchivedSegment> archived, in LocalSegment local)
    {
        foreach (var one in archived)
        {
            if ((one.FirstOffset, one.Generation, one.NextOffset, one.EndPosition) == (local.FirstOffset, local.Generation, local.NextOffset, local.EndPosition))
                return one;
        }
        return null;
    }

    [LoggerMessage(2030, LogLevel.Warning, "Partition {Partition}: the segment at offset {FirstOffset} is not, or not as it is here, in the archive; it stays in the folder")]
    private static partial void LogNotAsArchived(ILogger logger, string partition, ulong firstOffset);

    [LoggerMessage(2031, LogLevel.Warning, "Partition {Partition}: the segment at offset {FirstOffset} could not go to the archive and stays for now: {Reason}")]
    private static partial void LogNotMoved(ILogger logger, string partition, ulong firstOffset, string reason);

    [LoggerMessage(2032, LogLevel.Debug, "Partition {Partition}: a read of messages that lie in the archive was refused for now: {Reason}")]
    private static partial void LogColdAway(ILogger logger, string partition, string reason);
}
