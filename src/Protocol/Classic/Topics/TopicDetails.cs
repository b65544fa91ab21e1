using System.Collections.Immutable;

namespace Iggy.Protocol.Classic;

/// <summary>A partition as replies carry it: 40 bytes.</summary>
/// <param name="Id">From 0, without holes.</param>
/// <param name="CreatedAtMicros">Since the Unix epoch.</param>
/// <param name="SegmentsCount">Segments kept.</param>
/// <param name="CurrentOffset">Offset of the last message; 0 when empty.</param>
/// <param name="SizeBytes">Bytes of all messages kept.</param>
/// <param name="MessagesCount">Messages kept.</param>
public readonly record struct PartitionRecord(
    uint Id, ulong CreatedAtMicros, uint SegmentsCount, ulong CurrentOffset, ulong SizeBytes, ulong MessagesCount) : IWireValue<PartitionRecord>
{
    internal const int SizeInBytes = 40;

    /// <inheritdoc/>
    public static PartitionRecord Read(ref WireReader reader) =>
        new(reader.U32(), reader.U64(), reader.U32(), reader.U64(), reader.U64(), reader.U64());

    /// <inheritdoc/>
    public void Write(WireWriter writer)
    {
        writer.U32(Id);
        writer.U64(CreatedAtMicros);
        writer.U32(SegmentsCount);
        writer.U64(CurrentOffset);
        writer.U64(SizeBytes);
        writer.U64(MessagesCount);
    }
}

/// <summary>Reply to <see cref="GetTopicRequest"/> and <see cref="CreateTopicRequest"/>: a topic and its partitions. Clients compare
/// their number with the record's count.</summary>
/// <param name="Topic">The topic.</param>
/// <param name="Partitions">As many as <see cref="TopicRecord.PartitionsCount"/> says, by ascending id.</param>
public sealed record TopicDetails(TopicRecord Topic, ImmutableArray<PartitionRecord> Partitions) : IWireValue<TopicDetails>
{
    /// <inheritdoc/>
    public static TopicDetails Read(ref WireReader reader)
    {
        var topic = TopicRecord.Read(ref reader);
        return new(topic, WireRecords.Read<PartitionRecord>(ref reader, topic.PartitionsCount, PartitionRecord.SizeInBytes));
    }

    /// <inheritdoc/>
    /// <exception cref="InvalidOperationException">The count is another.</exception>
    public void Write(WireWriter writer)
    {
        Topic.Write(writer);
        WireRecords.Write(writer, Partitions, Topic.PartitionsCount);
    }
}
