using System.Collections.Immutable;
using Orleans.Concurrency;

namespace Iggy.Grains.Interfaces.ConsumerGroups;

/// <summary>The members of one consumer group and who of them reads which partition; in memory only.</summary>
/// <remarks>Key: see <see cref="ConsumerGroupKey"/>. A partition serves a group under one term at a time, and only this grain gives
/// terms, so two members never read one partition, whatever the gateways remember.</remarks>
[Alias("iggy.IConsumerGroupGrain")]
public interface IConsumerGroupGrain : IGrainWithStringKey
{
    /// <summary>Makes a session a member, or finds it to be one, after members without a connection were dropped.</summary>
    /// <returns>What the member reads; partitions that others still have messages of come later.</returns>
    /// <exception cref="RefusedException"><see cref="Refusal.ConsumerGroupNotFound"/>: it was deleted.</exception>
    [Alias("Join")]
    ValueTask<MemberAssignment> JoinAsync(GroupMember member);

    /// <summary>What a member reads now. A session that this grain lost, because it moved or the gateway was not heard, is a member again.</summary>
    /// <param name="member">Who asks.</param>
    /// <param name="refusedPartition">A partition that did not know the member's term, to be told again; or null.</param>
    /// <exception cref="RefusedException"><see cref="Refusal.ConsumerGroupNotFound"/>.</exception>
    [Alias("Refresh")]
    ValueTask<MemberAssignment> RefreshAsync(GroupMember member, uint? refusedPartition);

    /// <summary>Ends a membership; all partitions are dealt anew to the others before this returns.</summary>
    /// <returns>False when the session is no member.</returns>
    [Alias("Leave")]
    ValueTask<bool> LeaveAsync(Guid session);

    /// <summary>Says that a partition which is being handed over has been released: its last delivered message is committed.</summary>
    /// <param name="partitionId">The partition.</param>
    /// <param name="term">Under which it was read; an old one changes nothing.</param>
    [Alias("Complete")]
    ValueTask CompleteAsync(uint partitionId, ulong term);

    /// <summary>The members by ascending id, as the last change left them; never waits behind a change.</summary>
    [Alias("ListMembers"), AlwaysInterleave]
    ValueTask<ImmutableArray<MemberView>> ListMembersAsync();

    /// <summary>The topic has other partitions than before: all are dealt anew.</summary>
    [Alias("PartitionsChanged")]
    ValueTask PartitionsChangedAsync();

    /// <summary>Drops all members; called by the topic once the group is no longer listed. Safe to repeat.</summary>
    [Alias("Delete")]
    ValueTask DeleteAsync();
}

/// <summary>A gateway's observer of the groups of its sessions.</summary>
[Alias("iggy.IGroupObserver")]
public interface IGroupObserver : IGrainObserver
{
    /// <summary>What these members read has changed; each asks again before its next poll.</summary>
    [Alias("Changed")]
    ValueTask ChangedAsync(Guid group, ImmutableArray<Guid> sessions);

    /// <summary>The group was deleted: these are members no longer.</summary>
    [Alias("Ended")]
    ValueTask EndedAsync(Guid group, ImmutableArray<Guid> sessions);

    /// <summary>Which of these sessions are members no longer, as far as this gateway knows: their connections are gone.</summary>
    [Alias("FindGone")]
    ValueTask<ImmutableArray<Guid>> FindGoneAsync(Guid group, ImmutableArray<Guid> sessions);
}
