using Iggy.Grains.Interfaces;
using Iggy.Grains.Interfaces.Partitions;
using PartitionLog = Iggy.Storage.Log.PartitionLog;

namespace Iggy.Grains.Partitions;

/// <summary>Reading for consumer groups: one term at a time, and what was delivered under it.</summary>
/// <remarks>All of it is in memory, as Apache Iggy has it. An activation that knows no term of a group refuses to read for it until the group
/// tells it, which the gateway asks for; so what is forgotten is at most that messages were delivered and not yet committed.</remarks>
internal sealed partial class PartitionGrain
{
    private readonly Dictionary<uint, GroupReading> _groups = []; // no more than the topic has groups
    private int _purges; // counted where no poll runs, so that an offset delivered before is known to be of another numbering

    public ValueTask<GroupHold> AssignGroupAsync(GroupClaim claim)
    {
        if (_groups.TryGetValue(claim.GroupId, out var reading) && reading.Group == claim.Group)
        {
            if (reading.Term > claim.Term)
                return new(new GroupHold(reading.Term, IsReleased: false));
            if (reading.Term == claim.Term)
            {
                reading.IsLeaving &= reading.IsReleased; // a released term does not come back
                TellWatchers();
                return new(new GroupHold(reading.Term, reading.IsReleased));
            }
        }

        _groups[claim.GroupId] = new GroupReading(claim.Group, claim.Term);
        TellWatchers();
        return new(new GroupHold(claim.Term, IsReleased: false));
    }

    public async ValueTask<GroupHold> RevokeGroupAsync(GroupClaim claim)
    {
        if (!_groups.TryGetValue(claim.GroupId, out var reading) || reading.Group != claim.Group || reading.Term < claim.Term)
            reading = _groups[claim.GroupId] = new GroupReading(claim.Group, claim.Term); // nothing was delivered under it
        if (reading.Term > claim.Term)
            return new GroupHold(reading.Term, IsReleased: false);

        reading.IsLeaving = true;
        TellWatchers();
        while (_log is null && reading.DeliveredSince(_purges) is not null)
        {
            if (await WaitForLogAsync() is not Refusal.None)
                return new GroupHold(reading.Term, IsReleased: false); // nobody knows what is committed: the time-out decides
        }

        return new GroupHold(reading.Term, TryRelease(claim.GroupId, reading));
    }

    public async ValueTask<Refusal> ForgetGroupAsync(uint groupId)
    {
        _groups.Remove(groupId);
        TellWatchers();
        if (IsClosedAndEmpty)
            return Refusal.None; // then no offset is stored
        var refusal = await DeleteOffsetAsync(KeyOf(groupId));
        return refusal is Refusal.ConsumerOffsetNotFound or Refusal.PartitionNotFound ? Refusal.None : refusal;
    }

    public ValueTask<GroupPollResult> PollGroupAsync(PollRequest request, GroupClaim claim)
    {
        if (_log is not { } log)
            return PollGroupWhenOpenAsync(request, claim);
        if (Find(claim) is not { } reading)
            return new(new GroupPollResult(new PollResult(Refusal.StaleClaim, 0, 0, null), IsReleased: false));

        using var held = Hold();
        var read = log.Read(request.ToLog(log));
        return read.Large is null
            ? AnswerAsync(log, request, claim, reading, Answer(log, request, in read, reading))
            : PollGroupLargeAsync(log, request, claim, reading, read);
    }

    public async ValueTask<GroupStoreResult> StoreGroupOffsetAsync(GroupClaim claim, ulong offset)
    {
        while (_log is null)
        {
            if (await WaitForLogAsync() is not Refusal.None and var refusal)
                return new GroupStoreResult(refusal, IsReleased: false);
        }

        if (Find(claim) is not { } reading)
            return new GroupStoreResult(Refusal.StaleClaim, IsReleased: false);
        if (_replica is { } replica)
        {
            var outcome = await StoreAsync(replica, KeyOf(claim.GroupId), offset);
            return new GroupStoreResult(outcome, outcome is Refusal.None && Find(claim) is { } present && TryRelease(claim.GroupId, present));
        }
        _seat!.Use(clock);
        var stored = _log.StoreConsumerOffset(KeyOf(claim.GroupId).ToLog(), offset).Refusal();
        if (stored is not Refusal.None)
            return new GroupStoreResult(Refused(stored, 0), IsReleased: false);

        var isReleased = TryRelease(claim.GroupId, reading); // in the turn of the commit: nothing is delivered in between
        return new GroupStoreResult(await SyncedAsync(_log.CommitAsync(_areOffsetsPersisted)), isReleased);
    }

    public async ValueTask<Refusal> DeleteGroupOffsetAsync(GroupClaim claim)
    {
        while (_log is null)
        {
            if (await WaitForLogAsync() is not Refusal.None and var refusal)
                return refusal;
        }

        return Find(claim) is null ? Refusal.StaleClaim : await DeleteOffsetAsync(KeyOf(claim.GroupId));
    }

    private ValueTask<GroupPollResult> AnswerAsync(PartitionLog log, in PollRequest request, in GroupClaim claim, GroupReading reading, in PollResult polled)
    {
        var isReleased = request.AutoCommit && TryRelease(claim.GroupId, reading); // in the turn of the commit, as below
        var stored = StoredAsync(log, request, polled);
        return stored.IsCompletedSuccessfully
            ? new(new GroupPollResult(polled, isReleased))
            : AnswerAfterAsync(stored, isReleased);
    }

    private static async ValueTask<GroupPollResult> AnswerAfterAsync(ValueTask<PollResult> stored, bool isReleased) => new(await stored, isReleased);

    // Who serves a group is no matter of the log's, and yet what its members are answered depends on it.
    private void TellWatchers() => _seat?.Changes?.Advance();

    private static ConsumerKey KeyOf(uint groupId) => new(ConsumerKind.Group, groupId);

    private async ValueTask<GroupPollResult> PollGroupWhenOpenAsync(PollRequest request, GroupClaim claim) =>
        await WaitForLogAsync() is not Refusal.None and var refusal
            ? new GroupPollResult(new PollResult(refusal, 0, 0, null), IsReleased: false)
            : await PollGroupAsync(request, claim);

    private GroupReading? Find(in GroupClaim claim) =>
        _groups.TryGetValue(claim.GroupId, out var reading) && reading.Group == claim.Group && reading.Term == claim.Term && !reading.IsReleased
            ? reading
            : null;

    // True when the term is over, now or since before.
    private bool TryRelease(uint groupId, GroupReading reading)
    {
        if (!reading.IsLeaving || reading.IsReleased)
            return reading.IsReleased;
        using var held = Hold();
        reading.IsReleased = reading.DeliveredSince(_purges) is not { } delivered
            || (_log is { } log && log.TryGetConsumerOffset(KeyOf(groupId).ToLog(), out var stored) && stored >= delivered);
        return reading.IsReleased;
    }

    private void Purge(PartitionLog log)
    {
        log.Purge();
        Interlocked.Increment(ref _purges); // on the thread of the file work; polls wait for it
    }

    /// <summary>One term of a group.</summary>
    private sealed class GroupReading(Guid group, ulong term)
    {
        private ulong _delivered;
        private int _deliveredPurges = -1;

        public Guid Group { get; } = group;
        public ulong Term { get; } = term;

        /// <summary>Another member is to get the partition.</summary>
        public bool IsLeaving { get; set; }

        /// <summary>Nothing is read under this term any more.</summary>
        public bool IsReleased { get; set; }

        /// <summary>Notes the last offset of a poll that found something.</summary>
        public void Deliver(ulong lastOffset, int purges) => (_delivered, _deliveredPurges) = (lastOffset, purges);

        /// <summary>The last offset of the latest such poll, unless the partition was purged since.</summary>
        public ulong? DeliveredSince(int purges) => _deliveredPurges == purges ? _delivered : null;
    }
}
