namespace Iggy.Protocol.Classic;

/// <summary>Adds partitions after the last. Empty reply.</summary>
/// <param name="Stream">The stream.</param>
/// <param name="Topic">The topic.</param>
/// <param name="PartitionsCount">1 to 1000.</param>
public readonly record struct CreatePartitionsRequest(
    Identifier Stream, Identifier Topic, uint PartitionsCount)
    : IWireRequest<CreatePartitionsRequest>
{
    /// <inheritdoc/>
    public static CommandCode Code => CommandCode.CreatePartitions;

    /// <inheritdoc/>
    public static CreatePartitionsRequest Read(ref WireReader reader) => new(reader.Identifier(), reader.Identifier(), reader.U32());

    /// <inheritdoc/>
    public void Write(WireWriter writer)
    {
        writer.Identifier(Stream);
        writer.Identifier(Topic);
        writer.U32(PartitionsCount);
    }

    /// <summary>What is judged only after the login check: the number.</summary>
    /// <returns><see cref="IggyError.TooManyPartitions"/>, also for 0, or <see cref="IggyError.None"/>.</returns>
    public IggyError Validate() =>
        PartitionsCount is >= 1 and <= ProtocolLimits.MaxPartitionsPerRequest ? IggyError.None : IggyError.TooManyPartitions;
}

/// <summary>Removes the last partitions with their messages. Empty reply.</summary>
/// <param name="Stream">The stream.</param>
/// <param name="Topic">The topic.</param>
/// <param name="PartitionsCount">1 or more.</param>
public readonly record struct DeletePartitionsRequest(
    Identifier Stream, Identifier Topic, uint PartitionsCount)
    : IWireRequest<DeletePartitionsRequest>
{
    /// <inheritdoc/>
    public static CommandCode Code => CommandCode.DeletePartitions;

    /// <inheritdoc/>
    public static DeletePartitionsRequest Read(ref WireReader reader) => new(reader.Identifier(), reader.Identifier(), reader.U32());

    /// <inheritdoc/>
    public void Write(WireWriter writer)
    {
        writer.Identifier(Stream);
        writer.Identifier(Topic);
        writer.U32(PartitionsCount);
    }

    /// <summary>What is judged only after the login check: the number, as far as it can be without the topic.</summary>
    /// <returns><see cref="IggyError.TooManyPartitions"/> for 0, or <see cref="IggyError.None"/>.</returns>
    public IggyError Validate() => PartitionsCount >= 1 ? IggyError.None : IggyError.TooManyPartitions;
}

/// <summary>Removes the oldest closed segments that every stored offset has passed. Empty reply, also when there was none.</summary>
/// <param name="Stream">The stream.</param>
/// <param name="Topic">The topic.</param>
/// <param name="PartitionId">From 0.</param>
/// <param name="SegmentsCount">At most so many.</param>
public readonly record struct DeleteSegmentsRequest(
    Identifier Stream, Identifier Topic, uint PartitionId, uint SegmentsCount)
    : IWireRequest<DeleteSegmentsRequest>
{
    /// <inheritdoc/>
    public static CommandCode Code => CommandCode.DeleteSegments;

    /// <inheritdoc/>
    public static DeleteSegmentsRequest Read(ref WireReader reader) =>
        new(reader.Identifier(), reader.Identifier(), reader.U32(), reader.U32());

    /// <inheritdoc/>
    public void Write(WireWriter writer)
    {
        writer.Identifier(Stream);
        writer.Identifier(Topic);
        writer.U32(PartitionId);
        writer.U32(SegmentsCount);
    }
}
