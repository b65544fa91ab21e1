using Iggy.Gateway.Commands;
using Iggy.Gateway.Errors;
using Iggy.Gateway.Jwt;
using Iggy.Gateway.Http.Messages;
using Iggy.Gateway.Limits;
using Iggy.Gateway.Routing;
using Iggy.Gateway.Sessions;
using Iggy.Grains.Interfaces;
using Iggy.Grains.Interfaces.Partitions;
using Iggy.Protocol;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;

namespace Iggy.Gateway.Http.Groups;

/// <summary>Pushes the messages of a member's partitions as they come, and follows the group's rebalances.</summary>
/// <remarks>In each of its partitions the member waits for the next message; a notification of the group wakes it too. Without <c>auto_commit</c> each partition
/// goes on behind what was pushed last, for as long as the member keeps it, and the client stores what it has handled.</remarks>
internal sealed class GroupPush(
    GroupReads reads, GroupReadCommands groups, GroupMemberships memberships, BearerAuthentication bearers, IOptions<FrameLimits> limits, TimeProvider clock)
{
    // Shorter than the time after which proxies cut silent connections and after which a call into a grain is given up.
    private static readonly TimeSpan _silence = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan _afterFailure = TimeSpan.FromSeconds(1);

    /// <summary>Pushes until the client leaves, or something ends it.</summary>
    /// <exception cref="CommandRefusedException">Something is missing or not allowed, also after the beginning.</exception>
    public async Task RunAsync(HttpCall call, TopicAddress address, PollQuery query, EventStream events, CancellationToken ended)
    {
        if (query is not { From: PollFrom.Next, PartitionId: null })
            throw new RequestRejectedException(StatusCodes.Status400BadRequest, "For a group messages are pushed of all the member's partitions, from where the group stands: without partition_id, with kind next.");

        using var use = await reads.EnterJoinedAsync(call, address, query.Consumer.Id);
        var (session, id, places) = (use.Session, query.Consumer.Bytes, new Dictionary<uint, Place>());
        events.Begin();
        await events.ShowLifeAsync();
        while (true)
        {
            if (!await bearers.IsStillGoodAsync(call.Context, call.Session))
                throw new CommandRefusedException(IggyError.Unauthenticated);
            session.Take(call.Session.Access);
            var membership = await groups.GetMembershipAsync(session, address, id);
            var reading = await ReadAsync(session, membership);
            foreach (var lost in places.Keys.Where(known => reading.Staying.All(partition => partition.Id != known)).ToArray())
                places.Remove(lost);

            var isQuiet = true;
            foreach (var partition in reading.Staying)
            {
                if (places.TryGetValue(partition.Id, out var place) && !place.Waiting.IsCompleted)
                    continue;
                // Where the partition ends is asked before the look, so that what comes in between is not missed when the look finds nothing.
                var end = place is null ? await partition.Grain.WaitForMessageAsync(offset: 0, TimeSpan.Zero) : await place.Waiting;
                if (end.Refusal is Refusal.None && await PushAsync(session, address, id, query, partition, place?.Next, end.NextOffset, events) is { } next)
                {
                    isQuiet &= next >= end.NextOffset;
                    places[partition.Id] = new Place(next, partition.Grain.WaitForMessageAsync(next, _silence).AsTask());
                    continue;
                }
                places.Remove(partition.Id); // it is on its way to somebody else, or is opened anew in some seconds
                await Task.Delay(_afterFailure, clock, ended);
            }
            if (isQuiet)
                await WaitAsync(membership, places, events, ended);
        }
    }

    private async ValueTask<MemberReading> ReadAsync(Session session, GroupMembership membership)
    {
        try
        {
            return await memberships.ReadAsync(session, membership);
        }
        catch (RefusedException gone) when (gone.Reason is Refusal.ConsumerGroupNotFound)
        {
            throw new CommandRefusedException(IggyError.ConsumerGroupIdNotFound);
        }
    }

    // Returns the offset behind what was pushed, or of what is there when nothing was; null when the partition does not serve the member.
    private async ValueTask<ulong?> PushAsync(
        Session session, TopicAddress address, ReadOnlyMemory<byte> id, PollQuery query, ReadPartition partition, ulong? next, ulong end, EventStream events)
    {
        var from = next is { } offset && !query.AutoCommit ? query with { From = PollFrom.Offset, Value = offset } : query;
        using var polled = await groups.PollAsync(session, address, id, partition.Id, from.ToRequest(limits.Value.MaxPollBytes));
        CommandRefusedException.ThrowIf(polled.Error);
        return polled.PartitionId is null ? null : await events.WriteAsync(polled, Math.Max(next ?? 0, end), partition.Id);
    }

    private async Task WaitAsync(GroupMembership membership, Dictionary<uint, Place> places, EventStream events, CancellationToken ended)
    {
        using var awake = CancellationTokenSource.CreateLinkedTokenSource(ended);
        var (silence, outdated) = (Task.Delay(_silence, clock, awake.Token), membership.WhenOutdatedAsync());
        await Task.WhenAny([silence, outdated, .. places.Values.Select(static place => place.Waiting)]);
        ended.ThrowIfCancellationRequested();
        if (silence.IsCompleted)
            await events.ShowLifeAsync();
        await awake.CancelAsync();
    }

    /// <summary>Where the member stands in a partition.</summary>
    /// <param name="Next">The offset behind what was pushed.</param>
    /// <param name="Waiting">For the message of that offset. A wait that nobody looks at any more ends by itself.</param>
    private sealed record Place(ulong Next, Task<MessageWait> Waiting);
}
