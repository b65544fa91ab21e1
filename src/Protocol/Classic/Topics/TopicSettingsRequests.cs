namespace Iggy.Protocol.Classic;

/// <summary>Adds a topic. Reply: <see cref="TopicDetails"/>, with defaults resolved.</summary>
/// <param name="Stream">The stream.</param>
/// <param name="PartitionsCount">0 to 1000.</param>
/// <param name="Compression">As sent; see <see cref="Validate"/>.</param>
/// <param name="MessageExpiryMicros">0 for the server's default, all ones for never.</param>
/// <param name="MaxTopicSizeBytes">0 for the server's default, all ones for no limit.</param>
/// <param name="ReplicationFactor">0 for not given.</param>
/// <param name="Name">1 to 255 bytes, kept as sent.</param>
public readonly record struct CreateTopicRequest(
    Identifier Stream,
    uint PartitionsCount,
    CompressionAlgorithm Compression,
    ulong MessageExpiryMicros,
    ulong MaxTopicSizeBytes,
    byte ReplicationFactor,
    string Name)
    : IWireRequest<CreateTopicRequest>
{
    /// <inheritdoc/>
    public static CommandCode Code => CommandCode.CreateTopic;

    /// <inheritdoc/>
    public static CreateTopicRequest Read(ref WireReader reader) => new(
        reader.Identifier(),
        reader.U32(),
        (CompressionAlgorithm)reader.U8(),
        reader.U64(),
        reader.U64(),
        reader.U8(),
        reader.Name());

    /// <inheritdoc/>
    public void Write(WireWriter writer)
    {
        writer.Identifier(Stream);
        writer.U32(PartitionsCount);
        writer.U8((byte)Compression);
        writer.U64(MessageExpiryMicros);
        writer.U64(MaxTopicSizeBytes);
        writer.U8(ReplicationFactor);
        writer.Name(Name);
    }

    /// <summary>What is judged only after the login check: number of partitions, then compression.</summary>
    /// <returns><see cref="IggyError.TooManyPartitions"/>, <see cref="IggyError.InvalidCommand"/> or <see cref="IggyError.None"/>.</returns>
    public IggyError Validate()
    {
        if (PartitionsCount > ProtocolLimits.MaxPartitionsPerRequest)
            return IggyError.TooManyPartitions;
        return Enum.IsDefined(Compression) ? IggyError.None : IggyError.InvalidCommand;
    }
}

/// <summary>Replaces name and every setting of a topic. Empty reply.</summary>
/// <param name="Stream">The stream.</param>
/// <param name="Topic">The topic.</param>
/// <param name="Compression">As sent; see <see cref="Validate"/>.</param>
/// <param name="MessageExpiryMicros">0 for the server's default, all ones for never.</param>
/// <param name="MaxTopicSizeBytes">0 for the server's default, all ones for no limit.</param>
/// <param name="ReplicationFactor">0 for not given.</param>
/// <param name="Name">The new name, 1 to 255 bytes.</param>
public readonly record struct UpdateTopicRequest(
    Identifier Stream,
    Identifier Topic,
    CompressionAlgorithm Compression,
    ulong MessageExpiryMicros,
    ulong MaxTopicSizeBytes,
    byte ReplicationFactor,
    string Name)
    : IWireRequest<UpdateTopicRequest>
{
    /// <inheritdoc/>
    public static CommandCode Code => CommandCode.UpdateTopic;

    /// <inheritdoc/>
    public static UpdateTopicRequest Read(ref WireReader reader) => new(
        reader.Identifier(),
        reader.Identifier(),
        (CompressionAlgorithm)reader.U8(),
        reader.U64(),
        reader.U64(),
        reader.U8(),
        reader.Name());

    /// <inheritdoc/>
    public void Write(WireWriter writer)
    {
        writer.Identifier(Stream);
        writer.Identifier(Topic);
        writer.U8((byte)Compression);
        writer.U64(MessageExpiryMicros);
        writer.U64(MaxTopicSizeBytes);
        writer.U8(ReplicationFactor);
        writer.Name(Name);
    }

    /// <summary>What is judged only after the login check: compression.</summary>
    /// <returns><see cref="IggyError.InvalidCommand"/> or <see cref="IggyError.None"/>.</returns>
    public IggyError Validate() => Enum.IsDefined(Compression) ? IggyError.None : IggyError.InvalidCommand;
}
