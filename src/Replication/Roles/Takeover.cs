using Iggy.Replication.Frames;

namespace Iggy.Replication.Roles;

/// <summary>The way from a claim to a leader: promises of a majority, the best log among them, everything it has.</summary>
/// <remarks>The best log is that of the newest leader, (log epoch, end), and not the one with the newest message: a leader may have received what an older
/// one wrote, and committed it, without having written anything itself. What differs from the best log was never committed, so it goes even when the
/// takeover does not end.</remarks>
public sealed class Takeover
{
    private readonly ReplicaState _replica;
    private readonly IReplicaEffects _effects;
    private readonly Rules _rules;
    private readonly PartitionRegister _register;
    private readonly NodeId _self;
    private readonly Dictionary<NodeId, Fenced> _answers = [];
    private NodeId? _logFrom;
    private NodeId? _offsetsFrom;

    /// <summary>Begins to take over.</summary>
    /// <param name="replica">This node's replica.</param>
    /// <param name="register">The register with this node's claim in it.</param>
    /// <param name="effects">The host.</param>
    public Takeover(ReplicaState replica, PartitionRegister register, IReplicaEffects effects)
        : this(replica, register, effects, Rules.Protocol)
    {
    }

    internal Takeover(ReplicaState replica, PartitionRegister register, IReplicaEffects effects, Rules rules)
    {
        (_replica, _register, _effects, _rules, _self) = (replica, register, effects, rules, register.Leader);
        replica.Promise(register.Epoch, register.PurgeEpoch);
        Repeat();
    }

    /// <summary>Whether it can still end well: nobody has claimed the partition since, as far as this node knows.</summary>
    public bool IsAlive => _replica.Promised == _register.Epoch;

    /// <summary>The leader, once it has ended.</summary>
    public LeaderState? Leader { get; private set; }

    /// <summary>No majority of whole logs was there, so the best of all was taken: acknowledged messages may be lost, which has to be told.</summary>
    public bool MayHaveLost { get; private set; }

    /// <summary>Asks again for what has not come. To be called now and then.</summary>
    public void Repeat()
    {
        if (!IsAlive || Leader is not null)
            return;
        _answers[_self] = _replica.Describe();
        if (_logFrom is null && _offsetsFrom is null)
        {
            foreach (var voter in _register.Voters)
            {
                if (voter != _self && !_answers.ContainsKey(voter))
                    _effects.Send(voter, new Fence(_register.Epoch, _register.PurgeEpoch));
            }
            Decide();
        }
        else
        {
            Continue();
        }
    }

    /// <summary>A voter has promised.</summary>
    public void OnFenced(NodeId from, Fenced fenced)
    {
        if (!IsAlive || Leader is not null || fenced.Epoch != _register.Epoch || !_register.Voters.Contains(from) || from == _self)
            return;
        if (_logFrom is not null || _offsetsFrom is not null)
            return; // decided; a source that has changed since says so itself
        _answers[from] = fenced;
        Decide();
    }

    /// <summary>A piece of the best log.</summary>
    public void OnFetched(NodeId from, Fetched fetched)
    {
        if (!IsAlive || Leader is not null || fetched.Epoch != _register.Epoch || _logFrom != from)
            return;
        if (fetched.LogEpoch != _answers[from].LogEpoch || fetched.LogEnd != _answers[from].End)
        {
            AskAnew(from);
            return;
        }
        if (fetched.From != _replica.End || fetched.End == fetched.From)
            return; // came twice
        _replica.AppendRecords(fetched.From, fetched.End, fetched.Records);
        Continue();
    }

    /// <summary>The newest stored offsets.</summary>
    public void OnOffsetsFetched(NodeId from, OffsetsFetched fetched)
    {
        if (!IsAlive || Leader is not null || fetched.Epoch != _register.Epoch || _offsetsFrom != from)
            return;
        if (fetched.Mark != _answers[from].Offsets)
        {
            AskAnew(from);
            return;
        }
        _replica.TakeOffsets(fetched.Mark, fetched.Offsets);
        _offsetsFrom = null;
        Continue();
    }

    private void Decide()
    {
        var voters = _register.Voters.Where(_answers.ContainsKey).ToArray();
        var whole = voters.Where(voter => !_answers[voter].IsSuspect || !_rules.DistrustSuspects).ToArray();
        var isMajority = whole.Length >= Quorum.Majority(_register.Voters.Length) || !_rules.FenceFirst;
        if (!isMajority && voters.Length < _register.Voters.Length)
            return;

        MayHaveLost = !isMajority;
        var pool = isMajority && whole.Length > 0 ? whole : voters;
        var log = pool.MaxBy(voter => (Rank(_answers[voter]), voter == _self));
        var offsets = pool.MaxBy(voter => (OffsetsOf(_answers[voter]).Epoch, OffsetsOf(_answers[voter]).Sequence, voter == _self));
        var best = Valid(_answers[log]);
        var own = Valid(_replica.Describe());
        if (log != _self)
            _replica.BecomePrefix(EpochMap.KeepEnd(own.Map, own.Start, own.End, best.Map, best.Start, best.End), best.Start, best.Map);
        else if (_replica.LogEpoch < _register.PurgeEpoch)
            _replica.BecomePrefix(0, 0, EpochMap.Empty);
        if (OffsetsOf(_answers[offsets]) == default)
            _replica.TakeOffsets(default, default);
        else if (offsets != _self)
            _offsetsFrom = offsets;
        _logFrom = log;
        Continue();
    }

    private void Continue()
    {
        var (log, end) = (_logFrom!.Value, Valid(_answers[_logFrom.Value]).End);
        if (_replica.End < end)
            _effects.Send(log, new Fetch(_register.Epoch, _replica.End, _answers[log].LogEpoch, end));
        else if (_offsetsFrom is { } source)
            _effects.Send(source, new FetchOffsets(_register.Epoch, _answers[source].Offsets));
        else
            Leader = LeaderState.Begin(_replica, _register, _effects, _rules);
    }

    // The source is not what it was when it promised: it has lost something in a crash. The plan is made again.
    private void AskAnew(NodeId source)
    {
        (_logFrom, _offsetsFrom) = (null, null);
        _answers.Remove(source);
        Repeat();
    }

    private (ulong, ulong) Rank(Fenced answer)
    {
        answer = Valid(answer);
        return (_rules.RankByLogEpoch || answer.End == answer.Start ? answer.LogEpoch : answer.Map.EpochAt(answer.End - 1), answer.End);
    }

    private Fenced Valid(Fenced answer) => answer.LogEpoch >= _register.PurgeEpoch ? answer : answer with { LogEpoch = 0, Start = 0, End = 0, Map = EpochMap.Empty };

    private OffsetMark OffsetsOf(Fenced answer) => answer.Offsets.Epoch >= _register.PurgeEpoch ? answer.Offsets : default;
}
