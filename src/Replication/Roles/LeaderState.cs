using System.Collections.Immutable;
using Iggy.Replication.Frames;

namespace Iggy.Replication.Roles;

/// <summary>The leader of one epoch: knows how far each follower is, and from that what is committed.</summary>
/// <remarks>It does not send messages by itself: the host asks <see cref="NextFor"/> from where on a follower needs them and sends what it finds useful.</remarks>
public sealed partial class LeaderState
{
    private readonly ReplicaState _replica;
    private readonly IReplicaEffects _effects;
    private readonly Rules _rules;
    private readonly NodeId _self;
    private readonly Dictionary<NodeId, FollowerProgress> _followers = [];
    private PartitionRegister _register;
    private ulong _lastSession;
    private bool _isDeposed;

    private LeaderState(ReplicaState replica, PartitionRegister register, IReplicaEffects effects, Rules rules)
    {
        (_replica, _register, _effects, _rules, _self) = (replica, register, effects, rules, register.Leader);
        TakeoverEnd = replica.End;
        SetFollowers();
    }

    /// <summary>The register as this leader knows it.</summary>
    public PartitionRegister Register => _register;

    /// <summary>Whether it still leads, as far as this node knows.</summary>
    public bool IsLeading => !_isDeposed && _replica.Promised == _register.Epoch;

    /// <summary>Where the log ended when it began: from here on the messages are its own.</summary>
    public ulong TakeoverEnd { get; }

    /// <summary>Everything below is committed; 0 until a majority has what it began with. Only this may be read.</summary>
    public ulong Commit { get; private set; }

    /// <summary>The last change of stored offsets that a majority has.</summary>
    public ulong CommittedSequence { get; private set; }

    /// <summary>Everybody who is to receive what is written.</summary>
    public IReadOnlyCollection<NodeId> Followers => _followers.Keys;

    internal static LeaderState Begin(ReplicaState replica, PartitionRegister register, IReplicaEffects effects, Rules rules)
    {
        replica.BeginEpoch();
        var leader = new LeaderState(replica, register, effects, rules);
        leader.Count();
        return leader;
    }

    /// <summary>Messages were written to this node's log.</summary>
    public void Appended(ulong end)
    {
        ThrowUnlessLeading();
        _replica.Advance(end);
        Count();
    }

    /// <summary>A sync of this node's log, begun with so many <see cref="ReplicaState.Cuts"/>, has ended.</summary>
    public void Synced(ulong end, int cuts)
    {
        _replica.OnSynced(end, cuts);
        if (IsLeading)
            Count();
    }

    /// <summary>A consumer offset was stored on this node.</summary>
    /// <returns>The number of the change, for <see cref="Offset"/> and <see cref="CommittedSequence"/>.</returns>
    public ulong OffsetStored()
    {
        ThrowUnlessLeading();
        _replica.AdvanceOffsets(_replica.Offsets.Sequence + 1);
        Count();
        return _replica.Offsets.Sequence;
    }

    /// <summary>Drops messages below an offset here and on the followers.</summary>
    /// <param name="start">At most <see cref="Commit"/>.</param>
    public void TrimTo(ulong start)
    {
        ThrowUnlessLeading();
        if (start <= _replica.Start || start > Commit)
            return;
        _replica.DropBelow(start);
        foreach (var (follower, progress) in _followers)
        {
            if (progress.IsAttached)
                _effects.Send(follower, new Trim(_register.Epoch, progress.Session, start));
        }
    }

    /// <summary>Begins to talk to a follower anew, as after every loss of the connection, or repeats a beginning that got no answer.</summary>
    public void Attach(NodeId follower, bool isNew = true)
    {
        if (!IsLeading || !_followers.TryGetValue(follower, out var progress))
            return;
        if (isNew || progress.Session == 0)
            (progress.Session, progress.IsAttached) = (++_lastSession, false);
        _effects.Send(follower, new Attach(_register.Epoch, progress.Session, _register.PurgeEpoch));
    }

    /// <summary>A follower says what it has, and hears what has to go.</summary>
    public void OnAttached(NodeId from, Attached attached)
    {
        if (!IsLeading || attached.Epoch != _register.Epoch || !_followers.TryGetValue(from, out var progress) || progress.Session != attached.Session)
            return;
        // What it said before may not be there any more. Until it has again what this log holds now, a suspect follower is not to be trusted.
        progress.Forget();
        var keep = EpochMap.KeepEnd(attached.Map, attached.Start, attached.End, _replica.Map, _replica.Start, _replica.End);
        _effects.SendWithOffsets(from, new Cut(_register.Epoch, attached.Session, attached.Nonce, keep, _replica.Start, TakeoverEnd, _replica.End, _replica.Map, _replica.Offsets, default));
    }

    /// <summary>A follower says how far it is.</summary>
    public void OnAck(NodeId from, Ack ack)
    {
        if (!IsLeading || ack.Epoch != _register.Epoch || !_followers.TryGetValue(from, out var progress) || progress.Session != ack.Session || ack.End > _replica.End)
            return;
        progress.IsAttached = true;
        progress.End = Math.Max(progress.End, ack.End);
        progress.Sequence = Math.Max(progress.Sequence, ack.Sequence);
        progress.IsLevel |= ack.End >= TakeoverEnd;
        Count();
    }

    /// <summary>The session a follower is in, and the first offset it lacks; null while it has not attached.</summary>
    public (ulong Session, ulong From, ulong Sequence)? NextFor(NodeId follower) =>
        IsLeading && _followers.TryGetValue(follower, out var progress) && progress.IsAttached ? (progress.Session, progress.End, progress.Sequence) : null;

    /// <summary>Whether a node has everything that is committed, messages and stored offsets.</summary>
    public bool IsInSync(NodeId node) => EndOf(node) is { } end && end >= Commit && SequenceOf(node) >= CommittedSequence;

    private ulong? EndOf(NodeId node) => node == _self ? _replica.SafeEnd : _followers.TryGetValue(node, out var progress) && progress.IsLevel ? progress.End : null;

    private ulong SequenceOf(NodeId node) =>
        node == _self ? _replica.Offsets.Sequence : _followers.TryGetValue(node, out var progress) && progress.IsLevel ? progress.Sequence : 0;

    private void Count()
    {
        var (end, sequence) = Reached(_register.Voters);
        if (_proposed is not null)
        {
            var (otherEnd, otherSequence) = Reached(_proposed.Voters);
            (end, sequence) = (Math.Min(end, otherEnd), Math.Min(sequence, otherSequence));
        }
        CommittedSequence = Math.Max(CommittedSequence, sequence);
        if (end < TakeoverEnd || end <= Commit)
            return;
        Commit = end;
        _replica.AdvanceCommit(end);
    }

    private (ulong End, ulong Sequence) Reached(ImmutableArray<NodeId> voters)
    {
        Span<ulong> ends = stackalloc ulong[voters.Length];
        Span<ulong> sequences = stackalloc ulong[voters.Length];
        for (var i = 0; i < voters.Length; i++)
            (ends[i], sequences[i]) = (EndOf(voters[i]) ?? 0, SequenceOf(voters[i]));
        return _rules.AwaitMajority ? (Quorum.Reached(ends), Quorum.Reached(sequences)) : (_replica.SafeEnd, _replica.Offsets.Sequence);
    }

    private void ThrowUnlessLeading()
    {
        if (!IsLeading)
            throw new ReplicationException($"Epoch {_register.Epoch} is over: {_replica.Promised} was promised.");
    }
}
