namespace Iggy.Protocol.Vsr;

/// <summary>A send as it lies in a body; allocates nothing and lives as long as the body. Written by <see cref="VsrSendWriter"/>.</summary>
/// <remarks>Layout: u32 bytes of metadata (stream, topic, partitioning, u32 count), then exactly one batch record to the end.</remarks>
public readonly ref struct VsrSendRequest
{
    /// <summary>Where in the body the identifiers of stream and topic lie, one after the other: a key for cached routes.</summary>
    public Range TopicKey { get; private init; }

    /// <summary>Where the batch goes.</summary>
    public PartitioningView Partitioning { get; private init; }

    /// <summary>Messages in the batch.</summary>
    public uint MessagesCount { get; private init; }

    /// <summary>Where in the body the batch record lies, so that it can be handed on without copying.</summary>
    public Range BatchRange { get; private init; }

    /// <summary>Splits a body into its parts. <see cref="Batch.Check"/> judges the batch.</summary>
    /// <param name="body">All of the body.</param>
    /// <param name="request">The parts; not to be used when refused.</param>
    /// <returns><see cref="IggyError.None"/> or <see cref="IggyError.InvalidCommand"/>.</returns>
    public static IggyError TryRead(ReadOnlySpan<byte> body, out VsrSendRequest request)
    {
        request = default;
        var outer = new WireReader(body);
        var metadata = outer.Bytes(outer.U32());
        var reader = new WireReader(metadata);
        reader.IdentifierView();
        reader.IdentifierView();
        var keyEnd = sizeof(uint) + reader.Position;
        var partitioning = PartitioningView.Read(ref reader);
        var count = reader.U32();
        if (outer.Error is not IggyError.None || reader.Error is not IggyError.None || !reader.IsAtEnd)
            return IggyError.InvalidCommand;

        request = new()
        {
            TopicKey = sizeof(uint)..keyEnd,
            Partitioning = partitioning,
            MessagesCount = count,
            BatchRange = outer.Position..body.Length,
        };
        return IggyError.None;
    }
}

/// <summary>What became of a batch: where its first message stands. 20 bytes, numbers only.</summary>
/// <param name="StreamId">The stream.</param>
/// <param name="TopicId">The topic.</param>
/// <param name="PartitionId">The partition.</param>
/// <param name="BaseOffset">Offset of the first message.</param>
public readonly record struct SendConfirmation(uint StreamId, uint TopicId, uint PartitionId, ulong BaseOffset) : IWireValue<SendConfirmation>
{
    /// <summary>Bytes of a confirmation.</summary>
    public const int SizeInBytes = 20;

    /// <inheritdoc/>
    public static SendConfirmation Read(ref WireReader reader) => new(reader.U32(), reader.U32(), reader.U32(), reader.U64());

    /// <inheritdoc/>
    public void Write(WireWriter writer)
    {
        writer.U32(StreamId);
        writer.U32(TopicId);
        writer.U32(PartitionId);
        writer.U64(BaseOffset);
    }
}
