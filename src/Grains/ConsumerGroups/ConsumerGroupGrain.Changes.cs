using System.Collections.Immutable;
using Iggy.Grains.Interfaces.ConsumerGroups;
using Iggy.Grains.Interfaces.Partitions;
using Microsoft.Extensions.Logging;

namespace Iggy.Grains.ConsumerGroups;

/// <summary>How a change reaches partitions and gateways, and what is checked at a fixed interval.</summary>
internal sealed partial class ConsumerGroupGrain
{
    private const int AtOnce = 128; // calls to partitions under way; a topic may have a hundred thousand
    private const int MostMisses = 3; // in a row, before the members of a gateway that does not answer count as gone

    private readonly Dictionary<IGroupObserver, int> _misses = [];

    /// <summary>Turns what the assignment says now into terms, and tells all whom it concerns.</summary>
    /// <param name="answered">The member that hears of it by the answer to its own call.</param>
    private async Task ApplyAsync(uint? answered = null)
    {
        _generation++;
        var change = new Change(answered);
        for (var i = 0; i < _holds.Length; i++)
            Reckon(i, change);
        Publish();
        await TellAsync(change);
    }

    private void Reckon(int partition, Change change)
    {
        var hold = _holds[partition];
        var (owner, isPromised) = (_assignment.OwnerOf(partition), _assignment.TargetOf(partition) is not null);
        if (hold.Owner != owner || hold.Term == 0)
        {
            change.Touch(hold.Owner, owner);
            (hold.Owner, hold.Term, hold.IsLeaving, hold.IsTold) = (owner, ++_term, isPromised, false);
            hold.LeavingSince = clock.GetTimestamp();
        }
        else if (hold.IsLeaving != isPromised)
        {
            change.Touch(owner, owner);
            (hold.IsLeaving, hold.IsTold) = (isPromised, false);
            hold.LeavingSince = clock.GetTimestamp();
        }
    }

    /// <summary>Tells every partition that does not know yet, moves those that were released on the way, then tells the gateways.</summary>
    private async Task TellAsync(Change change)
    {
        var (first, waiting) = (0, new List<(int Partition, Task<GroupHold?> Answer)>());
        while (first < _holds.Length)
        {
            waiting.Clear();
            for (; first < _holds.Length && waiting.Count < AtOnce; first++)
            {
                if (!_holds[first].IsTold)
                    waiting.Add((first, TellAsync(_holds[first])));
            }

            foreach (var (partition, answer) in waiting)
            {
                if (await answer is { } told && !Accept(partition, told, change))
                    first = Math.Min(first, partition); // it has another term now and is told that
            }
        }

        await NotifyAsync([.. _sessions.Values.Where(entry => change.Touched.Contains(entry.Id))],
            (gateway, sessions) => gateway.ChangedAsync(_group, sessions));
    }

    // Null: it did not answer. It keeps the term it knows, and the next check tells it again.
    private async Task<GroupHold?> TellAsync(PartitionHold hold)
    {
        var claim = new GroupClaim(_groupId, _group, hold.Term);
        try
        {
            return hold.IsLeaving ? await hold.Grain.RevokeGroupAsync(claim) : await hold.Grain.AssignGroupAsync(claim);
        }
        catch (Exception e) // one partition that is out of reach must not keep the others from their members
        {
            LogNotTold(logger, hold.Key, e);
            return null;
        }
    }

    // False when the partition has to be told of another term.
    private bool Accept(int partition, GroupHold told, Change change)
    {
        var hold = _holds[partition];
        hold.IsTold = true;
        if (told.Term == hold.Term && !told.IsReleased)
            return true;

        _generation++;
        change.Touch(hold.Owner, hold.Owner);
        if (hold.IsLeaving && told.IsReleased)
        {
            _assignment.Complete(partition);
            Publish();
            Reckon(partition, change);
        }
        else
        {
            _term = Math.Max(_term, told.Term); // an activation before this one gave it, or the term was released and is kept after all
            (hold.Term, hold.IsTold) = (++_term, false);
        }

        return false;
    }

    private async Task NotifyAsync(MemberEntry[] entries, Func<IGroupObserver, ImmutableArray<Guid>, ValueTask> notify)
    {
        foreach (var ofGateway in entries.GroupBy(static entry => entry.Member.Gateway))
        {
            try
            {
                await notify(ofGateway.Key, [.. ofGateway.Select(static entry => entry.Member.Session)]).AsTask().WaitAsync(options.Value.GatewayTimeout, clock);
            }
            catch (Exception e) // what a gateway remembers only ages; the partitions fence
            {
                LogNotHeard(logger, this.GetPrimaryKeyString(), ofGateway.Key.GetGrainId(), e);
            }
        }
    }

    private void StartChecking() => _checks ??= this.RegisterGrainTimer(CheckAsync, new GrainTimerCreationOptions(
        options.Value.RebalancingCheckInterval, options.Value.RebalancingCheckInterval) { KeepAlive = true }); // members live in memory only

    private void StopChecking()
    {
        _checks?.Dispose();
        _checks = null;
        _misses.Clear();
    }

    private async Task CheckAsync(CancellationToken cancellationToken)
    {
        await LookAtTopicAsync(throwIfGone: false);
        await DropGoneAsync();
        var forced = false;
        for (var i = 0; i < _holds.Length; i++)
        {
            var hold = _holds[i];
            if (!hold.IsLeaving)
                continue;
            if (clock.GetElapsedTime(hold.LeavingSince) < options.Value.RebalancingTimeout)
            {
                hold.IsTold = false; // ask again: the gateway that saw the release may be gone
                continue;
            }
            LogForced(logger, hold.Key, this.GetPrimaryKeyString());
            _assignment.Complete(i);
            forced = true;
        }

        if (forced)
            await ApplyAsync();
        else
            await TellAsync(new Change(answered: null));
    }

    /// <summary>Drops members whose gateway does not know them any more, or does not answer for long.</summary>
    private async Task DropGoneAsync()
    {
        if (_sessions.Count > 0)
            _lookedAt = clock.GetTimestamp();
        var gone = new List<Guid>();
        foreach (var ofGateway in _sessions.Values.GroupBy(static entry => entry.Member.Gateway).ToArray())
        {
            ImmutableArray<Guid> sessions = [.. ofGateway.Select(static entry => entry.Member.Session)];
            try
            {
                gone.AddRange(await ofGateway.Key.FindGoneAsync(_group, sessions).AsTask().WaitAsync(options.Value.GatewayTimeout, clock));
                _misses.Remove(ofGateway.Key);
            }
            catch (Exception e) // a gateway that is slow once must not lose its members their work
            {
                LogNotHeard(logger, this.GetPrimaryKeyString(), ofGateway.Key.GetGrainId(), e);
                if ((_misses[ofGateway.Key] = _misses.GetValueOrDefault(ofGateway.Key) + 1) >= MostMisses)
                    gone.AddRange(sessions);
            }
        }

        await RemoveAsync(gone);
    }

    /// <summary>Members whose assignment differs from what their gateways know.</summary>
    private sealed class Change(uint? answered)
    {
        public HashSet<uint> Touched { get; } = [];

        public void Touch(uint? before, uint? after)
        {
            if (before is { } loser && loser != answered)
                Touched.Add(loser);
            if (after is { } winner && winner != answered)
                Touched.Add(winner);
        }
    }

    [LoggerMessage(2300, LogLevel.Warning, "Partition {Partition} could not be told who reads it; it keeps its reader and is told again")]
    private static partial void LogNotTold(ILogger logger, string partition, Exception exception);

    [LoggerMessage(2301, LogLevel.Warning, "Group {Group} was not heard by gateway {Gateway}")]
    private static partial void LogNotHeard(ILogger logger, string group, GrainId gateway, Exception exception);

    [LoggerMessage(2302, LogLevel.Information, "Partition {Partition} of group {Group} moved before its messages were committed: the time for that ran out")]
    private static partial void LogForced(ILogger logger, string partition, string group);
}
