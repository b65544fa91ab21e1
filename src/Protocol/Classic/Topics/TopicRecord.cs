namespace Iggy.Protocol.Classic;

/// <summary>A topic as replies carry it; the name starts at byte 50.</summary>
/// <param name="Id">From 0.</param>
/// <param name="CreatedAtMicros">Since the Unix epoch.</param>
/// <param name="PartitionsCount">Partitions in it.</param>
/// <param name="MessageExpiryMicros">All ones for never.</param>
/// <param name="Compression">Reported only.</param>
/// <param name="MaxTopicSizeBytes">All ones for no limit.</param>
/// <param name="ReplicationFactor">Copies.</param>
/// <param name="SizeBytes">Bytes of all messages kept.</param>
/// <param name="MessagesCount">Messages kept.</param>
/// <param name="Name">1 to 255 bytes.</param>
public readonly record struct TopicRecord(
    uint Id,
    ulong CreatedAtMicros,
    uint PartitionsCount,
    ulong MessageExpiryMicros,
    CompressionAlgorithm Compression,
    ulong MaxTopicSizeBytes,
    byte ReplicationFactor,
    ulong SizeBytes,
    ulong MessagesCount,
    string Name) : IWireValue<TopicRecord>
{
    /// <summary>The fixed fields and a name of one byte.</summary>
    internal const int MinSizeInBytes = 52;

    /// <inheritdoc/>
    public static TopicRecord Read(ref WireReader reader) => new(
        reader.U32(),
        reader.U64(),
        reader.U32(),
        reader.U64(),
        (CompressionAlgorithm)reader.U8(),
        reader.U64(),
        reader.U8(),
        reader.U64(),
        reader.U64(),
        reader.Name());

    /// <inheritdoc/>
    public void Write(WireWriter writer)
    {
        writer.U32(Id);
        writer.U64(CreatedAtMicros);
        writer.U32(PartitionsCount);
        writer.U64(MessageExpiryMicros);
        writer.U8((byte)Compression);
        writer.U64(MaxTopicSizeBytes);
        writer.U8(ReplicationFactor);
        writer.U64(SizeBytes);
        writer.U64(MessagesCount);
        writer.Name(Name);
    }
}
