using Iggy.Grains.Interfaces;
using Iggy.Grains.Interfaces.Partitions;
using Iggy.Storage.Cold;
using Log = Iggy.Storage;
using PartitionLog = Iggy.Storage.Log.PartitionLog;

namespace Iggy.Grains.Partitions;

/// <summary>Polls too large for one turn: prepared in it, measured beside it, and answered in a second one that stores what there is to store.</summary>
internal sealed partial class PartitionGrain
{
    private async ValueTask<PollResult> PollLargeAsync(PartitionLog log, PollRequest request, Log.ReadResult read)
    {
        var stand = StandOf(log, request);
        var measured = await MeasureAsync(read);
        if (measured.Large is null)
            PassDamage(request, read, stand);
        if (measured.Large is null || !request.AutoCommit)
            return Remembered(measured, read);

        while (_log is null)
        {
            if (await WaitForLogAsync() is not Refusal.None and var missing)
                return Dropped(measured, missing);
        }

        if (stand != StandOf(_log, request))
        {
            measured.Large.Dispose();
            return await PollAsync(request); // from where the consumer stands now; somebody else got on, so this comes to an end
        }
        return Deliver(_log, request, read.Large!.LastOffset, group: null) is not Refusal.None and var refusal
            ? Dropped(measured, refusal)
            : await StoredAsync(_log, request, Remembered(measured, read));
    }

    private async ValueTask<GroupPollResult> PollGroupLargeAsync(PartitionLog log, PollRequest request, GroupClaim claim, GroupReading reading, Log.ReadResult read)
    {
        var stand = StandOf(log, request);
        var measured = await MeasureAsync(read);
        while (_log is null && measured.Large is not null)
        {
            if (await WaitForLogAsync() is not Refusal.None and var missing)
                return new GroupPollResult(Dropped(measured, missing), IsReleased: false);
        }

        if (Find(claim) != reading)
            return new GroupPollResult(Dropped(measured, Refusal.StaleClaim), IsReleased: false); // the term ended in between
        if (measured.Large is null)
        {
            PassDamage(request, read, stand);
            return new GroupPollResult(measured, IsReleased: false);
        }
        if (stand != StandOf(_log!, request))
        {
            measured.Large.Dispose();
            return await PollGroupAsync(request, claim);
        }
        var polled = Deliver(_log!, request, read.Large!.LastOffset, reading) is not Refusal.None and var refusal ? Dropped(measured, refusal) : Remembered(measured, read);
        return await AnswerAsync(_log!, request, claim, reading, polled);
    }

    private void PassDamage(in PollRequest request, in Log.ReadResult read, (int Purges, ulong? Stored) stand)
    {
        if (read.Large!.Status is Log.ReadStatus.Damaged && request.From is PollFrom.Next && _log is { } log && stand == StandOf(log, request))
            PassDamage(log, request.Consumer, read.Large.LastOffset);
    }

    // What the outcome of a poll that stores depends on, beside the messages: polls of one consumer at a time must not get the same ones.
    private (int Purges, ulong? Stored) StandOf(PartitionLog log, in PollRequest request)
    {
        using var held = Hold();
        return (_purges, request.From is PollFrom.Next && log.TryGetConsumerOffset(request.Consumer.ToLog(), out var stored) ? stored : null);
    }

    private async ValueTask<PollResult> MeasureAsync(Log.ReadResult read)
    {
        var large = read.Large!;
        try
        {
            await reads.MeasureAsync(large);
        }
        catch (ColdAwayException away)
        {
            large.Dispose();
            LogColdAway(logger, Key, away.Message);
            return new PollResult(Refusal.Unavailable, read.CurrentOffset, 0, null);
        }
        catch (IOException e)
        {
            large.Dispose();
            LogFailed(logger, Key, e);
            return new PollResult(Refused(Refusal.StorageFailed, 0), read.CurrentOffset, 0, null);
        }
        catch
        {
            large.Dispose();
            throw;
        }
        if (large is { Status: Log.ReadStatus.Ok, Count: > 0 })
            return new PollResult(Refusal.None, read.CurrentOffset, large.Count, null, new LargeReply(new LogPieces(large, reads), large.Bytes, large.PieceBytes));

        large.Dispose();
        if (large.Status is not Log.ReadStatus.Ok)
            LogUnreadableOnce(large.Status, large.LastOffset);
        return new PollResult(large.Status.Refusal(), read.CurrentOffset, 0, null);
    }

    private PollResult Remembered(in PollResult measured, in Log.ReadResult read)
    {
        using var held = Hold();
        if (measured.Large is not null)
            _log?.Remember(read.Large!);
        return measured;
    }

    private static PollResult Dropped(in PollResult measured, Refusal refusal)
    {
        measured.Large?.Dispose();
        return new PollResult(refusal, refusal is Refusal.StaleClaim ? 0 : measured.CurrentOffset, 0, null);
    }
}
