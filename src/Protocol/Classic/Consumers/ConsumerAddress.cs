namespace Iggy.Protocol.Classic;

/// <summary>Who reads, and where: the beginning of polls and of all requests about offsets.</summary>
/// <param name="Consumer">Single or group.</param>
/// <param name="Stream">The stream.</param>
/// <param name="Topic">The topic.</param>
/// <param name="PartitionId">From 0; null leaves it to the rules of the command.</param>
public readonly record struct ConsumerAddress(Consumer Consumer, Identifier Stream, Identifier Topic, uint? PartitionId)
    : IWireValue<ConsumerAddress>
{
    /// <inheritdoc/>
    public static ConsumerAddress Read(ref WireReader reader) => ConsumerAddressView.Read(ref reader).ToAddress();

    /// <inheritdoc/>
    public void Write(WireWriter writer)
    {
        Consumer.Write(writer);
        writer.Identifier(Stream);
        writer.Identifier(Topic);
        writer.OptionalPartition(PartitionId);
    }
}

/// <summary>A <see cref="ConsumerAddress"/> as it lies in a request; allocates nothing and lives as long as the payload.</summary>
public readonly ref struct ConsumerAddressView
{
    /// <summary>Single or group.</summary>
    public ConsumerView Consumer { get; private init; }

    /// <summary>The stream.</summary>
    public IdentifierView Stream { get; private init; }

    /// <summary>The topic.</summary>
    public IdentifierView Topic { get; private init; }

    /// <summary>From 0, or null.</summary>
    public uint? PartitionId { get; private init; }

    /// <summary>Where in the payload the identifiers of stream and topic lie, one after the other: a key for cached routes.</summary>
    public Range TopicKey { get; private init; }

    /// <summary>Reads consumer, stream, topic and partition.</summary>
    /// <param name="reader">Where it lies.</param>
    /// <param name="mayBeExternal">Whether <see cref="ConsumerKind.External"/> is known.</param>
    public static ConsumerAddressView Read(scoped ref WireReader reader, bool mayBeExternal = false)
    {
        var consumer = ConsumerView.Read(ref reader, mayBeExternal);
        var keyStart = reader.Position;
        var stream = reader.IdentifierView();
        var topic = reader.IdentifierView();
        var topicKey = keyStart..reader.Position;
        return new()
        {
            Consumer = consumer,
            Stream = stream,
            Topic = topic,
            TopicKey = topicKey,
            PartitionId = reader.OptionalPartition(),
        };
    }

    /// <summary>Reads a payload that begins with an address: the whole of a get or delete of an offset.</summary>
    /// <returns>As every <c>TryRead</c>.</returns>
    public static IggyError TryRead(ReadOnlySpan<byte> payload, out ConsumerAddressView address)
    {
        var reader = new WireReader(payload);
        address = Read(ref reader);
        return reader.Error;
    }

    /// <summary>The same as a value that outlives the request. Allocates for names.</summary>
    public ConsumerAddress ToAddress() => new(Consumer.ToConsumer(), Stream.ToIdentifier(), Topic.ToIdentifier(), PartitionId);
}
