namespace Iggy.Protocol.Classic;

/// <summary>Asks for one topic with its partitions. Reply: <see cref="TopicDetails"/>, or nothing when it is missing.</summary>
/// <param name="Stream">The stream.</param>
/// <param name="Topic">The topic.</param>
public readonly record struct GetTopicRequest(Identifier Stream, Identifier Topic) : IWireRequest<GetTopicRequest>
{
    /// <inheritdoc/>
    public static CommandCode Code => CommandCode.GetTopic;

    /// <inheritdoc/>
    public static GetTopicRequest Read(ref WireReader reader) => new(reader.Identifier(), reader.Identifier());

    /// <inheritdoc/>
    public void Write(WireWriter writer)
    {
        writer.Identifier(Stream);
        writer.Identifier(Topic);
    }
}

/// <summary>Asks for the topics of a stream. Reply: a list of <see cref="TopicRecord"/>.</summary>
/// <param name="Stream">The stream.</param>
public readonly record struct GetTopicsRequest(Identifier Stream) : IWireRequest<GetTopicsRequest>
{
    /// <inheritdoc/>
    public static CommandCode Code => CommandCode.GetTopics;

    /// <inheritdoc/>
    public static GetTopicsRequest Read(ref WireReader reader) => new(reader.Identifier());

    /// <inheritdoc/>
    public void Write(WireWriter writer) => writer.Identifier(Stream);
}

/// <summary>Removes a topic with all it holds. Empty reply.</summary>
/// <param name="Stream">The stream.</param>
/// <param name="Topic">The topic.</param>
public readonly record struct DeleteTopicRequest(Identifier Stream, Identifier Topic) : IWireRequest<DeleteTopicRequest>
{
    /// <inheritdoc/>
    public static CommandCode Code => CommandCode.DeleteTopic;

    /// <inheritdoc/>
    public static DeleteTopicRequest Read(ref WireReader reader) => new(reader.Identifier(), reader.Identifier());

    /// <inheritdoc/>
    public void Write(WireWriter writer)
    {
        writer.Identifier(Stream);
        writer.Identifier(Topic);
    }
}

/// <summary>Removes all messages and stored offsets of a topic. Empty reply.</summary>
/// <param name="Stream">The stream.</param>
/// <param name="Topic">The topic.</param>
public readonly record struct PurgeTopicRequest(Identifier Stream, Identifier Topic) : IWireRequest<PurgeTopicRequest>
{
    /// <inheritdoc/>
    public static CommandCode Code => CommandCode.PurgeTopic;

    /// <inheritdoc/>
    public static PurgeTopicRequest Read(ref WireReader reader) => new(reader.Identifier(), reader.Identifier());

    /// <inheritdoc/>
    public void Write(WireWriter writer)
    {
        writer.Identifier(Stream);
        writer.Identifier(Topic);
    }
}
