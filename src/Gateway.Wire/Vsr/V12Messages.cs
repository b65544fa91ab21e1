using System.Buffers;
using Iggy.Gateway.Authorization;
using Iggy.Gateway.Commands;
using Iggy.Gateway.Limits;
using Iggy.Gateway.Routing;
using Iggy.Gateway.Sessions;
using Iggy.Gateway.Wire.Frames;
using Iggy.Gateway.Wire.Messages;
using Iggy.Gateway.Wire.Transports;
using Iggy.Grains.Interfaces.Partitions;
using Iggy.Protocol.Vsr12;
using Iggy.Protocol.Vsr;
using Iggy.Protocol;
using Microsoft.Extensions.Options;
using ConsumerKind = Iggy.Protocol.ConsumerKind;

namespace Iggy.Gateway.Wire.Vsr;

/// <summary>Routes, reads that may have waited, and offsets in the 0.12 line. Sends are those of the 0.11 line.</summary>
internal sealed class V12Messages(
    PollMessages polls, MessageCommands messages, GroupReadCommands groups, ConsumerOffsetCommands offsets, PartitionCalls partitions, Positions positions,
    IOptions<FrameLimits> limits)
{
    /// <summary>Enters the commands.</summary>
    public void AddTo(CommandTable table)
    {
        table.Map<PartitionRouteRequest>(async (session, request, reply) =>
        {
            var route = await partitions.RouteAsync(session, TopicAddress.Of(request.Stream, request.Topic));
            if (request.PartitionId >= (uint)route.Partitions.Length)
                throw new Errors.CommandRefusedException(IggyError.PartitionNotFound);
            new PartitionRouteReply(
                route.Incarnations[request.PartitionId], positions.Current, View: 0, (uint)route.Partitions.Length, V12Replies.ReplicaId).Write(reply);
        });
        table.Add(CommandCode.PollMessagesDeferred, Poll);
        table.Add(CommandCode.FetchMessages, FetchAsync);
        table.Add(CommandCode.GetConsumerOffset, GetOffset);
        table.Add(CommandCode.StoreConsumerOffset, StoreOffset);
        table.Add(CommandCode.DeleteConsumerOffset, DeleteOffset);
    }

    private ValueTask<Outcome> Poll(Session session, ReadOnlyMemory<byte> payload, ReplyBuffer reply) =>
        DeferredPollView.TryRead(payload.Span, out var request) is var fault and not IggyError.None
            ? new(new Outcome(fault))
            : polls.Poll(session, payload, request.Poll, (int)Math.Min(request.Patience.MaxBytes, int.MaxValue), mustKnowHistory: true, reply);

    private async ValueTask<Outcome> FetchAsync(Session session, ReadOnlyMemory<byte> payload, ReplyBuffer reply)
    {
        if (FetchRequest.TryRead(payload.Span, out var request) is var fault and not IggyError.None)
            return new(fault);
        var address = TopicAddress.Of(request!.Stream, request.Topic);
        await messages.RequireTopicAsync(session, MessageAction.Poll, address);
        var group = WaitingRequests.Encode(request.Consumer.Id);
        var sections = new List<FetchSection>(request.Targets.Length);
        using var records = new ReplyBuffer(0);
        var (countLeft, bytesLeft) = (request.Count, (long)Math.Min(request.Patience.MaxBytes, limits.Value.MaxPollBytes));
        foreach (var target in request.Targets)
        {
            if (countLeft == 0 || bytesLeft < ReadPatience.LeastBytes)
                break;
            var section = await ReadAsync(session, request, address, group, target, countLeft, (int)Math.Min(bytesLeft, target.MaxBytes), isFirst: records.PayloadBytes == 0, records);
            if (section is not { } read)
                continue; // it keeps its position
            sections.Add(read);
            (countLeft, bytesLeft) = (countLeft - read.MessagesCount, bytesLeft - read.RecordsBytes);
        }
        new FetchTable([.. sections]).Write(new WireWriter(reply));
        reply.Write(records.Payload);
        return new(IggyError.None);
    }

    // Null for nothing to tell. What does not fit any more is not taken, and so not committed: that comes last.
    private async ValueTask<FetchSection?> ReadAsync(
        Session session, FetchRequest request, TopicAddress address, ReadOnlyMemory<byte> group, FetchTarget target, uint count, int mostBytes, bool isFirst, ReplyBuffer records)
    {
        FetchSection Refused(IggyError error) => new(target.PartitionId, error, 0, 0, new(target.Incarnation, target.OwnerGeneration, positions.Current), 0, 0);

        var isGroup = request.Consumer.Kind is ConsumerKind.Group;
        ulong incarnation;
        try
        {
            incarnation = await partitions.RequireHistoryAsync(address, target.PartitionId, target.Incarnation, isNeeded: true);
        }
        catch (Errors.CommandRefusedException refused)
        {
            return Refused(refused.Error);
        }
        if (!isGroup && target.OwnerGeneration != 0)
            return Refused(IggyError.ConsumerGroupPartitionNotOwned);

        var key = isGroup ? default : new ConsumerKey(Grains.Interfaces.Partitions.ConsumerKind.Consumer, Hashes.ConsumerNumber(request.Consumer.Id));
        var poll = new PollRequest(
            key, (PollFrom)target.Strategy.Kind, target.Strategy.Value, count, AutoCommit: false, MessageLayout.Numbered, target.PartitionId, 0,
            Math.Min(mostBytes, ReplyMemory.WholeBytes));
        using var polled = isGroup
            ? await groups.PollAsync(session, address, group, target.PartitionId, poll, target.OwnerGeneration)
            : await messages.PollAsync(session, address, poll);
        if (polled.Error is not IggyError.None)
            return Refused(polled.Error is IggyError.NotResolvedConsumer ? IggyError.ConsumerGroupPartitionNotOwned : polled.Error);
        if (isGroup && polled.PartitionId is null)
            return Refused(IggyError.ConsumerGroupPartitionNotOwned);

        var context = new PartitionContext(incarnation, polled.OwnerGeneration, positions.Current);
        if (polled.Result.Count == 0)
            return null;
        var start = records.PayloadBytes;
        await foreach (var piece in polled.PiecesAsync())
            records.Write(piece.Span);
        var bytes = records.PayloadBytes - start;
        var last = LastOffset(records.Payload[start..]);
        if (bytes > mostBytes && !isFirst)
        {
            records.Shorten(start);
            return null;
        }
        if (request.AutoCommit)
        {
            var stored = isGroup
                ? await groups.StoreAsync(session, address, group, target.PartitionId, last)
                : await offsets.StoreAsync(session, address, key, target.PartitionId, last);
            if (stored is not IggyError.None)
            {
                records.Shorten(start);
                return Refused(stored);
            }
        }
        return new(target.PartitionId, IggyError.None, polled.Result.CurrentOffset, polled.Result.Count, context, last + 1, (uint)bytes);
    }

    private static ulong LastOffset(ReadOnlySpan<byte> records)
    {
        var last = 0UL;
        for (var walk = new BatchEnumerator(records); walk.MoveNext();)
            last = walk.Current.Offset;
        return last;
    }

    private ValueTask<Outcome> GetOffset(Session session, ReadOnlyMemory<byte> payload, ReplyBuffer reply)
    {
        var reader = new WireReader(payload.Span);
        var address = Protocol.Classic.ConsumerAddressView.Read(ref reader, mayBeExternal: true);
        if (reader.Error is not IggyError.None)
            return new(new Outcome(reader.Error));
        var (topic, group, partitionId) = (new TopicAddress(payload[address.TopicKey]), payload[PollMessages.GroupRange(address)], address.PartitionId ?? 0);
        return address.Consumer.Kind is ConsumerKind.Group
            ? AnswerAsync(topic, partitionId, reply, () => groups.FindAsync(session, topic, group, partitionId))
            : KeyOf(address.Consumer) is var key ? AnswerAsync(topic, partitionId, reply, () => offsets.FindAsync(session, topic, key, partitionId)) : default;
    }

    private ValueTask<Outcome> StoreOffset(Session session, ReadOnlyMemory<byte> payload, ReplyBuffer reply)
    {
        if (VsrOffsetView.TryReadStore(payload.Span, out var request, mayBeExternal: true) is var fault and not IggyError.None)
            return new(new Outcome(fault));
        if (request.Address.PartitionId is not { } partitionId)
            return new(new Outcome(IggyError.ResourceNotFound));
        var (topic, group, offset) = (new TopicAddress(payload[request.Address.TopicKey]), payload[PollMessages.GroupRange(request.Address)], request.Offset);
        return request.Address.Consumer.Kind is ConsumerKind.Group
            ? FinishAsync(topic, partitionId, isGroup: true, reply, () => groups.StoreAsync(session, topic, group, partitionId, offset, reply.Asked.OwnerGeneration))
            : KeyOf(request.Address.Consumer) is var key ? FinishAsync(topic, partitionId, isGroup: false, reply, () => offsets.StoreAsync(session, topic, key, partitionId, offset)) : default;
    }

    private ValueTask<Outcome> DeleteOffset(Session session, ReadOnlyMemory<byte> payload, ReplyBuffer reply)
    {
        if (VsrOffsetView.TryReadDelete(payload.Span, out var request, mayBeExternal: true) is var fault and not IggyError.None)
            return new(new Outcome(fault));
        if (request.Address.PartitionId is not { } partitionId)
            return new(new Outcome(IggyError.ResourceNotFound));
        var (topic, group) = (new TopicAddress(payload[request.Address.TopicKey]), payload[PollMessages.GroupRange(request.Address)]);
        return request.Address.Consumer.Kind is ConsumerKind.Group
            ? FinishAsync(topic, partitionId, isGroup: true, reply, () => groups.DeleteAsync(session, topic, group, partitionId))
            : KeyOf(request.Address.Consumer) is var key ? FinishAsync(topic, partitionId, isGroup: false, reply, () => offsets.DeleteAsync(session, topic, key, partitionId)) : default;
    }

    private async ValueTask<Outcome> AnswerAsync(TopicAddress topic, uint partitionId, ReplyBuffer reply, Func<ValueTask<ConsumerOffset?>> find)
    {
        if (reply.Asked.Incarnation != 0)
            await partitions.RequireHistoryAsync(topic, partitionId, reply.Asked.Incarnation, isNeeded: false);
        if (await find() is { } offset)
            new Protocol.Classic.ConsumerOffsetReply(partitionId, offset.CurrentOffset, offset.StoredOffset).Write(new WireWriter(reply));
        return new(IggyError.None);
    }

    // Offsets are stored far less often than messages are read, so a closure is no matter here.
    private async ValueTask<Outcome> FinishAsync(TopicAddress topic, uint partitionId, bool isGroup, ReplyBuffer reply, Func<ValueTask<IggyError>> run)
    {
        if (reply.Asked.Incarnation != 0)
            await partitions.RequireHistoryAsync(topic, partitionId, reply.Asked.Incarnation, isNeeded: false);
        if (!isGroup && reply.Asked.OwnerGeneration != 0)
            return new(IggyError.ConsumerGroupPartitionNotOwned);
        return new(await run());
    }

    // A group that is kept elsewhere has offsets like a consumer's, under a number that no consumer of its name has.
    private static ConsumerKey KeyOf(ConsumerView consumer) => new(
        Grains.Interfaces.Partitions.ConsumerKind.Consumer,
        consumer.Kind is ConsumerKind.External ? ExternalGroups.Number(consumer.Id.Encoded) : Hashes.ConsumerNumber(consumer.Id));
}
