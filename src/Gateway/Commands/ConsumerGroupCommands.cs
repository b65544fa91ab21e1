using System.Collections.Immutable;
using Iggy.Gateway.Errors;
using Iggy.Gateway.Authorization;
using Iggy.Gateway.Routing;
using Iggy.Gateway.Sessions;
using Iggy.Grains.Interfaces.ConsumerGroups;
using Iggy.Grains.Interfaces.Streams;
using Iggy.Grains.Interfaces.Topics;
using Iggy.Protocol;

namespace Iggy.Gateway.Commands;

/// <summary>A consumer group with its members.</summary>
internal sealed record GroupView(ConsumerGroupEntry Group, uint PartitionsCount, ImmutableArray<MemberView> Members);

/// <summary>Consumer groups: make, look at, remove, join, leave.</summary>
internal sealed class ConsumerGroupCommands(Catalog catalog, GroupMemberships memberships, IGrainFactory grains)
{
    /// <summary>The group, or null when it, its topic or its stream is missing.</summary>
    public async ValueTask<GroupView?> FindAsync(Session session, Identifier stream, Identifier topic, Identifier group)
    {
        if (await catalog.FindTopicAsync(stream, topic) is not { } found || await FindAsync(found.Topic, group) is not { } entry)
            return null;
        UserAccess.Demand(session.Access.MayReadTopic(found.Stream.Id, found.Topic.Id));
        return await ViewAsync(found.Topic, entry, (uint)(await catalog.Topic(found.Topic).ListPartitionsAsync()).Length);
    }

    /// <summary>All groups of a topic by ascending id, or null when it or its stream is missing.</summary>
    public async ValueTask<GroupView[]?> ListAsync(Session session, Identifier stream, Identifier topic)
    {
        if (await catalog.FindTopicAsync(stream, topic) is not { } found)
            return null;
        UserAccess.Demand(session.Access.MayReadTopic(found.Stream.Id, found.Topic.Id));
        return await ViewsAsync(found.Topic);
    }

    /// <summary>The group, of which each missing part has a name.</summary>
    public async ValueTask<GroupView> GetAsync(Session session, Identifier streamId, Identifier topicId, Identifier groupId)
    {
        var (place, group) = await FindPlaceAsync(session, streamId, topicId, groupId);
        return await ViewAsync(place.Topic, group, (uint)(await catalog.Topic(place.Topic).ListPartitionsAsync()).Length);
    }

    /// <summary>The group, or null when it alone is missing.</summary>
    public async ValueTask<GroupView?> FindInTopicAsync(Session session, Identifier streamId, Identifier topicId, Identifier groupId)
    {
        var (stream, topic) = await catalog.GetTopicAsync(streamId, topicId);
        if (await FindAsync(topic, groupId) is not { } entry)
            return null;
        UserAccess.Demand(session.Access.MayReadTopic(stream.Id, topic.Id));
        return await ViewAsync(topic, entry, (uint)(await catalog.Topic(topic).ListPartitionsAsync()).Length);
    }

    /// <summary>All groups of a topic by ascending id, where stream and topic have to be there.</summary>
    public async ValueTask<GroupView[]> GetAllAsync(Session session, Identifier streamId, Identifier topicId)
    {
        var (stream, topic) = await catalog.GetTopicAsync(streamId, topicId);
        UserAccess.Demand(session.Access.MayReadTopic(stream.Id, topic.Id));
        return await ViewsAsync(topic);
    }

    /// <summary>Makes a group without members.</summary>
    public async ValueTask<GroupView> CreateAsync(Session session, Identifier streamId, Identifier topicId, string name)
    {
        var (stream, topic) = await catalog.GetTopicAsync(streamId, topicId);
        UserAccess.Demand(session.Access.MayReadTopic(stream.Id, topic.Id));
        NewNames.Demand(name, present: null, IggyError.InvalidConsumerGroupName);
        var entry = await catalog.Topic(topic).CreateGroupAsync(name);
        return new GroupView(entry, (uint)(await catalog.Topic(topic).ListPartitionsAsync()).Length, []);
    }

    /// <summary>Removes a group with its memberships and stored offsets.</summary>
    public async ValueTask DeleteAsync(Session session, Identifier streamId, Identifier topicId, Identifier groupId)
    {
        var (place, group) = await FindPlaceAsync(session, streamId, topicId, groupId);
        await catalog.Topic(place.Topic).DeleteGroupAsync(group.Incarnation);
    }

    /// <summary>Makes the session a member; joining twice changes nothing.</summary>
    /// <exception cref="CommandRefusedException">Something is missing; <see cref="IggyError.StaleClient"/>: the session has ended.</exception>
    public async ValueTask JoinAsync(Session session, Identifier streamId, Identifier topicId, Identifier groupId)
    {
        var ((stream, topic), group) = await FindPlaceAsync(session, streamId, topicId, groupId);
        if (!await memberships.JoinAsync(session, stream.Id, topic.Id, topic.Incarnation, group))
            throw new CommandRefusedException(IggyError.StaleClient);
    }

    /// <summary>Ends the membership of the session.</summary>
    /// <exception cref="CommandRefusedException">Something is missing; <see cref="IggyError.ConsumerGroupMemberNotFound"/>: no member.</exception>
    public async ValueTask LeaveAsync(Session session, Identifier streamId, Identifier topicId, Identifier groupId)
    {
        var (_, group) = await FindPlaceAsync(session, streamId, topicId, groupId);
        if (!await GroupMemberships.LeaveAsync(session, group.Incarnation))
            throw new CommandRefusedException(session.Groups.IsEnded ? IggyError.StaleClient : IggyError.ConsumerGroupMemberNotFound);
    }

    private async ValueTask<GroupView[]> ViewsAsync(TopicEntry topic)
    {
        var entries = await catalog.Topic(topic).ListGroupsAsync();
        var partitionsCount = (uint)(await catalog.Topic(topic).ListPartitionsAsync()).Length;
        var views = new Task<GroupView>[entries.Length];
        for (var i = 0; i < views.Length; i++)
            views[i] = ViewAsync(topic, entries[i], partitionsCount).AsTask();
        return await Task.WhenAll(views);
    }

    private async ValueTask<GroupView> ViewAsync(TopicEntry topic, ConsumerGroupEntry entry, uint partitionsCount)
    {
        var grain = grains.GetGrain<IConsumerGroupGrain>(ConsumerGroupKey.Of(topic.Incarnation, entry.Incarnation));
        return new GroupView(entry, partitionsCount, await grain.ListMembersAsync());
    }

    // What is missing is said before what is not allowed, as for every command of the protocol.
    private async ValueTask<((StreamEntry Stream, TopicEntry Topic) Place, ConsumerGroupEntry Group)> FindPlaceAsync(
        Session session, Identifier streamId, Identifier topicId, Identifier groupId)
    {
        var (stream, topic) = await catalog.GetTopicAsync(streamId, topicId);
        var group = await FindAsync(topic, groupId) ?? throw new CommandRefusedException(IggyError.ConsumerGroupIdNotFound);
        UserAccess.Demand(session.Access.MayReadTopic(stream.Id, topic.Id));
        return ((stream, topic), group);
    }

    private async ValueTask<ConsumerGroupEntry?> FindAsync(TopicEntry topic, Identifier id)
    {
        foreach (var entry in await catalog.Topic(topic).ListGroupsAsync())
        {
            if (id.Matches(entry.Id, entry.Name))
                return entry;
        }
        return null;
    }
}
