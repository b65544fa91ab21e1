using System.Collections.Concurrent;
using System.Collections.Immutable;
using Iggy.Grains.Interfaces;
using Iggy.Grains.Interfaces.ConsumerGroups;
using Iggy.Grains.Interfaces.Hosting;
using Iggy.Grains.Interfaces.Partitions;
using Iggy.Grains.Interfaces.Users;
using Microsoft.Extensions.Logging;

namespace Iggy.Gateway.Sessions;

/// <summary>The sessions of this gateway that are in consumer groups: joins and leaves for them, and hears what their groups say.</summary>
/// <remarks>What a session reads is remembered with it, so a poll of a group costs one call to the partition. A notification of the group outdates it, and
/// so do <see cref="MaxAge"/> and the partition itself, which refuses whoever lost it; so a lost notification costs time and never order.</remarks>
internal sealed partial class GroupMemberships(IGrainFactory grains, TimeProvider clock, ILogger<GroupMemberships> logger, IPartitionPlaces? places = null) : IGroupObserver
{
    /// <summary>The longest that something told by a group is used without asking again.</summary>
    private static readonly TimeSpan MaxAge = TimeSpan.FromSeconds(5);

    private readonly ConcurrentDictionary<Guid, Session> _sessions = new(); // those with at least one membership, now or before

    private IGroupObserver Self => LazyInitializer.EnsureInitialized(ref field, () => grains.CreateObjectReference<IGroupObserver>(this));

    /// <summary>Makes a session a member; it may be one already.</summary>
    /// <returns>False when the session has ended meanwhile.</returns>
    /// <exception cref="RefusedException"><see cref="Refusal.ConsumerGroupNotFound"/>.</exception>
    public async ValueTask<bool> JoinAsync(Session session, uint streamId, uint topicId, Guid topic, ConsumerGroupEntry group)
    {
        if (session.Groups.IsEnded)
            return false;
        if (session.Groups.Find(group.Incarnation) is { } present)
        {
            await ReadAsync(session, present, refusedPartition: null); // makes it true again, should the group have lost it
            return true;
        }

        // Noted before it is asked for, so that a notification which overtakes the answer finds it.
        var grain = grains.GetGrain<IConsumerGroupGrain>(ConsumerGroupKey.Of(topic, group.Incarnation));
        var membership = new GroupMembership(streamId, topicId, topic, group, grain);
        _sessions[session.Incarnation] = session;
        if (!session.Groups.TryAdd(membership))
        {
            _sessions.TryRemove(session.Incarnation, out _);
            return false;
        }

        try
        {
            var asked = membership.Ask();
            membership.Note(Told(membership, await grain.JoinAsync(new GroupMember(session.Incarnation, Self))), asked);
        }
        catch
        {
            session.Groups.Remove(group.Incarnation);
            throw;
        }

        if (!session.Groups.IsEnded)
            return true;
        await LeaveQuietlyAsync(session, membership); // whoever ended the session may have left before the group knew it
        return false;
    }

    /// <summary>Ends a membership.</summary>
    /// <returns>False when the session is no member.</returns>
    public static async ValueTask<bool> LeaveAsync(Session session, Guid group)
    {
        if (session.Groups.Find(group) is not { } membership)
            return false;
        await membership.Grain.LeaveAsync(session.Incarnation);
        session.Groups.Remove(group);
        return true;
    }

    /// <summary>Ends all memberships of a session that ends. Never fails: a group that is not reached asks this gateway by itself.</summary>
    public async Task EndAsync(Session session)
    {
        var memberships = session.Groups.End();
        _sessions.TryRemove(session.Incarnation, out _);
        foreach (var membership in memberships)
            await LeaveQuietlyAsync(session, membership);
    }

    /// <summary>What a session reads for a group, asked for only when nothing fresh is known.</summary>
    /// <exception cref="RefusedException"><see cref="Refusal.ConsumerGroupNotFound"/>; the membership is over.</exception>
    public ValueTask<MemberReading> ReadAsync(Session session, GroupMembership membership) =>
        membership.Reading is { ToldAt: not 0 } reading && clock.GetElapsedTime(reading.ToldAt) < MaxAge
            ? new(reading)
            : ReadAsync(session, membership, refusedPartition: null);

    /// <summary>What a session reads for a group, asked for now.</summary>
    /// <param name="session">The session.</param>
    /// <param name="membership">One of its memberships.</param>
    /// <param name="refusedPartition">A partition that refused what was told before.</param>
    /// <exception cref="RefusedException"><see cref="Refusal.ConsumerGroupNotFound"/>; the membership is over.</exception>
    public async ValueTask<MemberReading> ReadAsync(Session session, GroupMembership membership, uint? refusedPartition)
    {
        var asked = membership.Ask();
        try
        {
            var reading = Told(membership, await membership.Grain.RefreshAsync(new GroupMember(session.Incarnation, Self), refusedPartition));
            membership.Note(reading, asked);
            return reading;
        }
        catch (RefusedException gone) when (gone.Reason is Refusal.ConsumerGroupNotFound)
        {
            session.Groups.Remove(membership.Group);
            throw;
        }
    }

    /// <summary>Tells a group that a partition which it takes away was released. Never fails: the group asks the partition by itself.</summary>
    public async ValueTask ReleasedAsync(GroupMembership membership, ReadPartition partition)
    {
        try
        {
            await membership.Grain.CompleteAsync(partition.Id, partition.Claim.Term);
        }
        catch (Exception e) when (e is OrleansException or TimeoutException)
        {
            LogNotReached(logger, membership.Group, e);
        }
    }

    ValueTask IGroupObserver.ChangedAsync(Guid group, ImmutableArray<Guid> sessions)
    {
        foreach (var session in sessions)
            Find(session, group)?.Outdate();
        return default;
    }

    ValueTask IGroupObserver.EndedAsync(Guid group, ImmutableArray<Guid> sessions)
    {
        foreach (var incarnation in sessions)
        {
            if (_sessions.TryGetValue(incarnation, out var session))
                session.Groups.Remove(group);
        }
        return default;
    }

    // Gone is also who stays connected but whose user was deleted or made inactive: it may never ask again, and so never be sent away.
    async ValueTask<ImmutableArray<Guid>> IGroupObserver.FindGoneAsync(Guid group, ImmutableArray<Guid> sessions)
    {
        var gone = ImmutableArray.CreateBuilder<Guid>();
        var users = new Dictionary<uint, bool>(); // members are many, their users few
        foreach (var incarnation in sessions)
        {
            if (!_sessions.TryGetValue(incarnation, out var session) || session.Groups.Find(group) is null)
            {
                gone.Add(incarnation);
                continue;
            }

            var user = session.UserId;
            if (!users.TryGetValue(user, out var mayBeHere))
                users[user] = mayBeHere = user == Session.NoUser || await MayBeHereAsync(user); // a logout keeps the place
            if (mayBeHere)
                continue;
            session.Groups.Remove(group);
            gone.Add(incarnation);
        }
        return gone.ToImmutable();
    }

    private async ValueTask<bool> MayBeHereAsync(uint user)
    {
        try
        {
            return await grains.GetGrain<IUserDirectoryGrain>(0).FindByIdAsync(user) is { Inactive: false };
        }
        catch (Exception e) when (e is OrleansException or TimeoutException)
        {
            LogUserUnknown(logger, user, e);
            return true; // nobody loses a place because the directory was slow; the next check asks again
        }
    }

    private GroupMembership? Find(Guid session, Guid group) => _sessions.TryGetValue(session, out var found) ? found.Groups.Find(group) : null;

    private MemberReading Told(GroupMembership membership, MemberAssignment assignment)
    {
        // Asked every few seconds, and mostly nothing has changed.
        if (membership.Last is { } last && last.Generation == assignment.Generation)
            return last.At(clock.GetTimestamp());

        var partitions = new ReadPartition[assignment.Partitions.Length];
        for (var i = 0; i < partitions.Length; i++)
        {
            var owned = assignment.Partitions[i];
            var claim = new GroupClaim(membership.GroupId, membership.Group, owned.Term);
            partitions[i] = new ReadPartition(owned.Id, grains.GetGrain<IPartitionGrain>(owned.Key), claim, owned.IsLeaving, places?.IsElsewhere(owned.Key) is true);
        }
        return new MemberReading(partitions, assignment.Generation, clock.GetTimestamp());
    }

    private async Task LeaveQuietlyAsync(Session session, GroupMembership membership)
    {
        try
        {
            await membership.Grain.LeaveAsync(session.Incarnation);
        }
        catch (Exception e) // the connection is gone whatever happens here
        {
            LogNotReached(logger, membership.Group, e);
        }
    }

    [LoggerMessage(3032, LogLevel.Warning, "Whether user {User} may still be in consumer groups could not be found out; it stays for now")]
    private static partial void LogUserUnknown(ILogger logger, uint user, Exception exception);

    [LoggerMessage(3030, LogLevel.Warning, "Consumer group {Group} could not be told of a change at this gateway; it looks by itself")]
    private static partial void LogNotReached(ILogger logger, Guid group, Exception exception);
}
