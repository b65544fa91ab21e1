using Iggy.Gateway.Commands;
using Iggy.Gateway.Routing;
using Iggy.Gateway.Sessions;
using Iggy.Gateway.Transports;
using Iggy.Grains.Interfaces.Partitions;
using Iggy.Protocol;
using Iggy.Protocol.Classic;
using ConsumerKind = Iggy.Protocol.ConsumerKind;

namespace Iggy.Gateway.Classic;

/// <summary>Stored offsets in the classic dialect.</summary>
internal sealed class ClassicOffsets(ConsumerOffsetCommands offsets, MessageCommands messages)
{
    /// <summary>Enters the commands.</summary>
    public void AddTo(ClassicCommandTable table)
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
        return address.Consumer.Kind is ConsumerKind.Group
            ? NothingStoredAsync(session, Topic(payload, address))
            : GetAsync(session, Topic(payload, address), Consumer(address), address.PartitionId ?? 0, reply);
    }

    private ValueTask<Outcome> Store(Session session, ReadOnlyMemory<byte> payload, ReplyBuffer reply)
    {
        if (StoreConsumerOffsetView.TryRead(payload.Span, out var request) is var fault and not IggyError.None)
            return new(new Outcome(fault));
        if (!session.IsLoggedIn)
            return new(new Outcome(IggyError.Unauthenticated));
        return request.Address.Consumer.Kind is ConsumerKind.Group
            ? NoSuchGroupAsync(session, Topic(payload, request.Address))
            : FinishAsync(offsets.StoreAsync(session, Topic(payload, request.Address), Consumer(request.Address), request.Address.PartitionId ?? 0, request.Offset));
    }

    private ValueTask<Outcome> Delete(Session session, ReadOnlyMemory<byte> payload, ReplyBuffer reply)
    {
        if (ConsumerAddressView.TryRead(payload.Span, out var address) is var fault and not IggyError.None)
            return new(new Outcome(fault));
        if (!session.IsLoggedIn)
            return new(new Outcome(IggyError.Unauthenticated));
        return address.Consumer.Kind is ConsumerKind.Group
            ? NoSuchGroupAsync(session, Topic(payload, address))
            : FinishAsync(offsets.DeleteAsync(session, Topic(payload, address), Consumer(address), address.PartitionId ?? 0));
    }

    private async ValueTask<Outcome> GetAsync(Session session, TopicAddress address, ConsumerKey consumer, uint partitionId, ReplyBuffer reply)
    {
        if (await offsets.FindAsync(session, address, consumer, partitionId) is { } offset)
            new ConsumerOffsetReply(partitionId, offset.CurrentOffset, offset.StoredOffset).Write(new WireWriter(reply));
        return new(IggyError.None);
    }

    // Nothing is stored for a group that does not exist, and none does yet: an empty success, as for a topic that does not exist.
    private async ValueTask<Outcome> NothingStoredAsync(Session session, TopicAddress address)
    {
        try
        {
            await messages.RequireTopicAsync(session, address);
        }
        catch (CommandRefusedException missing) when (missing.Error is IggyError.StreamIdNotFound or IggyError.TopicIdNotFound)
        {
            return new(IggyError.None);
        }
        return new(IggyError.None);
    }

    private async ValueTask<Outcome> NoSuchGroupAsync(Session session, TopicAddress address)
    {
        await messages.RequireTopicAsync(session, address);
        return new(IggyError.ConsumerGroupIdNotFound);
    }

    private static async ValueTask<Outcome> FinishAsync(ValueTask<IggyError> running) => new(await running);

    private static TopicAddress Topic(ReadOnlyMemory<byte> payload, ConsumerAddressView address) => new(payload[address.TopicKey]);

    private static ConsumerKey Consumer(ConsumerAddressView address) =>
        new(Grains.Interfaces.Partitions.ConsumerKind.Consumer, Hashes.ConsumerNumber(address.Consumer.Id));
}
