using Iggy.Grains.Interfaces;
using Iggy.Grains.Interfaces.Partitions;
using PartitionLog = Iggy.Storage.Log.PartitionLog;

namespace Iggy.Grains.Partitions;

/// <summary>What the topic's retention asks of a partition.</summary>
internal sealed partial class PartitionGrain
{
    public ValueTask<PartitionRetention> GetRetentionAsync() => AnswerAsync(deleted: 0);

    public async ValueTask<PartitionRetention> DeleteExpiredAsync(ulong newestMicros)
    {
        while (_log is null)
        {
            if (await WaitForLogAsync() is not Refusal.None and var refusal)
                return Refused(refusal);
        }

        if (_log.OldestSealed is not { } oldest || oldest.LastTimestampMicros > newestMicros)
            return Answer(_log, deleted: 0); // the usual case, without taking the log away from anybody

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
            if (await WaitForLogAsync() is not Refusal.None and var refusal)
                return Refused(refusal);
        }

        return Answer(_log, deleted);
    }

    private static PartitionRetention Answer(PartitionLog log, uint deleted)
    {
        var oldest = log.OldestSealed;
        return new PartitionRetention(Refusal.None, deleted, log.Stats.MessageBytes, oldest is { IsHeld: false },
            oldest?.FirstOffset ?? 0, oldest?.FirstTimestampMicros ?? 0);
    }

    private static PartitionRetention Refused(Refusal refusal) => new(refusal, 0, 0, false, 0, 0);
}
