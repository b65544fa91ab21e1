using System.Collections.Immutable;

namespace Iggy.Protocol.Classic;

/// <summary>Reply to <see cref="GetStreamRequest"/>: a stream and its topics. Clients compare their number with the record's count.</summary>
/// <param name="Stream">The stream.</param>
/// <param name="Topics">As many as <see cref="StreamRecord.TopicsCount"/> says, by ascending id.</param>
public sealed record StreamDetails(StreamRecord Stream, ImmutableArray<TopicRecord> Topics) : IWireValue<StreamDetails>
{
    /// <inheritdoc/>
    public static StreamDetails Read(ref WireReader reader)
    {
        var stream = StreamRecord.Read(ref reader);
        return new(stream, WireRecords.Read<TopicRecord>(ref reader, stream.TopicsCount, TopicRecord.MinSizeInBytes));
    }

    /// <inheritdoc/>
    /// <exception cref="InvalidOperationException">The count is another.</exception>
    public void Write(WireWriter writer)
    {
        Stream.Write(writer);
        WireRecords.Write(writer, Topics, Stream.TopicsCount);
    }
}
