using Iggy.Gateway.Commands;
using Iggy.Gateway.Errors;
using Iggy.Gateway.Http.Messages;
using Iggy.Gateway.Routing;
using Iggy.Gateway.Sessions;
using Iggy.Grains.Interfaces.Partitions;
using Iggy.Protocol;

namespace Iggy.Gateway.Http.Groups;

/// <summary>Reading for consumer groups over HTTP: the commands of the binary protocol, with the session of the request as the member.</summary>
internal sealed class GroupReads(HttpSessions sessions, GroupReadCommands groups, ConsumerGroupCommands memberships)
{
    /// <summary>Reads from one partition of the member; who is no member yet becomes one, unless the query forbids it.</summary>
    /// <returns>What was found, and where. The caller disposes it.</returns>
    public async ValueTask<PolledReply> PollAsync(HttpCall call, TopicAddress address, PollQuery query, PollRequest request)
    {
        var (group, id) = (query.Consumer, query.Consumer.Bytes);
        using (var present = sessions.EnterPresent(call))
        {
            try
            {
                return await groups.PollAsync(present.Session, address, id, query.PartitionId, request);
            }
            catch (CommandRefusedException refused) when (query.Joins && refused.Error is IggyError.ConsumerGroupMemberNotFound)
            {
                // Joined below, with a session that lasts.
            }
        }
        using var joined = await EnterJoinedAsync(call, address, group.Id);
        return await groups.PollAsync(joined.Session, address, id, query.PartitionId, request);
    }

    /// <summary>Makes the session of the request a member.</summary>
    public async ValueTask JoinAsync(HttpCall call, TopicAddress address, Identifier group) => (await EnterJoinedAsync(call, address, group)).Dispose();

    /// <summary>The session of the request, which is a member from here on.</summary>
    public async ValueTask<HttpSessionUse> EnterJoinedAsync(HttpCall call, TopicAddress address, Identifier group)
    {
        var (stream, topic) = address.Decode();
        var use = sessions.Enter(call);
        try
        {
            await AloneAsync(use.Session, session => memberships.JoinAsync(session, stream, topic, group));
            return use;
        }
        catch
        {
            use.Dispose();
            throw;
        }
    }

    /// <summary>Ends the membership of the session of the request.</summary>
    public async ValueTask LeaveAsync(HttpCall call, TopicAddress address, Identifier group)
    {
        var (stream, topic) = address.Decode();
        using var use = sessions.EnterPresent(call);
        await AloneAsync(use.Session, session => memberships.LeaveAsync(session, stream, topic, group));
    }

    /// <summary>What is stored for a group, whoever asks; null for every reason why nothing is.</summary>
    public ValueTask<ConsumerOffset?> FindOffsetAsync(HttpCall call, TopicAddress address, HttpConsumer group, uint partitionId) =>
        groups.FindAsync(call.Session, address, group.Bytes, partitionId);

    /// <summary>Stores the group's offset of a partition that the member owns, none given means the one polled last; or anybody's while nobody is in it.</summary>
    public async ValueTask<IggyError> StoreOffsetAsync(HttpCall call, TopicAddress address, HttpConsumer group, uint? partitionId, ulong offset)
    {
        using var use = sessions.EnterPresent(call);
        return await groups.StoreAsync(use.Session, address, group.Bytes, partitionId, offset);
    }

    /// <summary>Forgets the group's offset of a partition that the member owns; none given means the one polled last.</summary>
    public async ValueTask<IggyError> DeleteOffsetAsync(HttpCall call, TopicAddress address, HttpConsumer group, uint? partitionId)
    {
        using var use = sessions.EnterPresent(call);
        return await groups.DeleteAsync(use.Session, address, group.Bytes, partitionId);
    }

    // Requests of one client may come side by side, and changes of its memberships must not.
    private static async ValueTask AloneAsync(Session session, Func<Session, ValueTask> change)
    {
        var turns = session.Turns ?? new RequestTurns();
        await turns.EnterAsync(isAlone: true);
        try
        {
            await change(session);
        }
        finally
        {
            turns.Leave();
        }
    }
}
