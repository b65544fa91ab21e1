using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Iggy.Gateway.Commands;
using Iggy.Gateway.Limits;
using Iggy.Gateway.Routing;
using Iggy.Gateway.Sessions;
using Iggy.Gateway.Wire.Frames;
using Iggy.Gateway.Wire.Transports;
using Iggy.Grains.Interfaces.Partitions;
using Iggy.Protocol;
using Iggy.Protocol.Classic;
using Microsoft.Extensions.Options;
using ConsumerKind = Iggy.Protocol.ConsumerKind;

namespace Iggy.Gateway.Wire.Messages;

/// <summary>Polls, whose request is one in all dialects: a reply is sent from the buffer that the partition wrote, in the layout of the connection.</summary>
internal sealed class PollMessages(MessageCommands messages, GroupReadCommands groups, IOptions<FrameLimits> limits)
{
    // u32 partition id, u64 current offset, u32 count: in front of the messages of a poll reply.
    private const int PollHeadBytes = 16;

    /// <summary>Enters the command.</summary>
    public void AddTo(CommandTable table) => table.Add(CommandCode.PollMessages, Poll);

    private ValueTask<Outcome> Poll(Session session, ReadOnlyMemory<byte> payload, ReplyBuffer reply)
    {
        if (PollMessagesView.TryRead(payload.Span, out var request) is var fault and not IggyError.None)
            return new(new Outcome(fault));
        if (!session.IsLoggedIn)
            return new(new Outcome(IggyError.Unauthenticated));

        var address = new TopicAddress(payload[request.Address.TopicKey]);
        var isGroup = request.Address.Consumer.Kind is ConsumerKind.Group;
        var poll = new PollRequest(
            isGroup ? default : new ConsumerKey(Grains.Interfaces.Partitions.ConsumerKind.Consumer, Hashes.ConsumerNumber(request.Address.Consumer.Id)),
            (PollFrom)request.Strategy.Kind, request.Strategy.Value, request.Count, request.AutoCommit,
            session.Dialect.Layout(), request.Address.PartitionId ?? 0, session.Dialect.ReplyHeadBytes() + PollHeadBytes, MaxPollBytes(session));
        return isGroup
            ? PollGroupAsync(session, address, payload[GroupRange(request.Address)], request.Address.PartitionId, poll, reply)
            : PollAsync(session, address, poll, reply);
    }

    // Released QUIC clients take no reply above 10,000,000 bytes, head and all; what else a client does not take its login told.
    private int MaxPollBytes(Session session)
    {
        var mostBytes = session.Transport is TransportKind.Quic ? Math.Min(10_000_000, session.MaxReplyBytes) : session.MaxReplyBytes;
        return Math.Min(limits.Value.MaxPollBytes, mostBytes - session.Dialect.ReplyHeadBytes() - PollHeadBytes);
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<Outcome> PollAsync(Session session, TopicAddress address, PollRequest request, ReplyBuffer reply) =>
        Answer(await messages.PollAsync(session, address, request), request.PartitionId, request.HeadroomBytes, reply);

    private async ValueTask<Outcome> PollGroupAsync(
        Session session, TopicAddress address, ReadOnlyMemory<byte> group, uint? partitionId, PollRequest request, ReplyBuffer reply) =>
        Answer(await groups.PollAsync(session, address, group, partitionId, request), session.Dialect.PartitionNotOwned(), request.HeadroomBytes, reply);

    // What was found goes on with the outcome, which is disposed when it is sent.
    private static Outcome Answer(in PolledReply polled, uint partitionIfNone, int headroomBytes, ReplyBuffer reply)
    {
        if (polled.Error is not IggyError.None)
            return new(polled.Error);
        var partitionId = polled.PartitionId ?? partitionIfNone;
        if (polled.Result.Messages is { } found)
        {
            WritePollHead(MemoryMarshal.AsMemory(found.Bytes).Span[(headroomBytes - PollHeadBytes)..], partitionId, polled.Result);
            return new(IggyError.None, found, Room: polled.Room);
        }
        WritePollHead(reply.GetSpan(PollHeadBytes), partitionId, polled.Result);
        reply.Advance(PollHeadBytes);
        return new(IggyError.None, Large: polled.Result.Large, Room: polled.Room);
    }

    // The consumer stands first in the request: its kind, then the identifier, right before the stream's.
    internal static Range GroupRange(ConsumerAddressView address) => 1..address.TopicKey.Start;

    private static void WritePollHead(Span<byte> head, uint partitionId, in PollResult polled)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(head, partitionId);
        BinaryPrimitives.WriteUInt64LittleEndian(head[4..], polled.CurrentOffset);
        BinaryPrimitives.WriteUInt32LittleEndian(head[12..], polled.Count);
    }
}
