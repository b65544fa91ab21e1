using Iggy.Grains.Interfaces;
using Iggy.Grains.Interfaces.Partitions;

namespace Iggy.Grains.Partitions;

/// <summary>What the topic's retention asks of a partition.</summary>
internal sealed partial class PartitionGrain
{
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

        if (_log.OldestSealed is not { } oldest || oldest.LastTimestampMicros > newestMicros)
            return _log.Summary.ToRetention(deleted: 0); // the usual case, without taking the log away from anybody

        var deleted = 0u;
        return await AloneAsync(log => deleted = log.DeleteExpiredSegments(newestMicros)) is not Refusal.None and var failure
            ? Refused(failure)
            : await AnswerAsync(deleted);
    }

    public async ValueTask<PartitionRetention> DeleteOldestAsync(ulong firstOffset)
    {
        var isDeleted = false;
        return await AloneAsync(log => isDeleted = log.DeleteOldestSegment(firstOffset)) is not Refusal.None and var failure
            ? Refused(failure)
            : await AnswerAsync(isDeleted ? 1u : 0u);
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

        return _log.Summary.ToRetention(deleted);
    }

    private static PartitionRetention Refused(Refusal refusal) => new(refusal, 0, 0, false, 0, 0);
}
