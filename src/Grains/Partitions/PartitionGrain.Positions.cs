using Iggy.Grains.Interfaces;
using Iggy.Grains.Interfaces.Partitions;
using Microsoft.Extensions.Logging;
using PartitionLog = Iggy.Storage.Log.PartitionLog;

namespace Iggy.Grains.Partitions;

/// <summary>The stored position of a consumer or a group, as polls move it.</summary>
internal sealed partial class PartitionGrain
{
    /// <summary>Answers a poll once the position it stored is as durable as one that is stored by its own command.</summary>
    private ValueTask<PollResult> StoredAsync(PartitionLog log, in PollRequest request, PollResult polled)
    {
        if (!request.AutoCommit || polled is { Messages: null, Large: null } || _replica is not null)
            return new(polled);
        var commit = log.CommitAsync(_areOffsetsPersisted); // complete unless server or topic answer after the sync
        return commit.IsCompletedSuccessfully ? new(polled) : AnswerAfterAsync(commit, polled);
    }

    private async ValueTask<PollResult> AnswerAfterAsync(ValueTask commit, PollResult polled)
    {
        if (await SyncedAsync(commit) is not Refusal.None and var refusal)
        {
            polled.Messages?.Dispose();
            polled.Large?.Dispose();
            return new PollResult(refusal, polled.CurrentOffset, 0, null);
        }

        return polled;
    }

    /// <summary>
    /// A poll for the next messages met damage: it is answered so, once, and the position moves behind the damage, so that the poll
    /// after it goes on. Nothing else would ever move it: docs/adr/0022-readers-behind-damage.md.
    /// </summary>
    private void PassDamage(PartitionLog log, in ConsumerKey consumer, ulong lastOffset)
    {
        if (log.MayLackAKey)
            return; // nothing is lost yet, so nobody is moved over it
        using var held = Hold();
        var next = log.TryGetConsumerOffset(consumer.ToLog(), out var stored) ? stored + 1 : 0;
        var firstOffset = Math.Max(next, log.Stats.FirstOffset);
        var status = StoreAtOnce(log, consumer, lastOffset);
        if (status is not Refusal.None)
        {
            Refused(status, 0); // it stands where it stood; the next poll tries again
            return;
        }

        metrics.DamageSkipped(lastOffset - firstOffset + 1);
        LogDamagePassed(logger, Key, consumer.Kind, consumer.Id, firstOffset, lastOffset);
    }

    [LoggerMessage(2020, LogLevel.Error, "Partition {Partition}: {Kind} {Id} was moved over the damaged offsets {FirstOffset} to {LastOffset}, whose messages it does not get")]
    private static partial void LogDamagePassed(ILogger logger, string partition, ConsumerKind kind, uint id, ulong firstOffset, ulong lastOffset);
}
