namespace Iggy.Protocol.Classic;

/// <summary>A send as it lies in a payload; allocates nothing and lives as long as the payload. Empty reply. Written by
/// <see cref="SendMessagesWriter"/>.</summary>
/// <remarks>Layout: u32 bytes of metadata (stream, topic, partitioning, u32 count), index entries, messages. Bytes left over inside the
/// metadata are ignored.</remarks>
public readonly ref struct SendMessagesRequest
{
    private readonly ReadOnlySpan<byte> _payload;

    private SendMessagesRequest(ReadOnlySpan<byte> payload) => _payload = payload;

    /// <summary>The stream.</summary>
    public IdentifierView Stream { get; private init; }

    /// <summary>The topic.</summary>
    public IdentifierView Topic { get; private init; }

    /// <summary>Where in the payload the identifiers of stream and topic lie, one after the other: a key for cached routes.</summary>
    public Range TopicKey { get; private init; }

    /// <summary>Where the batch goes.</summary>
    public PartitioningView Partitioning { get; private init; }

    /// <summary>Messages in the batch; the index has as many entries.</summary>
    public uint MessagesCount { get; private init; }

    /// <summary>Where in the payload the index lies.</summary>
    public Range IndexRange { get; private init; }

    /// <summary>Where in the payload the messages lie, so that they can be handed on without copying.</summary>
    public Range MessagesRange { get; private init; }

    /// <summary>The index.</summary>
    public ReadOnlySpan<byte> Indexes => _payload[IndexRange];

    /// <summary>The messages.</summary>
    public ReadOnlySpan<byte> Messages => _payload[MessagesRange];

    /// <summary>Splits a payload into its parts. <see cref="ClassicBatch.Check"/> judges what is in them.</summary>
    /// <param name="payload">All of the payload.</param>
    /// <param name="request">The parts; not to be used when refused.</param>
    /// <returns><see cref="IggyError.None"/>; <see cref="IggyError.InvalidIdentifier"/> for any fault in stream or topic;
    /// <see cref="IggyError.InvalidCommand"/> for anything else.</returns>
    public static IggyError TryRead(ReadOnlySpan<byte> payload, out SendMessagesRequest request)
    {
        request = default;
        var outer = new WireReader(payload);
        var metadata = outer.Bytes(outer.U32());
        if (outer.Error is not IggyError.None)
            return outer.Error;

        var reader = new WireReader(metadata);
        var stream = reader.IdentifierView();
        var topic = reader.IdentifierView();
        if (reader.Error is not IggyError.None)
            return IggyError.InvalidIdentifier;

        var keyEnd = sizeof(uint) + reader.Position;
        var partitioning = PartitioningView.Read(ref reader);
        var count = reader.U32();
        if (reader.Error is not IggyError.None)
            return reader.Error;
        if (count > (uint)(outer.Remaining / ClassicBatch.IndexEntryBytes))
            return IggyError.InvalidCommand;

        var messagesStart = outer.Position + ((int)count * ClassicBatch.IndexEntryBytes);
        request = new(payload)
        {
            Stream = stream,
            Topic = topic,
            TopicKey = sizeof(uint)..keyEnd,
            Partitioning = partitioning,
            MessagesCount = count,
            IndexRange = outer.Position..messagesStart,
            MessagesRange = messagesStart..payload.Length,
        };
        return IggyError.None;
    }
}
