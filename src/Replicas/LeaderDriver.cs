using System.Collections.Immutable;
using System.Runtime.InteropServices;
using Iggy.Replication;
using Iggy.Replication.Frames;
using Iggy.Replication.Roles;
using Iggy.Storage;
using Iggy.Storage.Log;
using Microsoft.Extensions.Logging;

namespace Iggy.Replicas;

/// <summary>Leads one epoch: sends followers what they lack, and answers callers once a majority has what they wrote.</summary>
/// <remarks>Everything runs under the replica's gate.</remarks>
internal sealed class LeaderDriver
{
    private readonly LeaderState _leader;
    private readonly ReplicaState _state;
    private readonly PartitionLog _log;
    private readonly LogEffects _effects;
    private readonly ReplicaOptions _options;
    private readonly TimeProvider _clock;
    private readonly ILogger _logger;
    private readonly string _name;
    private readonly NodeId _self;
    private readonly Dictionary<NodeId, Sending> _sending = [];
    private readonly Queue<Waiter> _appends = [], _stores = []; // by end, by sequence
    private readonly Queue<(ulong Sequence, OffsetChange Change)> _changes = [];

    public LeaderDriver(LeaderState leader, ReplicaState state, PartitionLog log, LogEffects effects, ReplicaOptions options, TimeProvider clock, ILogger logger, string name)
    {
        (_leader, _state, _log, _effects, _options, _clock, _logger, _name) = (leader, state, log, effects, options, clock, logger, name);
        _self = leader.Register.Leader;
        log.BeginLeading(leader.Register.Epoch);
        log.SetCommitted(leader.Commit);
        foreach (var follower in leader.Followers)
            Attach(follower, isNew: true);
    }

    public LeaderState Leader => _leader;

    /// <summary>A majority has not been heard from for too long.</summary>
    public bool IsMajorityLost { get; private set; }

    public int Waiting => _appends.Count + _stores.Count;

    private sealed record Waiter(ulong Goal, ulong BaseOffset, TaskCompletionSource<ReplicaStatus> Done);

    /// <summary>What is on its way to one follower.</summary>
    private sealed class Sending
    {
        public ulong Session, SentTo, SentSequence, CommitTold, TrimTold;
        public (ulong End, ulong Sequence) Acked;
        public ulong? RolledAt;
        public long HeardAt, AskedAt, MovedAt, ToldAt;
        public ulong DamageTold = ulong.MaxValue;
    }

    public ValueTask<ReplicaAppend> AppendAsync(MessageLayout layout, ReadOnlySpan<byte> messages, uint count)
    {
        if (Refusal() is { } refusal)
            return new(new ReplicaAppend(refusal, 0, default));
        var appended = _log.Append(layout, messages, count);
        if (appended.Status is AppendStatus.Failed)
            throw new IOException("The log takes no more appends: a write or sync failed before."); // to be opened again, as after any other failure
        if (appended.Status is not AppendStatus.Appended)
            return new(new ReplicaAppend(ReplicaStatus.Refused, 0, appended.Status));
        var end = _log.EndOffset;
        _leader.Appended(end);
        foreach (var follower in _sending.Keys)
            Pump(follower);
        Settle();
        return _leader.Commit >= end ? new(new ReplicaAppend(ReplicaStatus.Committed, appended.BaseOffset, default)) : AwaitAsync(Wait(_appends, end, appended.BaseOffset));
    }

    public ValueTask<ReplicaStore> StoreAsync(ConsumerKey consumer, ulong? offset, bool waits)
    {
        if (Refusal() is { } refusal)
            return new(new ReplicaStore(refusal, default));
        var status = StoreOffsetStatus.Stored;
        if (offset is { } stored)
            status = _log.StoreConsumerOffset(consumer, stored);
        else if (!_log.DeleteConsumerOffset(consumer))
            status = StoreOffsetStatus.OutOfRange;
        if (status is not StoreOffsetStatus.Stored)
            return new(new ReplicaStore(ReplicaStatus.Refused, status));
        if (_state.SyncsFirst)
            _log.SyncNow();
        var sequence = _leader.OffsetStored();
        if (_log.OffsetsMark != new OffsetsMark(_leader.Register.Epoch, sequence))
            throw new ReplicationException($"Change {sequence} of the stored offsets was counted as {_log.OffsetsMark}.");
        _changes.Enqueue((sequence, offset is null ? OffsetChange.Deleted(consumer) : OffsetChange.Stored(consumer, offset.Value)));
        while (_changes.Count > _options.MaxKeptChanges)
            _changes.Dequeue();
        foreach (var follower in _sending.Keys)
            Pump(follower);
        Settle();
        return !waits || _leader.CommittedSequence >= sequence ? new(new ReplicaStore(ReplicaStatus.Committed, status)) : AwaitStoreAsync(Wait(_stores, sequence, 0));
    }

    /// <summary>Tells followers that messages below the log's start are gone.</summary>
    public void Trimmed() => _leader.TrimTo(_log.StartOffset);

    public void OnAttached(NodeId from, Attached attached)
    {
        Heard(from);
        _leader.OnAttached(from, attached);
    }

    public void OnAck(NodeId from, Ack ack)
    {
        Heard(from);
        _leader.OnAck(from, ack);
        if (_sending.TryGetValue(from, out var sending) && _leader.NextFor(from) is { } next && (next.From, next.Sequence) != sending.Acked)
            (sending.Acked, sending.MovedAt) = ((next.From, next.Sequence), _clock.GetTimestamp());
        Settle();
        Pump(from);
    }

    /// <summary>Whatever was on the way to a node may be lost.</summary>
    public void OnConnected(NodeId node)
    {
        if (_leader.Followers.Contains(node))
            Attach(node, isNew: true);
    }

    public void OnTick()
    {
        foreach (var gone in _sending.Keys.Except(_leader.Followers).ToArray())
            _sending.Remove(gone);
        foreach (var follower in _leader.Followers)
            Look(follower);
        LookForMajority();
    }

    /// <summary>What is committed may have moved.</summary>
    public void Settle()
    {
        _log.SetCommitted(_leader.Commit);
        Complete(_appends, _leader.Commit);
        Complete(_stores, _leader.CommittedSequence);
    }

    /// <summary>Answers everybody who waits: nobody knows what becomes of what they wrote.</summary>
    public void GiveUp()
    {
        foreach (var waiter in _appends.Concat(_stores))
            waiter.Done.TrySetResult(ReplicaStatus.OutcomeUnknown);
        _appends.Clear();
        _stores.Clear();
    }

    public ImmutableArray<(NodeId Node, ulong? End, bool IsInSync)> Describe()
        => [.. _leader.Followers.Select(node => (node, _leader.NextFor(node)?.From, _leader.IsInSync(node)))];

    /// <summary>Sends a follower what it lacks, as far as there is room.</summary>
    public void Pump(NodeId follower)
    {
        if (!_sending.TryGetValue(follower, out var sending) || _leader.NextFor(follower) is not { } next)
            return;
        if (next.Session != sending.Session || next.From > sending.SentTo)
            (sending.Session, sending.SentTo, sending.RolledAt, sending.TrimTold) = (next.Session, next.From, null, 0);
        sending.SentSequence = Math.Max(sending.SentSequence, next.Sequence);
        var epoch = _leader.Register.Epoch;
        if (!TrySendChanges(follower, sending, epoch))
            return;
        while (true)
        {
            if (sending.RolledAt != sending.SentTo && _log.GenerationOfSegmentAt(sending.SentTo) is { } generation)
            {
                if (!_effects.TrySend(follower, new Roll(epoch, sending.Session, sending.SentTo, generation)))
                    return;
                sending.RolledAt = sending.SentTo;
            }
            var plan = _log.PlanRecords(sending.SentTo, _log.EndOffset, _options.PieceBytes);
            if (plan.Found is RecordsFound.NotThere)
            {
                Attach(follower, isNew: true); // it lacks what is gone here
                return;
            }
            if (plan.Found is RecordsFound.Damaged)
                TellDamage(follower, sending);
            if (plan.Found is not RecordsFound.Records)
                return;
            if (!_effects.TrySendRecords(follower, new Data(epoch, sending.Session, plan.From, plan.End, _leader.Commit, default), in plan))
                return;
            if (sending.SentTo == next.From)
                sending.MovedAt = _clock.GetTimestamp(); // it had everything: from now on an answer is waited for
            (sending.SentTo, sending.CommitTold, sending.ToldAt) = (plan.End, _leader.Commit, _clock.GetTimestamp());
        }
    }

    private bool TrySendChanges(NodeId follower, Sending sending, ulong epoch)
    {
        if (sending.SentSequence >= _state.Offsets.Sequence)
            return true;
        if (_changes.Count == 0 || _changes.Peek().Sequence > sending.SentSequence + 1)
        {
            Attach(follower, isNew: true); // with the whole table
            return false;
        }
        foreach (var (sequence, change) in _changes)
        {
            if (sequence <= sending.SentSequence)
                continue;
            var entry = new byte[OffsetChange.SizeInBytes];
            MemoryMarshal.Write(entry, in change);
            if (!_effects.TrySend(follower, new Offset(epoch, sending.Session, sequence, entry)))
                return false;
            sending.SentSequence = sequence;
        }
        return true;
    }

    private void Attach(NodeId follower, bool isNew)
    {
        if (!_sending.TryGetValue(follower, out var sending))
            _sending[follower] = sending = new Sending { HeardAt = _clock.GetTimestamp() };
        if (isNew)
            (sending.Session, sending.SentTo, sending.SentSequence, sending.Acked, sending.RolledAt) = (0, 0, 0, default, null);
        sending.AskedAt = _clock.GetTimestamp();
        _leader.Attach(follower, isNew);
    }

    private void Look(NodeId follower)
    {
        if (!_sending.TryGetValue(follower, out var sending))
        {
            Attach(follower, isNew: true); // it is one since the voters changed
            return;
        }
        if (_leader.NextFor(follower) is not { } next)
        {
            if (_clock.GetElapsedTime(sending.AskedAt) >= _options.Retry)
                Attach(follower, isNew: false);
            return;
        }
        var isStuck = (sending.SentTo > next.From || sending.SentSequence > next.Sequence) && _clock.GetElapsedTime(sending.MovedAt) >= _options.Retry;
        if (isStuck)
            (sending.SentTo, sending.SentSequence, sending.RolledAt, sending.MovedAt) = (next.From, next.Sequence, null, _clock.GetTimestamp());
        Pump(follower);
        var isBeatDue = sending.CommitTold < _leader.Commit || _clock.GetElapsedTime(sending.ToldAt) >= _options.Beat;
        if (isBeatDue && _leader.NextFor(follower) is { } now && _effects.TrySend(follower, new Beat(_leader.Register.Epoch, now.Session, _leader.Commit)))
            (sending.CommitTold, sending.ToldAt) = (_leader.Commit, _clock.GetTimestamp());
        TellTrim(follower, sending, next.From);
    }

    // Once it has a message behind what is gone here, and so begins a segment there too, and knows that it is committed. In each session again: it may have missed it.
    private void TellTrim(NodeId follower, Sending sending, ulong end)
    {
        var start = _log.StartOffset;
        if (sending.TrimTold < start && end > start && sending.CommitTold > start && _effects.TrySend(follower, new Trim(_leader.Register.Epoch, sending.Session, start)))
            sending.TrimTold = start;
    }

    private void LookForMajority()
    {
        var heard = _leader.Register.Voters.Count(voter => voter == _self
            || (_sending.TryGetValue(voter, out var sending) && _clock.GetElapsedTime(sending.HeardAt) < _options.QuorumTimeout));
        var isLost = heard < Quorum.Majority(_leader.Register.Voters.Length);
        if (isLost && !IsMajorityLost)
            _logger.MajorityLost(_name, Waiting);
        else if (!isLost && IsMajorityLost)
            _logger.MajorityFound(_name);
        IsMajorityLost = isLost;
        if (isLost)
            GiveUp();
    }

    private void Heard(NodeId node)
    {
        if (_sending.TryGetValue(node, out var sending))
            sending.HeardAt = _clock.GetTimestamp();
    }

    private void TellDamage(NodeId follower, Sending sending)
    {
        if (sending.DamageTold != sending.SentTo)
            _logger.CannotSend(_name, $"{follower}", sending.SentTo);
        sending.DamageTold = sending.SentTo;
    }

    private ReplicaStatus? Refusal()
        => !_leader.IsLeading ? ReplicaStatus.NotLeading
            : IsMajorityLost ? ReplicaStatus.NoMajority
            : Waiting >= _options.MaxWaiting ? ReplicaStatus.TooManyWaiting : null;

    private static Waiter Wait(Queue<Waiter> queue, ulong goal, ulong baseOffset)
    {
        var waiter = new Waiter(goal, baseOffset, new(TaskCreationOptions.RunContinuationsAsynchronously));
        queue.Enqueue(waiter);
        return waiter;
    }

    private static async ValueTask<ReplicaAppend> AwaitAsync(Waiter waiter) => new(await waiter.Done.Task, waiter.BaseOffset, default);

    private static async ValueTask<ReplicaStore> AwaitStoreAsync(Waiter waiter) => new(await waiter.Done.Task, default);

    private static void Complete(Queue<Waiter> queue, ulong reached)
    {
        while (queue.TryPeek(out var waiter) && waiter.Goal <= reached)
        {
            queue.Dequeue();
            waiter.Done.TrySetResult(ReplicaStatus.Committed);
        }
    }
}
