using System.Collections.Immutable;

namespace Iggy.Replication;

/// <summary>Who leads a partition and who votes: one row that changes only by compare-and-set on its version.</summary>
/// <param name="Epoch">Raised by every claim; each has one leader at most.</param>
/// <param name="Leader">Who claimed the epoch.</param>
/// <param name="LeaderGeneration">Which life of that node it was.</param>
/// <param name="Voters">Those whose majority decides.</param>
/// <param name="Learners">Those that receive everything and do not vote.</param>
/// <param name="PurgeEpoch">Logs of older epochs count as empty.</param>
/// <param name="Version">What a change must have seen; +1 with every change.</param>
public sealed record PartitionRegister(
    ulong Epoch, NodeId Leader, ulong LeaderGeneration, ImmutableArray<NodeId> Voters, ImmutableArray<NodeId> Learners, ulong PurgeEpoch, ulong Version)
{
    /// <summary>The row of a new partition: nobody leads it.</summary>
    /// <exception cref="ArgumentException">No voter, too many, or one twice.</exception>
    public static PartitionRegister Create(ImmutableArray<NodeId> voters) => new(0, default, 0, Checked(voters), [], 0, 1);

    /// <summary>The row once a node has claimed the partition. It leads when its takeover has ended.</summary>
    public PartitionRegister Claim(NodeId node, ulong generation) => this with { Epoch = Epoch + 1, Leader = node, LeaderGeneration = generation, Version = Version + 1 };

    /// <summary>The row once everything in the partition is dropped; the leader has to take over anew.</summary>
    public PartitionRegister Purge(NodeId node, ulong generation) => Claim(node, generation) with { PurgeEpoch = Epoch + 1 };

    /// <summary>The row with other voters; who votes is no learner.</summary>
    /// <exception cref="ArgumentException">No voter, too many, or one twice.</exception>
    public PartitionRegister WithVoters(ImmutableArray<NodeId> voters) =>
        this with { Voters = Checked(voters), Learners = Learners.RemoveAll(voters.Contains), Version = Version + 1 };

    /// <summary>The row with other learners.</summary>
    public PartitionRegister WithLearners(ImmutableArray<NodeId> learners) => this with { Learners = learners.RemoveAll(Voters.Contains), Version = Version + 1 };

    private static ImmutableArray<NodeId> Checked(ImmutableArray<NodeId> voters) =>
        voters.Length is 0 or > Quorum.MaxVoters || voters.Distinct().Count() != voters.Length
            ? throw new ArgumentException($"{voters.Length} voters, or one twice; allowed: 1 to {Quorum.MaxVoters} different ones.", nameof(voters))
            : voters;
}
