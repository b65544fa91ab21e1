using System.Net;
using Grpc.Core;
using Iggy.Gateway.Authorization;
using Iggy.Gateway.Commands;
using Iggy.Gateway.Errors;
using Iggy.Gateway.Grpc.Bodies;
using Iggy.Gateway.Grpc.Calls;
using Iggy.Gateway.Jwt;
using Iggy.Gateway.Routing;
using Iggy.Gateway.Sessions;
using Iggy.Protocol;
using Iggy.V1;

namespace Iggy.Gateway.Grpc.Subscriptions;

/// <summary>Opens subscriptions: each with a session of its own, by which its group knows it, for as long as its call lasts.</summary>
internal sealed class SubscriptionServer(
    SessionRegistry registry, ConsumerGroupCommands groups, GroupReadCommands groupReads, GroupMemberships memberships, MessageCommands messages, ConsumerOffsetCommands offsets,
    PartitionCalls partitions, BearerAuthentication bearers, TimeProvider clock)
{
    private const uint DefaultHeartbeat = 10_000, LeastHeartbeat = 1_000, MostHeartbeat = 60_000;
    private const int MostPartitions = 100_000;

    /// <summary>Serves a call until the client ends it, leaves, or something stands against it.</summary>
    public async Task RunAsync(IAsyncStreamReader<SubscribeRequest> requests, IServerStreamWriter<SubscribeFrame> answers, ServerCallContext call)
    {
        var state = CallState.Of(call);
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(call.CancellationToken, state.Stopping);
        if (!await requests.MoveNext(ended.Token) || requests.Current.Start is not { } start)
            throw new CommandRefusedException(IggyError.InvalidCommand);

        var heartbeat = start.HeartbeatMillis == 0 ? DefaultHeartbeat : start.HeartbeatMillis;
        if (heartbeat is < LeastHeartbeat or > MostHeartbeat || start.PartitionIds.Count > MostPartitions)
            throw new CommandRefusedException(IggyError.InvalidCommand);
        var from = Starts.Of(start.From, start.Value);
        var connection = state.Context.Connection;
        var session = registry.Open(
            TransportKind.Grpc, new IPEndPoint(connection.RemoteIpAddress ?? IPAddress.None, connection.RemotePort), state.Context.Abort,
            connection.LocalIpAddress is { } own ? new IPEndPoint(own, connection.LocalPort) : null);
        session.Life.Asked(); // to the end: that its client is there shows by the connection
        try
        {
            session.LogIn(state.Session.UserId);
            session.Take(state.Session.Access);
            var source = await OpenAsync(start, session);
            var subscription = new Subscription(source, from, () => IsStillGoodAsync(state, session), answers, clock);
            if (start.Credit is { } credit)
                subscription.Credits.Grant(credit.Messages, credit.Bytes);
            await answers.WriteAsync(new SubscribeFrame(new SubscribeResponse { Started = new Started { ClientId = session.ClientId } }, null), ended.Token);
            await subscription.RunAsync(requests, TimeSpan.FromMilliseconds(heartbeat), ended);
        }
        finally
        {
            await registry.CloseAsync(session); // leaves the group before the call ends
        }
    }

    private async ValueTask<bool> IsStillGoodAsync(CallState state, Session session) =>
        await bearers.IsStillGoodAsync(state.Context, state.Session) && session.Take(state.Session.Access) && !session.Groups.IsEnded;

    private async ValueTask<IReadSource> OpenAsync(Start start, Session session)
    {
        var address = Names.Topic(start.Stream, start.Topic);
        await messages.RequireTopicAsync(session, MessageAction.Poll, address);
        if (start.ReaderCase is not Start.ReaderOneofCase.Group)
            return new ConsumerSource(session, address, Consumers.Key(start.Consumer), start.PartitionIds.Count == 0 ? null : [.. start.PartitionIds.Distinct()], messages, offsets, partitions);
        if (start.PartitionIds.Count > 0)
            throw new CommandRefusedException(IggyError.InvalidCommand); // the group deals them out
        var group = Names.Identifier(start.Group);
        await groups.JoinAsync(session, Names.Identifier(start.Stream), Names.Identifier(start.Topic), group);
        return new GroupSource(session, address, Names.Encode(group), groupReads, memberships);
    }
}
