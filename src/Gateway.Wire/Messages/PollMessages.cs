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

    // Released QUIC clients take no reply above 10,000,000 bytes, and those of the newer dialect none above 64 MiB, head and all.
    private int MaxPollBytes(Session session)
    {
        var mostBytes = session.Transport is TransportKind.Quic ? 10_000_000 : session.Dialect is Dialect.Vsr ? 64 << 20 : int.MaxValue;
        return Math.Min(limits.Value.MaxPollBytes, mostBytes - session.Dialect.ReplyHeadBytes() - PollHeadBytes);
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<Outcome> PollAsync(Session session, TopicAddress address, PollRequest request, ReplyBuffer reply)
    {
        var (error, polled) = await messages.PollAsync(session, address, request);
        return Answer(error, request.PartitionId, polled, request.HeadroomBytes, reply);
    }

    private async ValueTask<Outcome> PollGroupAsync(
        Session session, TopicAddress address, ReadOnlyMemory<byte> group, uint? partitionId, PollRequest request, ReplyBuffer reply)
    {
        var (error, polledId, polled) = await groups.PollAsync(session, address, group, partitionId, request);
        return Answer(error, polledId ?? session.Dialect.PartitionNotOwned(), polled, request.HeadroomBytes, reply);
    }

    private static Outcome Answer(IggyError error, uint partitionId, PollResult polled, int headroomBytes, ReplyBuffer reply)
    {
        if (error is not IggyError.None)
            return new(error);
        if (polled.Messages is { } found)
        {
            WritePollHead(MemoryMarshal.AsMemory(found.Bytes).Span[(headroomBytes - PollHeadBytes)..], partitionId, polled);
            return new(IggyError.None, found);
        }
        WritePollHead(reply.GetSpan(PollHeadBytes), partitionId, polled);
        reply.Advance(PollHeadBytes);
        return new(IggyError.None);
    }

    // The consumer stands first in the request: its kind, then the identifier, right before the stream's.
    internal static Range GroupRange(ConsumerAddressView address) => 1..address.TopicKey.Start;

    private static void WritePollHead(Span<byte> head, uint partitionId, PollResult polled)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(head, partitionId);
        BinaryPrimitives.WriteUInt64LittleEndian(head[4..], polled.CurrentOffset);
        BinaryPrimitives.WriteUInt32LittleEndian(head[12..], polled.Count);
    }
}
