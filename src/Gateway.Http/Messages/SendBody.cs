using Iggy.Gateway.Errors;
using Iggy.Gateway.Routing;
using Iggy.Grains.Interfaces.Partitions;
using Iggy.Protocol;

namespace Iggy.Gateway.Http.Messages;

/// <summary>A send as the partition takes it, made from JSON in one pass.</summary>
/// <param name="block">The messages; owned by this object.</param>
internal sealed class SendBody(MessageBlock block) : IDisposable
{
    /// <summary>How the partition is chosen.</summary>
    public required PartitioningKind Kind { get; init; }

    /// <summary>What belongs to the kind.</summary>
    public required byte[] Value { get; init; }

    /// <summary>The history of the partition that is meant; 0 for whichever there is.</summary>
    public ulong Incarnation { get; init; }

    /// <summary>The messages.</summary>
    public MessageBatch Batch => new(MessageLayout.Classic, block.Bytes, block.Count);

    /// <summary>Judges what a body of the right shape may still have wrong, in the protocol's order.</summary>
    /// <exception cref="CommandRefusedException">The first thing that is wrong.</exception>
    public void Check()
    {
        if (Value.Length > ProtocolLimits.MaxNameBytes || (Value.Length == 0 && Kind is not PartitioningKind.Balanced))
            throw new CommandRefusedException(IggyError.InvalidKeyValueLength);
        if (block.Count == 0)
            throw new CommandRefusedException(IggyError.InvalidMessagesCount);
        if (block.LargestPayload > ProtocolLimits.MaxMessagePayloadBytes)
            throw new CommandRefusedException(IggyError.TooBigMessagePayload);
        if (block.LargestHeaders > ProtocolLimits.MaxUserHeadersBytes)
            throw new CommandRefusedException(IggyError.TooBigUserHeaders);
    }

    /// <summary>The partition that is asked for.</summary>
    /// <exception cref="CommandRefusedException"><see cref="IggyError.InvalidCommand"/>: a partition id of less than four bytes.</exception>
    public PartitionChoice Choose() => Kind switch
    {
        PartitioningKind.PartitionId when Value.Length < sizeof(uint) => throw new CommandRefusedException(IggyError.InvalidCommand),
        PartitioningKind.PartitionId => PartitionChoice.Of(BitConverter.ToUInt32(Value)) with { Incarnation = Incarnation },
        PartitioningKind.MessagesKey => new PartitionChoice(PartitionChoiceKind.HashOfKey, Hashes.Xxh32(Value)),
        _ => new PartitionChoice(PartitionChoiceKind.Balanced, 0),
    };

    /// <summary>Leaves the messages to the collector: a call was given up that may still read them.</summary>
    public void Abandon() => block.Abandon();

    /// <inheritdoc/>
    public void Dispose() => block.Dispose();
}
