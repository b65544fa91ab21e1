using Iggy.Grains.Interfaces;
using Iggy.Grains.Interfaces.Partitions;
using Iggy.Storage.Log;

namespace Iggy.Grains.Partitions;

/// <summary>What the topic's retention asks of a partition.</summary>
internal sealed partial class PartitionGrain
{
    private Task<Refusal> _removal = Task.FromResult(Refusal.None); // of files of segments that are out of the log; never fails

    public async ValueTask<Refusal> DeleteSegmentsAsync(uint count) => (await RemoveAsync(log => log.TakeOldest(count))).Refusal;

    public ValueTask<PartitionRetention> GetRetentionAsync() => AnswerAsync(deleted: 0);

    public async ValueTask<PartitionRetention> DeleteExpiredAsync(ulong newestMicros)
    {
        if (TryGetClosed(out var summary) && !summary.HasExpired(newestMicros))
            return summary.ToRetention(deleted: 0);
        while (_log is null)
        {
            if (await WaitForLogAsync() is not Refusal.None and var refusal)
                return Refused(refusal);
        }

        using (Hold())
        {
            if (_log.OldestSealed is not { } oldest || oldest.LastTimestampMicros > newestMicros)
                return _log.Summary.ToRetention(deleted: 0); // the usual case, without taking the log away from anybody
        }

        return await AnswerAsync(log => log.TakeExpired(newestMicros));
    }

    public ValueTask<PartitionRetention> DeleteOldestAsync(ulong firstOffset) => AnswerAsync(log => log.TakeIfOldest(firstOffset));

    private async ValueTask<PartitionRetention> AnswerAsync(Func<PartitionLog, SegmentRemoval> take) =>
        await RemoveAsync(take) is var (refusal, count) && refusal is Refusal.None ? await AnswerAsync(count) : Refused(refusal);

    /// <summary>Takes segments out of the log in this turn; then their files go beside whatever others do.</summary>
    private async ValueTask<(Refusal Refusal, uint Count)> RemoveAsync(Func<PartitionLog, SegmentRemoval> take)
    {
        while (_log is null || !_removal.IsCompleted)
        {
            await _removal; // one at a time
            if (_log is null && await WaitForLogAsync() is not Refusal.None and var refusal)
                return (refusal, 0);
        }

        var (log, replica, count) = (_log, _replica, 0u);
        _removal = GuardAsync(() =>
        {
            var removal = replica is null ? take(log) : replica.Trim(take); // in this turn
            count = removal?.Count ?? 0;
            return count == 0 ? Task.CompletedTask : Task.Run(removal!.Run);
        });
        var outcome = await _removal;
        if (_log == log)
            NoteHealth(log);
        return (outcome, count);
    }

    private async ValueTask<PartitionRetention> AnswerAsync(uint deleted)
    {
        while (_log is null)
        {
            if (TryGetClosed(out var summary))
                return summary.ToRetention(deleted);
            if (await WaitForLogAsync() is not Refusal.None and var refusal)
                return Refused(refusal);
        }

        using var held = Hold();
        return _log.Summary.ToRetention(deleted);
    }

    private static PartitionRetention Refused(Refusal refusal) => new(refusal, 0, 0, false, 0, 0);
}
