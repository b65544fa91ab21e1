using System.Collections.Immutable;
using System.Globalization;
using Iggy.Replication;
using Register = Iggy.Replication.PartitionRegister;

namespace Iggy.Grains.Placement;

/// <summary>What the register says of a partition. Servers are named by the ids of their data folders.</summary>
/// <param name="Leader">Who writes; of a partition that nobody has led yet, who is to.</param>
/// <param name="Epoch">Raised by every claim; 0: nobody has led it.</param>
/// <param name="Generation">Which life of the leader claimed it; 0 where nobody ever did.</param>
/// <param name="Voters">Those that have it, in the order in which they are asked to lead.</param>
/// <param name="Learners">Those that are being brought level.</param>
/// <param name="PurgeEpoch">Logs of older epochs count as empty.</param>
/// <param name="Version">What a change must have seen.</param>
internal sealed record PartitionRow(
    string Leader, ulong Epoch, ulong Generation, ImmutableArray<string> Voters, ImmutableArray<string> Learners, ulong PurgeEpoch, ulong Version)
{
    /// <summary>Whether the partition is kept by replicas; else one server has it, in a log that knows of no other.</summary>
    public bool IsReplicated => Voters.Length > 1 || !Learners.IsEmpty || Epoch == 0 || Generation != 0;

    /// <summary>The row of a partition in one copy.</summary>
    public static PartitionRow Alone(string holder) => new(holder, 1, 0, [holder], [], 0, 1);

    /// <summary>The row of a new partition with replicas: the first of them is to lead.</summary>
    public static PartitionRow New(ImmutableArray<string> voters) => new(voters[0], 0, 0, voters, [], 0, 1);

    /// <summary>Whether a server has the partition, or is about to.</summary>
    public bool IsKeptBy(string node) => Voters.Contains(node) || Learners.Contains(node);

    /// <summary>The same in the words of the protocol.</summary>
    public Register ToRegister() => new(Epoch, Epoch == 0 ? default : NumberOf(Leader), Generation, Numbers(Voters), Numbers(Learners), PurgeEpoch, Version);

    /// <summary>A row that the protocol asks for.</summary>
    public static PartitionRow Of(Register register) => new(
        register.Leader.ToString(), register.Epoch, register.LeaderGeneration, Names(register.Voters), Names(register.Learners), register.PurgeEpoch, register.Version);

    /// <summary>A server in the words of the protocol.</summary>
    public static NodeId NumberOf(string node) => new(ulong.Parse(node, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture));

    private static ImmutableArray<NodeId> Numbers(ImmutableArray<string> nodes) => [.. nodes.Select(NumberOf)];

    private static ImmutableArray<string> Names(ImmutableArray<NodeId> nodes) => [.. nodes.Select(static node => node.ToString())];
}
