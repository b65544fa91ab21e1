using Iggy.Gateway.Commands;
using Iggy.Gateway.Routing;
using Iggy.Gateway.Sessions;
using Iggy.Gateway.Wire.Frames;
using Iggy.Gateway.Wire.Messages;
using Iggy.Gateway.Wire.Transports;
using Iggy.Grains.Interfaces.Partitions;
using Iggy.Protocol;
using Iggy.Protocol.Classic;
using ConsumerKind = Iggy.Protocol.ConsumerKind;

namespace Iggy.Gateway.Wire.Classic;

/// <summary>Stored offsets in the classic dialect.</summary>
internal sealed class ClassicOffsets(ConsumerOffsetCommands offsets, GroupReadCommands groups)
{
    /// <summary>Enters the commands.</summary>
    public void AddTo(CommandTable table)
    {
        table.Add(CommandCode.GetConsumerOffset, Get);
        table.Add(CommandCode.StoreConsumerOffset, Store);
        table.Add(CommandCode.DeleteConsumerOffset, Delete);
    }

    private ValueTask<Outcome> Get(Session session, ReadOnlyMemory<byte> payload, ReplyBuffer reply)
    {
        if (ConsumerAddressView.TryRead(payload.Span, out var address) is var fault and not IggyError.None)
            return new(new Outcome(fault));
        if (!session.IsLoggedIn)
            return new(new Outcome(IggyError.Unauthenticated));
        var partitionId = address.PartitionId ?? 0; // for groups too
        return AnswerAsync(address.Consumer.Kind is ConsumerKind.Group
            ? groups.FindAsync(session, Topic(payload, address), payload[PollMessages.GroupRange(address)], partitionId)
            : offsets.FindAsync(session, Topic(payload, address), Consumer(address), partitionId), partitionId, reply);
    }

    private ValueTask<Outcome> Store(Session session, ReadOnlyMemory<byte> payload, ReplyBuffer reply)
    {
        if (StoreConsumerOffsetView.TryRead(payload.Span, out var request) is var fault and not IggyError.None)
            return new(new Outcome(fault));
        if (!session.IsLoggedIn)
            return new(new Outcome(IggyError.Unauthenticated));
        return FinishAsync(request.Address.Consumer.Kind is ConsumerKind.Group
            ? groups.StoreAsync(session, Topic(payload, request.Address), payload[PollMessages.GroupRange(request.Address)], request.Address.PartitionId, request.Offset)
            : offsets.StoreAsync(session, Topic(payload, request.Address), Consumer(request.Address), request.Address.PartitionId ?? 0, request.Offset));
    }

    private ValueTask<Outcome> Delete(Session session, ReadOnlyMemory<byte> payload, ReplyBuffer reply)
    {
        if (ConsumerAddressView.TryRead(payload.Span, out var address) is var fault and not IggyError.None)
            return new(new Outcome(fault));
        if (!session.IsLoggedIn)
            return new(new Outcome(IggyError.Unauthenticated));
        return FinishAsync(address.Consumer.Kind is ConsumerKind.Group
            ? groups.DeleteAsync(session, Topic(payload, address), payload[PollMessages.GroupRange(address)], address.PartitionId)
            : offsets.DeleteAsync(session, Topic(payload, address), Consumer(address), address.PartitionId ?? 0));
    }

    private static async ValueTask<Outcome> AnswerAsync(ValueTask<ConsumerOffset?> finding, uint partitionId, ReplyBuffer reply)
    {
        if (await finding is { } offset)
            new ConsumerOffsetReply(partitionId, offset.CurrentOffset, offset.StoredOffset).Write(new WireWriter(reply));
        return new(IggyError.None);
    }

    private static async ValueTask<Outcome> FinishAsync(ValueTask<IggyError> running) => new(await running);

    private static TopicAddress Topic(ReadOnlyMemory<byte> payload, ConsumerAddressView address) => new(payload[address.TopicKey]);

    private static ConsumerKey Consumer(ConsumerAddressView address) =>
        new(Grains.Interfaces.Partitions.ConsumerKind.Consumer, Hashes.ConsumerNumber(address.Consumer.Id));
}
