using System.Collections.Immutable;
using Iggy.Replication;
using Iggy.Storage;

namespace Iggy.Replicas;

/// <summary>What became of a call to a partition's leader.</summary>
public enum ReplicaStatus : byte
{
    /// <summary>A majority has it; readers see it.</summary>
    Committed,

    /// <summary>This replica does not lead, or does not any more. Nothing was written.</summary>
    NotLeading,

    /// <summary>A majority has not been heard from for <see cref="ReplicaOptions.QuorumTimeout"/>. Nothing was written.</summary>
    NoMajority,

    /// <summary><see cref="ReplicaOptions.MaxWaiting"/> others wait. Nothing was written.</summary>
    TooManyWaiting,

    /// <summary>The log of this node refused it. Nothing was written.</summary>
    Refused,

    /// <summary>It was written here, and this replica no longer leads, or no majority answers: it may be committed by whoever leads next, or be gone.</summary>
    OutcomeUnknown,
}

/// <summary>The answer to an append.</summary>
/// <param name="Status">What became of it.</param>
/// <param name="BaseOffset">Offset of the first message, where it was written.</param>
/// <param name="Log">Why the log refused, with <see cref="ReplicaStatus.Refused"/>.</param>
public readonly record struct ReplicaAppend(ReplicaStatus Status, ulong BaseOffset, AppendStatus Log);

/// <summary>The answer to a change of a stored offset.</summary>
/// <param name="Status">What became of it.</param>
/// <param name="Log">Why the log refused, with <see cref="ReplicaStatus.Refused"/>; out of range also where none was stored that could be forgotten.</param>
public readonly record struct ReplicaStore(ReplicaStatus Status, StoreOffsetStatus Log);

/// <summary>What a replica is.</summary>
public enum ReplicaRole : byte
{
    /// <summary>Follows whoever leads.</summary>
    Follower,

    /// <summary>Has claimed the partition and waits for others.</summary>
    Candidate,

    /// <summary>Leads.</summary>
    Leader,

    /// <summary>A write failed, or it was asked for what must not be. To be opened again.</summary>
    Failed,

    /// <summary>Closed.</summary>
    Closed,
}

/// <summary>A replica at one moment.</summary>
/// <param name="Role">What it is.</param>
/// <param name="Epoch">Whom it promised to follow.</param>
/// <param name="LogEpoch">Whose log it has.</param>
/// <param name="IsSuspect">Acknowledged messages may be missing at its end.</param>
/// <param name="Start">First offset.</param>
/// <param name="End">Offset after the last message.</param>
/// <param name="Committed">Offset after the last one that is known to be committed.</param>
/// <param name="IsWithoutMajority">A leader that has not heard from a majority for too long: it refuses appends.</param>
/// <param name="Followers">Of a leader: whom it sends to, and who has everything that is committed.</param>
public sealed record ReplicaReport(ReplicaRole Role, ulong Epoch, ulong LogEpoch, bool IsSuspect, ulong Start, ulong End, ulong Committed, bool IsWithoutMajority,
    ImmutableArray<(NodeId Node, ulong? End, bool IsInSync)> Followers);
