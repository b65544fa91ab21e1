using System.Runtime.CompilerServices;
using Iggy.Gateway.Commands;
using Iggy.Gateway.Errors;
using Iggy.Gateway.Routing;
using Iggy.Gateway.Sessions;
using Iggy.Gateway.Wire.Frames;
using Iggy.Gateway.Wire.Transports;
using Iggy.Grains.Interfaces.Partitions;
using Iggy.Protocol;
using Iggy.Protocol.Classic;

namespace Iggy.Gateway.Wire.Classic;

/// <summary>Sends of the classic dialect: a request is taken apart where it lies, and its messages go to the partition as they came.</summary>
internal sealed class ClassicMessages(MessageCommands messages)
{
    /// <summary>Enters the commands.</summary>
    public void AddTo(CommandTable table)
    {
        table.Add(CommandCode.SendMessages, Send);
        table.Map<FlushUnsavedBufferRequest>(async (session, request, _) => CommandRefusedException.ThrowIf(
            await messages.FlushAsync(session, TopicAddress.Of(request.Stream, request.Topic), request.PartitionId, request.Fsync)));
    }

    // A frame of a session that is not logged in never comes this far: it is drained unread.
    private ValueTask<Outcome> Send(Session session, ReadOnlyMemory<byte> payload, ReplyBuffer reply)
    {
        if (SendMessagesRequest.TryRead(payload.Span, out var request) is var fault and not IggyError.None)
            return new(new Outcome(fault));
        if (!session.IsLoggedIn)
            return new(new Outcome(IggyError.Unauthenticated));
        if (ClassicBatch.Check(request.Indexes, request.Messages) is var wrong and not IggyError.None)
            return new(new Outcome(wrong));

        var choice = PartitionChoice.Of(request.Partitioning);
        var batch = new MessageBatch(MessageLayout.Classic, payload[request.MessagesRange], request.MessagesCount);
        return AppendAsync(session, new TopicAddress(payload[request.TopicKey]), choice, batch);
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<Outcome> AppendAsync(Session session, TopicAddress address, PartitionChoice choice, MessageBatch batch) =>
        new((await messages.AppendAsync(session, address, choice, batch)).Error);
}
