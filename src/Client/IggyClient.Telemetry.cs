using System.Diagnostics;
using Iggy.Client.Telemetry;
using Iggy.Protocol;
using Iggy.Protocol.Classic;

namespace Iggy.Client;

/// <summary>The same calls while somebody collects the spans of <c>Iggy.Client</c> or its figures.</summary>
public sealed partial class IggyClient
{
    private readonly MessageContext _context;
    private readonly ServerAddress _address;

    /// <summary>Gives a message the present span, where spans are collected: it may be sent later, from elsewhere.</summary>
    internal Message Stamp(Message message) => ClientOperation.IsTraced ? _context.Stamp(message) : message;

    /// <summary>Begins the handling of a message: a span of its producer's trace, linked to the producer's.</summary>
    internal ClientOperation StartProcessing(ConsumedMessage consumed, ConsumerOptions options)
    {
        var isSent = TraceHeaders.TryReadContext(consumed.Message.UserHeaders.Span, out var producer);
        var operation = ClientOperation.Start("process", ActivityKind.Consumer, options.Stream, options.Topic, producer, isSent ? [new ActivityLink(producer)] : null)
            .At(consumed.PartitionId).For(options.Consumer, _address);
        operation.Span?.SetTag("messaging.iggy.offset", (long)consumed.Message.Offset);
        if (operation.Span is { } span)
            _context.TakeBaggage(consumed.Message, span);
        return operation;
    }

    private ValueTask SendTracedAsync(Identifier stream, Identifier topic, Partitioning partitioning, ReadOnlySpan<Message> messages, CancellationToken cancellationToken)
    {
        var before = Activity.Current;
        var operation = StartSend(stream, topic, partitioning, messages.Length);
        try
        {
            var sending = SendPlainAsync(stream, topic, partitioning, Stamped(messages), cancellationToken);
            return EndAsync(operation, sending, messages.Length);
        }
        catch (Exception failed)
        {
            operation.Fail(failed);
            throw;
        }
        finally
        {
            Activity.Current = before; // this method is not async: what it changes would stay the caller's
        }
    }

    private ClientOperation StartSend(Identifier stream, Identifier topic, Partitioning partitioning, int messages)
    {
        var operation = ClientOperation.Start("send", ActivityKind.Producer, stream, topic)
            .At(partitioning.Kind is PartitioningKind.PartitionId ? partitioning.PartitionId : null).From(_address);
        operation.Span?.SetTag("messaging.batch.message_count", messages);
        return operation;
    }

    private ReadOnlySpan<Message> Stamped(ReadOnlySpan<Message> messages) => ClientOperation.IsTraced ? _context.Stamp(messages) : messages;

    private async ValueTask<PolledMessages> PollTracedAsync(PollMessagesRequest request, CancellationToken cancellationToken)
    {
        var at = request.Address;
        var operation = ClientOperation.Start("poll", ActivityKind.Client, at.Stream, at.Topic).At(at.PartitionId).For(at.Consumer, _address);
        try
        {
            var messages = await PollPlainAsync(request, cancellationToken);
            operation.Polled(messages);
            operation.End(messages.Count);
            return messages;
        }
        catch (Exception failed)
        {
            operation.Fail(failed);
            throw;
        }
    }

    private async ValueTask StoreTracedAsync(StoreConsumerOffsetRequest request, CancellationToken cancellationToken)
    {
        var at = request.Address;
        var operation = ClientOperation.Start("commit", ActivityKind.Client, at.Stream, at.Topic).At(at.PartitionId).For(at.Consumer, _address);
        operation.Span?.SetTag("messaging.iggy.offset", (long)request.Offset);
        await EndAsync(operation, DoAsync(request, cancellationToken, Connections.Repeat.Harmless), 0);
    }

    private static async ValueTask EndAsync(ClientOperation operation, ValueTask running, int messages)
    {
        try
        {
            await running;
            operation.End(messages);
        }
        catch (Exception failed)
        {
            operation.Fail(failed);
            throw;
        }
    }
}
