namespace Iggy.Protocol.Classic;

/// <summary>Asks what is stored for a consumer. Reply: <see cref="ConsumerOffsetReply"/>, or nothing when anything is missing. For the
/// hot path read a <see cref="ConsumerAddressView"/> instead.</summary>
/// <param name="Address">Who and where; no partition means partition 0, for groups too.</param>
public readonly record struct GetConsumerOffsetRequest(ConsumerAddress Address) : IWireRequest<GetConsumerOffsetRequest>
{
    /// <inheritdoc/>
    public static CommandCode Code => CommandCode.GetConsumerOffset;

    /// <inheritdoc/>
    public static GetConsumerOffsetRequest Read(ref WireReader reader) => new(ConsumerAddress.Read(ref reader));

    /// <inheritdoc/>
    public void Write(WireWriter writer) => Address.Write(writer);
}

/// <summary>Stores how far a consumer is; going back is allowed. Empty reply. For the hot path read a
/// <see cref="StoreConsumerOffsetView"/> instead.</summary>
/// <param name="Address">Who and where; no partition means partition 0, for a group the member's current one.</param>
/// <param name="Offset">Of the last message handled.</param>
public readonly record struct StoreConsumerOffsetRequest(ConsumerAddress Address, ulong Offset) : IWireRequest<StoreConsumerOffsetRequest>
{
    /// <inheritdoc/>
    public static CommandCode Code => CommandCode.StoreConsumerOffset;

    /// <inheritdoc/>
    public static StoreConsumerOffsetRequest Read(ref WireReader reader) => new(ConsumerAddress.Read(ref reader), reader.U64());

    /// <inheritdoc/>
    public void Write(WireWriter writer)
    {
        Address.Write(writer);
        writer.U64(Offset);
    }
}

/// <summary>Forgets how far a consumer was. Empty reply. For the hot path read a <see cref="ConsumerAddressView"/> instead.</summary>
/// <param name="Address">Who and where; no partition as for a store.</param>
public readonly record struct DeleteConsumerOffsetRequest(ConsumerAddress Address) : IWireRequest<DeleteConsumerOffsetRequest>
{
    /// <inheritdoc/>
    public static CommandCode Code => CommandCode.DeleteConsumerOffset;

    /// <inheritdoc/>
    public static DeleteConsumerOffsetRequest Read(ref WireReader reader) => new(ConsumerAddress.Read(ref reader));

    /// <inheritdoc/>
    public void Write(WireWriter writer) => Address.Write(writer);
}

/// <summary>Reply to <see cref="GetConsumerOffsetRequest"/>: 20 bytes.</summary>
/// <param name="PartitionId">The partition.</param>
/// <param name="CurrentOffset">Offset of its last message; 0 when empty.</param>
/// <param name="StoredOffset">What is stored.</param>
public readonly record struct ConsumerOffsetReply(uint PartitionId, ulong CurrentOffset, ulong StoredOffset) : IWireValue<ConsumerOffsetReply>
{
    /// <inheritdoc/>
    public static ConsumerOffsetReply Read(ref WireReader reader) => new(reader.U32(), reader.U64(), reader.U64());

    /// <inheritdoc/>
    public void Write(WireWriter writer)
    {
        writer.U32(PartitionId);
        writer.U64(CurrentOffset);
        writer.U64(StoredOffset);
    }
}
