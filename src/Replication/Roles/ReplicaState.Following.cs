using Iggy.Replication.Frames;

namespace Iggy.Replication.Roles;

/// <summary>The talk with the leader.</summary>
public sealed partial class ReplicaState
{
    /// <summary>A leader begins to talk.</summary>
    /// <param name="from">The leader.</param>
    /// <param name="attach">Its beginning.</param>
    /// <param name="nonce">A number that was never given before, also not before a restart.</param>
    public void OnAttach(NodeId from, Attach attach, ulong nonce)
    {
        if (attach.Epoch < Promised)
            return;
        Promise(attach.Epoch, attach.PurgeEpoch);
        if (_session is { } present && present.Number > attach.Session)
            return;
        if (_session is not { IsCut: true } || _session.Number != attach.Session)
            _session = new(from, attach.Session, nonce);
        // The start of a log that was purged says nothing about what was committed since.
        var start = Math.Max(LogEpoch, _cutEpoch) >= attach.PurgeEpoch ? Start : 0;
        _effects.Send(from, new Attached(Promised, attach.Session, _session.Nonce, start, End, Map.CutTo(End)));
    }

    /// <summary>The leader says what has to go.</summary>
    /// <returns>Whether the log has just become a beginning of the leader's; false also when it was that before.</returns>
    /// <exception cref="ReplicationException">Something that is committed would go. Nothing was changed.</exception>
    public bool OnCut(Cut cut)
    {
        if (cut.Epoch != Promised || _session is not { } session || session.Number != cut.Session || (cut.Nonce != session.Nonce && _rules.CheckNonce))
            return false;
        var isFirst = !session.IsCut;
        if (isFirst)
        {
            if (cut.Keep > End)
                return false; // an answer to what was asked before a loss
            BecomePrefix(cut.Keep, cut.LogStart, cut.Map);
            _cutEpoch = Promised;
            TakeOffsets(cut.Mark, cut.Offsets);
            (session.TakeoverEnd, session.TrustEnd, session.IsCut) = (cut.TakeoverEnd, cut.TrustEnd, true);
        }
        Settle();
        return isFirst;
    }

    /// <summary>Any other frame of the leader's; those of another session are not heard.</summary>
    public void OnSession(SessionFrame frame)
    {
        if (frame.Epoch != Promised || _session is not { IsCut: true } session || session.Number != frame.Session)
            return;
        switch (frame)
        {
            case Data data:
                if (data.From == End && data.End > End) // else it was here before, or something is missing in front of it
                    AppendRecords(data.From, data.End, data.Records);
                AdvanceCommit(data.Commit);
                break;
            case Roll roll when roll.At == End:
                _effects.Roll(roll.At, roll.Generation);
                return;
            case Offset offset:
                if (offset.Sequence == Offsets.Sequence + 1)
                {
                    Offsets = new(Promised, offset.Sequence);
                    _effects.StoreOffset(Offsets, offset.Entry);
                }
                break;
            case Trim trim when trim.Start > Start && trim.Start <= Commit:
                DropBelow(trim.Start);
                return;
            case Beat beat:
                AdvanceCommit(beat.Commit);
                break;
            default:
                return;
        }
        Settle();
    }

    // Tells the leader how far it is, and what that makes of it.
    private void Settle()
    {
        var session = _session!;
        var isLevel = !_rules.AwaitStart || SafeEnd >= session.TakeoverEnd;
        var isTrusted = SafeEnd >= (_rules.AwaitTrust ? Math.Max(session.TakeoverEnd, session.TrustEnd) : session.TakeoverEnd);
        if (isLevel)
            BelongTo(Promised, isTrusted);
        _effects.Send(session.Leader, new Ack(Promised, session.Number, SafeEnd, Offsets.Sequence));
    }

    private sealed class FollowerSession(NodeId leader, ulong number, ulong nonce)
    {
        public NodeId Leader => leader;

        public ulong Number => number;

        public ulong Nonce => nonce;

        public bool IsCut { get; set; }

        public ulong TakeoverEnd { get; set; }

        public ulong TrustEnd { get; set; }
    }
}
