using System.Collections.Immutable;

namespace Iggy.Replication.Roles;

/// <summary>Who votes and who learns, one at a time.</summary>
/// <remarks>A majority before and one after a change by one voter have a member in common, so a takeover under the new voters finds what the old ones committed,
/// provided that a majority of the old ones has it when the change begins. Whether a compare-and-set went through may be unknown for a while: then
/// whatever is committed has to be found under either set of voters.</remarks>
public sealed partial class LeaderState
{
    private PartitionRegister? _proposed;

    /// <summary>A change is under way, or nobody knows how it ended.</summary>
    public bool IsChanging => _proposed is not null;

    /// <summary>The register with one voter more or less, to be set if it still has the present version.</summary>
    /// <returns>Null when it cannot be asked for now: another change is under way, it is not one voter, it is this leader itself, the new voter has not
    /// caught up, or what is committed is not on a majority of the present voters.</returns>
    public PartitionRegister? TryPropose(ImmutableArray<NodeId> voters)
    {
        if (!IsLeading || IsChanging || !voters.Contains(_self) || voters.Length is 0 or > Quorum.MaxVoters)
            return null;
        var added = voters.Except(_register.Voters).ToArray();
        var removed = _register.Voters.Except(voters).ToArray();
        if (added.Length + removed.Length != 1 || (added.Length == 1 && !IsInSync(added[0])))
            return null;
        if (Commit < TakeoverEnd || (_rules.CoverFirst && _register.Voters.Count(IsInSync) < Quorum.Majority(_register.Voters.Length)))
            return null;

        _proposed = _register.WithVoters(voters);
        if (!_rules.BothMajorities)
            return Adopt(_proposed);
        Count();
        return _proposed;
    }

    /// <summary>The register with one learner more, to be set if it still has the present version.</summary>
    /// <returns>Null when it cannot be asked for now.</returns>
    public PartitionRegister? TryProposeLearners(ImmutableArray<NodeId> learners)
    {
        if (!IsLeading || IsChanging)
            return null;
        _proposed = _register.WithLearners(learners);
        return _proposed;
    }

    /// <summary>The register as it was read, or as a compare-and-set returned it.</summary>
    /// <returns>What to ask for again: it has not happened, and may yet.</returns>
    public PartitionRegister? OnRegister(PartitionRegister register)
    {
        if (register.Version < _register.Version)
            return null; // read before the one that is known
        if (register.Epoch != _register.Epoch)
        {
            _isDeposed = true;
            return null;
        }
        if (register.Version == _register.Version)
            return _proposed;

        // Within an epoch only its leader changes the row, and only by what it proposed.
        Adopt(register);
        return null;
    }

    private PartitionRegister Adopt(PartitionRegister register)
    {
        (_register, _proposed) = (register, null);
        SetFollowers();
        Count();
        return register;
    }

    private void SetFollowers()
    {
        var wanted = _register.Voters.Concat(_register.Learners).Where(node => node != _self).ToHashSet();
        foreach (var gone in _followers.Keys.Except(wanted).ToArray())
            _followers.Remove(gone);
        foreach (var node in wanted)
            _followers.TryAdd(node, new());
    }
}
