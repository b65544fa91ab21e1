using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Iggy.Gateway.Commands;
using Iggy.Gateway.Limits;
using Iggy.Gateway.Routing;
using Iggy.Gateway.Sessions;
using Iggy.Gateway.Wire.Frames;
using Iggy.Gateway.Wire.Transports;
using Iggy.Grains.Interfaces.Partitions;
using Iggy.Protocol.Classic;
using Iggy.Protocol.Vsr;
using Iggy.Protocol;
using Microsoft.Extensions.Options;
using ConsumerKind = Iggy.Protocol.ConsumerKind;

namespace Iggy.Gateway.Wire.Messages;

/// <summary>Polls, whose request is one in all dialects: a reply is sent from the buffer that the partition wrote, in the layout of the connection.</summary>
internal sealed class PollMessages(MessageCommands messages, GroupReadCommands groups, PartitionCalls partitions, Positions positions, IOptions<FrameLimits> limits)
{
    /// <summary>Enters the command.</summary>
    public void AddTo(CommandTable table) => table.Add(CommandCode.PollMessages, Poll);

    private ValueTask<Outcome> Poll(Session session, ReadOnlyMemory<byte> payload, ReplyBuffer reply) =>
        PollMessagesView.TryRead(payload.Span, out var request) is var fault and not IggyError.None
            ? new(new Outcome(fault))
            : Poll(session, payload, request, int.MaxValue, mustKnowHistory: false, reply);

    /// <summary>Reads.</summary>
    /// <param name="session">Who asks.</param>
    /// <param name="payload">That the request lies in.</param>
    /// <param name="request">What to read.</param>
    /// <param name="mostBytes">Of the reply's body, where the request limits it.</param>
    /// <param name="mustKnowHistory">Whether the request has to say which incarnation of a partition it means.</param>
    /// <param name="reply">Empty.</param>
    public ValueTask<Outcome> Poll(Session session, ReadOnlyMemory<byte> payload, in PollMessagesView request, int mostBytes, bool mustKnowHistory, ReplyBuffer reply)
    {
        if (!session.IsLoggedIn)
            return new(new Outcome(IggyError.Unauthenticated));

        var address = new TopicAddress(payload[request.Address.TopicKey]);
        var isGroup = request.Address.Consumer.Kind is ConsumerKind.Group;
        var poll = new PollRequest(
            isGroup ? default : new ConsumerKey(Grains.Interfaces.Partitions.ConsumerKind.Consumer, Hashes.ConsumerNumber(request.Address.Consumer.Id)),
            (PollFrom)request.Strategy.Kind, request.Strategy.Value, request.Count, request.AutoCommit,
            session.Layout, request.Address.PartitionId ?? 0, session.Line.ReplyHeadBytes + session.Line.PollHeadBytes, MaxPollBytes(session, mostBytes));
        if (session.Line.HasPollContext)
            return PollInHistoryAsync(session, address, isGroup ? payload[GroupRange(request.Address)] : default, isGroup, request.Address.PartitionId, poll, mustKnowHistory, reply);
        return isGroup
            ? PollGroupAsync(session, address, payload[GroupRange(request.Address)], request.Address.PartitionId, poll, reply)
            : PollAsync(session, address, poll, reply);
    }

    // Released QUIC clients take no reply above 10,000,000 bytes, head and all; what else a client does not take its login told.
    private int MaxPollBytes(Session session, int asked)
    {
        var mostBytes = session.Transport is TransportKind.Quic ? Math.Min(10_000_000, session.MaxReplyBytes) : session.MaxReplyBytes;
        return Math.Min(Math.Min(limits.Value.MaxPollBytes, asked - session.Line.PollHeadBytes), mostBytes - session.Line.ReplyHeadBytes - session.Line.PollHeadBytes);
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<Outcome> PollAsync(Session session, TopicAddress address, PollRequest request, ReplyBuffer reply) =>
        Answer(session.Line, await messages.PollAsync(session, address, request), request.PartitionId, request.HeadroomBytes, incarnation: 0, reply);

    private async ValueTask<Outcome> PollGroupAsync(
        Session session, TopicAddress address, ReadOnlyMemory<byte> group, uint? partitionId, PollRequest request, ReplyBuffer reply) =>
        Answer(session.Line, await groups.PollAsync(session, address, group, partitionId, request), session.Line.NotOwnedPartition, request.HeadroomBytes, incarnation: 0, reply);

    // Where requests say which history of a partition they mean, and by whose leave they read it; replies say it too.
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<Outcome> PollInHistoryAsync(
        Session session, TopicAddress address, ReadOnlyMemory<byte> group, bool isGroup, uint? partitionId, PollRequest request, bool mustKnowHistory, ReplyBuffer reply)
    {
        var asked = reply.Asked;
        var incarnation = isGroup && partitionId is null ? 0 : await partitions.RequireHistoryAsync(address, request.PartitionId, asked.Incarnation, mustKnowHistory);
        if (!isGroup && asked.OwnerGeneration != 0)
            return new(IggyError.ConsumerGroupPartitionNotOwned);
        var polled = isGroup
            ? await groups.PollAsync(session, address, group, partitionId, request, asked.OwnerGeneration)
            : await messages.PollAsync(session, address, request);
        if (incarnation == 0 && polled is { Error: IggyError.None, PartitionId: { } found })
            incarnation = await partitions.RequireHistoryAsync(address, found, incarnation: 0, isNeeded: false);
        return Answer(session.Line, polled, isGroup ? session.Line.NotOwnedPartition : request.PartitionId, request.HeadroomBytes, incarnation, reply);
    }

    // What was found goes on with the outcome, which is disposed when it is sent.
    private Outcome Answer(ProtocolLine line, in PolledReply polled, uint partitionIfNone, int headroomBytes, ulong incarnation, ReplyBuffer reply)
    {
        if (polled.Error is not IggyError.None)
            return new(polled.Error);
        var partitionId = polled.PartitionId ?? partitionIfNone;
        if (polled.Result.Messages is { } found)
        {
            WritePollHead(MemoryMarshal.AsMemory(found.Bytes).Span[(headroomBytes - line.PollHeadBytes)..], line, partitionId, polled, incarnation);
            return new(IggyError.None, found, Room: polled.Room);
        }
        WritePollHead(reply.GetSpan(line.PollHeadBytes), line, partitionId, polled, incarnation);
        reply.Advance(line.PollHeadBytes);
        return new(IggyError.None, Large: polled.Result.Large, Room: polled.Room);
    }

    // The consumer stands first in the request: its kind, then the identifier, right before the stream's.
    internal static Range GroupRange(ConsumerAddressView address) => 1..address.TopicKey.Start;

    private void WritePollHead(Span<byte> head, ProtocolLine line, uint partitionId, in PolledReply polled, ulong incarnation)
    {
        PollMessagesReply.WriteHead(head, partitionId, polled.Result.CurrentOffset, polled.Result.Count);
        if (line.HasPollContext)
            new PartitionContext(incarnation, polled.OwnerGeneration, positions.Current).Write(head[PollMessagesReply.HeadSizeInBytes..]);
    }
}
