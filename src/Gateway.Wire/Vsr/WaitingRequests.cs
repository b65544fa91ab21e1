using System.Buffers;
using Iggy.Gateway.Commands;
using Iggy.Gateway.Routing;
using Iggy.Gateway.Wire.Frames;
using Iggy.Gateway.Wire.Messages;
using Iggy.Grains.Interfaces.Partitions;
using Iggy.Protocol;
using Iggy.Protocol.Vsr;
using Iggy.Protocol.Vsr12;
using ConsumerKind = Iggy.Protocol.ConsumerKind;

namespace Iggy.Gateway.Wire.Vsr;

/// <summary>What requests of the 0.12 line wait for.</summary>
internal sealed class WaitingRequests(ReadWaits waits)
{
    /// <summary>The wait of one request, as something that can be refused like a command.</summary>
    public DialectCommand For(RequestHeader header, CancellationToken ended) => async (session, payload, _) =>
    {
        var (fault, read) = Parse(header.Code, payload);
        return new(fault is IggyError.None ? await waits.WaitAsync(session, read, ended) : fault);
    };

    private static (IggyError Fault, WaitingRead Read) Parse(CommandCode code, ReadOnlyMemory<byte> payload)
    {
        if (code is CommandCode.PollMessagesDeferred)
        {
            if (DeferredPollView.TryRead(payload.Span, out var poll) is var fault and not IggyError.None)
                return (fault, default);
            var address = poll.Poll.Address;
            ReadTarget[]? targets = address.Consumer.Kind is ConsumerKind.Group && address.PartitionId is null ? null : [new(address.PartitionId ?? 0, poll.Poll.Strategy)];
            return (IggyError.None, new(
                new TopicAddress(payload[address.TopicKey]), address.Consumer.Kind, payload[PollMessages.GroupRange(address)],
                new ConsumerKey(Grains.Interfaces.Partitions.ConsumerKind.Consumer, Hashes.ConsumerNumber(address.Consumer.Id)), poll.Poll.Strategy, targets, poll.Patience));
        }
        if (FetchRequest.TryRead(payload.Span, out var fetch) is var wrong and not IggyError.None)
            return (wrong, default);
        return (IggyError.None, new(
            TopicAddress.Of(fetch!.Stream, fetch.Topic), fetch.Consumer.Kind, Encode(fetch.Consumer.Id),
            new ConsumerKey(Grains.Interfaces.Partitions.ConsumerKind.Consumer, Hashes.ConsumerNumber(fetch.Consumer.Id)), default,
            [.. fetch.Targets.Select(static target => new ReadTarget(target.PartitionId, target.Strategy))], fetch.Patience));
    }

    internal static ReadOnlyMemory<byte> Encode(Identifier id)
    {
        var bytes = new ArrayBufferWriter<byte>();
        new WireWriter(bytes).Identifier(id);
        return bytes.WrittenMemory;
    }
}
