using System.Buffers;
using System.Collections.Frozen;
using System.Runtime.CompilerServices;
using Iggy.Gateway.Commands;
using Iggy.Gateway.Routing;
using Iggy.Gateway.Sessions;
using Iggy.Gateway.Wire.Frames;
using Iggy.Gateway.Wire.Messages;
using Iggy.Gateway.Wire.Transports;
using Iggy.Grains.Interfaces.Partitions;
using Iggy.Protocol;
using Iggy.Protocol.Vsr;

namespace Iggy.Gateway.Wire.Vsr;

/// <summary>Sends, stored offsets and shares of groups in the newer dialect. Polls are the same in all dialects: <see cref="PollMessages"/>.</summary>
internal sealed class VsrMessages(MessageCommands messages, GroupReadCommands groups)
{
    /// <summary>Enters the commands.</summary>
    public void AddTo(CommandTable table, FrozenDictionary<CommandCode, DialectCommand> classic)
    {
        table.Add(CommandCode.SendMessages, Send);
        table.Map<SyncConsumerGroupRequest>(async (session, request, reply) =>
        {
            var group = new ArrayBufferWriter<byte>();
            new WireWriter(group).Identifier(request.Group);
            if (await groups.SyncAsync(session, TopicAddress.Of(request.Stream, request.Topic), group.WrittenMemory) is { } reading)
                new SyncConsumerGroupReply(reading.Generation, [.. reading.StayingIds]).Write(reply);
        });
        AddOffset(table, CommandCode.StoreConsumerOffset, classic, static (body, out request) => VsrOffsetView.TryReadStore(body, out request));
        AddOffset(table, CommandCode.DeleteConsumerOffset, classic, static (body, out request) => VsrOffsetView.TryReadDelete(body, out request));
    }

    private ValueTask<Outcome> Send(Session session, ReadOnlyMemory<byte> payload, ReplyBuffer reply)
    {
        if (VsrSendRequest.TryRead(payload.Span, out var request) is var fault and not IggyError.None)
            return new(new Outcome(fault));
        var batch = payload[request.BatchRange];
        if (Batch.Check(batch.Span, request.MessagesCount, session.Line.HasProducers) is var wrong and not IggyError.None)
            return new(new Outcome(wrong));
        var choice = PartitionChoice.Of(request.Partitioning) with { Incarnation = reply.Asked.Incarnation };
        if (BatchHeader.At(batch.Span).HasProducer == 1 && choice.Kind is not PartitionChoiceKind.Given)
            return new(new Outcome(IggyError.ProducerPartitionRequired)); // its numbers are those of one partition
        return AppendAsync(session, new TopicAddress(payload[request.TopicKey]), choice,
            new MessageBatch(MessageLayout.Compact, batch, request.MessagesCount), reply);
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<Outcome> AppendAsync(Session session, TopicAddress address, PartitionChoice choice, MessageBatch batch, ReplyBuffer reply)
    {
        var (error, appended, place) = await messages.AppendAsync(session, address, choice, batch, reply.Ticket);
        if (error is not IggyError.None)
            return new(Explain(error, batch.Messages.Span));
        var writer = new WireWriter(reply);
        writer.U32(1);
        new SendConfirmation(place.StreamId, place.TopicId, place.PartitionId, appended.BaseOffset).Write(writer);
        return new(IggyError.None);
    }

    // The partition compares each frame with its checksum while it takes it in; doing so here as well would cost every send.
    private static IggyError Explain(IggyError error, ReadOnlySpan<byte> batch) =>
        error is IggyError.InvalidMessagesSize && Batch.CheckFrames(batch) is var wrong and not IggyError.None ? wrong : error;

    // As in the classic dialect with one byte more, which every store and delete must have; and the partition must be named.
    private static void AddOffset(CommandTable table, CommandCode code, FrozenDictionary<CommandCode, DialectCommand> classic, OffsetReader read)
    {
        var command = classic[code];
        table.Add(code, (session, payload, reply) =>
        {
            if (read(payload.Span, out var request) is var fault and not IggyError.None)
                return new(new Outcome(fault));
            return request.Address.PartitionId is null ? new(new Outcome(IggyError.ResourceNotFound)) : command(session, payload, reply);
        });
    }

    private delegate IggyError OffsetReader(ReadOnlySpan<byte> body, out VsrOffsetView request);
}
