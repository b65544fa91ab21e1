using System.Runtime.CompilerServices;
using Iggy.Gateway.Authorization;
using Iggy.Gateway.Errors;
using Iggy.Gateway.Limits;
using Iggy.Gateway.Routing;
using Iggy.Gateway.Sessions;
using Iggy.Grains.Interfaces;
using Iggy.Grains.Interfaces.ConsumerGroups;
using Iggy.Grains.Interfaces.Partitions;
using Iggy.Grains.Interfaces.Topics;
using Iggy.Protocol;
using ConsumerKind = Iggy.Grains.Interfaces.Partitions.ConsumerKind;

namespace Iggy.Gateway.Commands;

/// <summary>Polls and offsets of consumer groups: the hot path, where a member's partitions are remembered with its session.</summary>
/// <remarks>A partition refuses whoever it no longer serves; then the group is asked, once or a few times while it is changing.</remarks>
internal sealed class GroupReadCommands(TopicRouter router, GroupMemberships memberships, PartitionCalls partitions, ReplyMemory memory, IOpenPartitions open, IGrainFactory grains)
{
    private const int MostTries = 4; // a group that changes faster than that gives nothing to read for now

    /// <summary>Reads from one partition of the member: the one asked for, or the next in turn.</summary>
    /// <param name="session">The member.</param>
    /// <param name="address">The topic.</param>
    /// <param name="group">The group's identifier as it lies in the request.</param>
    /// <param name="partitionId">The partition asked for, or null.</param>
    /// <param name="request">What to read; consumer and partition are filled in here.</param>
    /// <param name="generation">By whose leave the client believes to read; 0 where it does not say. Another one than the present is <see cref="IggyError.NotResolvedConsumer"/>.</param>
    /// <returns>What was found, and where; nowhere when the member does not own the partition it asked for, or owns none. The caller disposes it.</returns>
    /// <exception cref="CommandRefusedException">Something is missing, or the session is no member.</exception>
    public async ValueTask<PolledReply> PollAsync(Session session, TopicAddress address, ReadOnlyMemory<byte> group, uint? partitionId, PollRequest request, ulong generation = 0)
    {
        var hasRoom = memory.TryEnter();
        try
        {
            var (error, polledId, polled, term) = await ReadAsync(session, address, group, partitionId, ReplyMemory.Fit(request, hasRoom), generation);
            var kept = memory.KeepAsync(hasRoom, polled);
            hasRoom = false;
            return new(error, polledId, polled, await kept) { OwnerGeneration = term };
        }
        finally
        {
            memory.Leave(hasRoom);
            memory.Leave(hasRoom);
        }
    }

    // Members of the newer dialect ask for their share and then for each partition of it by number. One that is promised to another is not in the share:
    // whoever still polls it has to ask again. What was delivered of it may be committed.
    private static ReadPartition? FindReadable(Session session, MemberReading reading, uint partitionId) =>
        reading.Find(partitionId) is { } partition && !(partition.IsLeaving && session.Dialect is Dialect.Vsr) ? partition : null;

    /// <summary>What the session reads for the group now, asked for anew; null when it is no member.</summary>
    /// <exception cref="CommandRefusedException">Stream or topic is missing, or the user has no leave.</exception>
    public async ValueTask<MemberReading?> SyncAsync(Session session, TopicAddress address, ReadOnlyMemory<byte> group)
    {
        var route = await ResolveAsync(session, address);
        return session.Groups.Find(route.Topic, View(group)) is { } membership
            ? await memberships.ReadAsync(session, membership, refusedPartition: null)
            : null;
    }

    /// <summary>Stores the group's offset of a partition: one that the member owns, none given means the one polled last. While nobody is in the group
    /// whoever may read the topic stores it: so an operator winds a group back.</summary>
    public async ValueTask<IggyError> StoreAsync(Session session, TopicAddress address, ReadOnlyMemory<byte> group, uint? partitionId, ulong offset, ulong generation = 0)
    {
        if (await FindMembershipAsync(session, address, group) is not { } membership)
        {
            var (key, partition) = (await RequireEmptyAsync(session, address, group, partitionId), PartitionChoice.Of(partitionId!.Value));
            var (stored, _, _) = await partitions.CallAsync(session, MessageAction.Poll, address, partition, (key, offset),
                static (partition, stored) => partition.Grain.StoreOffsetAsync(stored.key, stored.offset), static answer => answer);
            return RefusalTable.ToError(stored);
        }
        return await CallOwnedAsync(session, membership, partitionId, async partition =>
        {
            if (generation != 0 && generation != partition.Claim.Term)
                return Refusal.StaleClaim;
            var (refusal, isReleased) = await partition.Grain.StoreGroupOffsetAsync(partition.Claim, offset);
            if (isReleased)
                await memberships.ReleasedAsync(membership, partition);
            return refusal;
        });
    }

    /// <summary>Forgets the group's offset of a partition; who may, and of which, as in <see cref="StoreAsync"/>.</summary>
    public async ValueTask<IggyError> DeleteAsync(Session session, TopicAddress address, ReadOnlyMemory<byte> group, uint? partitionId)
    {
        if (await FindMembershipAsync(session, address, group) is not { } membership)
        {
            var (key, partition) = (await RequireEmptyAsync(session, address, group, partitionId), PartitionChoice.Of(partitionId!.Value));
            var (deleted, _, _) = await partitions.CallAsync(session, MessageAction.Poll, address, partition, key,
                static (partition, key) => partition.Grain.DeleteOffsetAsync(key), static answer => answer);
            return RefusalTable.ToError(deleted);
        }
        return await CallOwnedAsync(session, membership, partitionId, static partition => partition.Grain.DeleteGroupOffsetAsync(partition.Claim));
    }

    /// <summary>What is stored for a group, whoever asks; null for every reason why nothing is.</summary>
    public async ValueTask<ConsumerOffset?> FindAsync(Session session, TopicAddress address, ReadOnlyMemory<byte> group, uint partitionId)
    {
        try
        {
            var route = await ResolveAsync(session, address);
            if (await FindGroupAsync(route, group) is not { } entry)
                return null;
            var (refusal, offset, _) = await partitions.CallAsync(session, MessageAction.Poll, address, PartitionChoice.Of(partitionId), new ConsumerKey(ConsumerKind.Group, entry.Id),
                static (partition, consumer) => partition.Grain.GetOffsetAsync(consumer), static answer => answer.Refusal);
            return ConsumerOffsetCommands.Found(session, refusal, offset);
        }
        catch (CommandRefusedException missing) when (missing.Error is IggyError.StreamIdNotFound or IggyError.TopicIdNotFound)
        {
            return null; // the protocol's own answer to a question about something that is not there
        }
    }

    private async ValueTask<(IggyError Error, uint? PartitionId, PollResult Result, ulong Term)> ReadAsync(
        Session session, TopicAddress address, ReadOnlyMemory<byte> group, uint? partitionId, PollRequest request, ulong generation)
    {
        var membership = await GetMembershipAsync(session, address, group);
        request = request with { Consumer = new ConsumerKey(ConsumerKind.Group, membership.GroupId) };
        var reading = await memberships.ReadAsync(session, membership);
        for (var (tries, pauses) = (1, 0); ; tries++)
        {
            var partition = partitionId is { } asked ? FindReadable(session, reading, asked) : reading.NextOf(membership);
            if (partition is null && partitionId is not null && tries == 1)
            {
                reading = await memberships.ReadAsync(session, membership, refusedPartition: null); // it may have come since
                continue;
            }
            if (partition is null)
                return default;

            if (generation != 0 && generation != partition.Claim.Term)
            {
                if (tries == 1)
                {
                    reading = await memberships.ReadAsync(session, membership, refusedPartition: null);
                    continue;
                }
                return (IggyError.NotResolvedConsumer, partition.Id, default, 0);
            }

            var (polled, isReleased) = await PollAsync(session.EmptyPolls, partition, new RoutedPartition(partition.Grain, partition.IsElsewhere).Fit(request with { PartitionId = partition.Id }));
            if (isReleased)
                await memberships.ReleasedAsync(membership, partition);
            if (polled.Refusal is Refusal.StaleClaim or Refusal.PartitionNotFound)
            {
                if (tries == MostTries)
                    return default;
                reading = await memberships.ReadAsync(session, membership, partition.Id);
                continue;
            }

            if (polled.Refusal is Refusal.NoLeader && pauses++ < PartitionCalls.MostPauses)
            {
                await partitions.PauseAsync();
                tries--;
                continue;
            }

            membership.LastPolled = partition.Id;
            return (RefusalTable.ToError(polled.Refusal), partition.Id, polled, partition.Claim.Term);
        }
    }

    // As for a consumer on its own: while nothing changes a member at the end of a partition costs no call. One that leaves it is always asked for: the partition says when it is free.
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<GroupPollResult> PollAsync(EmptyPolls empty, ReadPartition partition, PollRequest request)
    {
        if (partition.IsElsewhere || partition.IsLeaving)
            return await partition.Grain.PollGroupAsync(request, partition.Claim);
        if (empty.TryAnswer(partition.Grain, in request, partition.Claim, out var nothing))
            return new(nothing, IsReleased: false);
        var watch = empty.WatchOf(partition.Grain, in request, partition.Claim);
        var seen = watch?.Changes ?? 0;
        var result = await partition.Grain.PollGroupAsync(request, partition.Claim);
        if (result is { IsReleased: false, Poll: { Refusal: Refusal.None, Count: 0 } } && open.Watch(partition.Grain) is { } now)
            empty.Note(partition.Grain, in request, partition.Claim, now, ReferenceEquals(now, watch) ? seen : long.MinValue, result.Poll);
        return result;
    }

    // A closure per call is no matter here: offsets are stored far less often than messages are read.
    private async ValueTask<IggyError> CallOwnedAsync(Session session, GroupMembership membership, uint? partitionId, Func<ReadPartition, ValueTask<Refusal>> call)
    {
        var reading = await memberships.ReadAsync(session, membership);
        for (var (tries, pauses) = (1, 0); ; tries++)
        {
            var wanted = partitionId ?? membership.LastPolled;
            var partition = wanted is { } id ? reading.Find(id) : reading.First;
            if (partition is not null)
            {
                var refusal = await call(partition);
                if (refusal is Refusal.NoLeader && pauses++ < PartitionCalls.MostPauses)
                {
                    await partitions.PauseAsync();
                    tries--;
                    continue;
                }
                if (refusal is not (Refusal.StaleClaim or Refusal.PartitionNotFound))
                    return RefusalTable.ToError(refusal);
            }
            if (tries == MostTries || (partition is null && tries > 1))
                return IggyError.NotResolvedConsumer;
            reading = await memberships.ReadAsync(session, membership, partition?.Id);
        }
    }

    /// <summary>The membership of a session.</summary>
    /// <exception cref="CommandRefusedException">Something is missing, the user has no leave, or the session is no member.</exception>
    public ValueTask<GroupMembership> GetMembershipAsync(Session session, TopicAddress address, ReadOnlyMemory<byte> group) =>
        router.Find(address.Key.Span) is { } route && session.Access.May(MessageAction.Poll, route.StreamId, route.TopicId)
        && session.Groups.Find(route.Topic, View(group)) is { } membership
            ? new(membership)
            : LookUpMembershipAsync(session, address, group);

    private async ValueTask<GroupMembership?> FindMembershipAsync(Session session, TopicAddress address, ReadOnlyMemory<byte> group) =>
        session.Groups.Find((await ResolveAsync(session, address)).Topic, View(group));

    private async ValueTask<GroupMembership> LookUpMembershipAsync(Session session, TopicAddress address, ReadOnlyMemory<byte> group)
    {
        var route = await ResolveAsync(session, address);
        if (session.Groups.Find(route.Topic, View(group)) is { } membership)
            return membership;
        await GetGroupAsync(session, route, group);
        throw new CommandRefusedException(IggyError.ConsumerGroupMemberNotFound);
    }

    // Who joins at this very moment reads on from the old offset or from the new one, as if it had come before or after.
    private async ValueTask<ConsumerKey> RequireEmptyAsync(Session session, TopicAddress address, ReadOnlyMemory<byte> group, uint? partitionId)
    {
        var route = await ResolveAsync(session, address);
        var entry = await GetGroupAsync(session, route, group);
        var members = grains.GetGrain<IConsumerGroupGrain>(ConsumerGroupKey.Of(route.Topic, entry.Incarnation));
        return partitionId is not null && (await members.ListMembersAsync()).IsEmpty
            ? new ConsumerKey(ConsumerKind.Group, entry.Id)
            : throw new CommandRefusedException(IggyError.ConsumerGroupMemberNotFound);
    }

    private async ValueTask<ConsumerGroupEntry> GetGroupAsync(Session session, TopicRoute route, ReadOnlyMemory<byte> group)
    {
        var entry = await FindGroupAsync(route, group) ?? throw new CommandRefusedException(IggyError.ConsumerGroupIdNotFound);
        return session.Groups.IsEnded ? throw new CommandRefusedException(IggyError.StaleClient) : entry;
    }

    private async ValueTask<TopicRoute> ResolveAsync(Session session, TopicAddress address)
    {
        var route = router.Find(address.Key.Span) ?? await router.ResolveAsync(address);
        UserAccess.Demand(session.Access.May(MessageAction.Poll, route.StreamId, route.TopicId));
        return route;
    }

    private async ValueTask<ConsumerGroupEntry?> FindGroupAsync(TopicRoute route, ReadOnlyMemory<byte> group)
    {
        var id = View(group).ToIdentifier();
        foreach (var entry in await grains.GetGrain<ITopicGrain>(route.Topic).ListGroupsAsync())
        {
            if (id.Matches(entry.Id, entry.Name))
                return entry;
        }
        return null;
    }

    private static IdentifierView View(ReadOnlyMemory<byte> encoded)
    {
        var reader = new WireReader(encoded.Span);
        return reader.IdentifierView(); // well-formed: it was read before
    }
}
