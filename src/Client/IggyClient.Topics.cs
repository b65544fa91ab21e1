using Iggy.Client.Connections;
using Iggy.Protocol;
using Iggy.Protocol.Classic;
using Iggy.Protocol.Vsr;

namespace Iggy.Client;

public sealed partial class IggyClient
{
    /// <summary>Adds a topic.</summary>
    /// <param name="stream">Where.</param>
    /// <param name="name">1 to 255 bytes, kept as given.</param>
    /// <param name="partitionsCount">0 to 1000.</param>
    /// <param name="settings">Null leaves everything to the server.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>The topic, with defaults resolved.</returns>
    /// <exception cref="IggyException"><see cref="IggyError.StreamIdNotFound"/> or <see cref="IggyError.TopicNameAlreadyExists"/>, among others.</exception>
    public ValueTask<TopicDetails> CreateTopicAsync(
        Identifier stream, string name, uint partitionsCount, TopicSettings? settings = null, CancellationToken cancellationToken = default)
    {
        settings ??= TopicSettings.Default;
        var request = new CreateTopicRequest(
            stream, partitionsCount, settings.Compression, settings.MessageExpiryMicros, settings.MaxTopicSizeBytes, settings.ReplicationFactor, name);
        return settings.Options.Count == 0
            ? _server.GetAsync<CreateTopicRequest, TopicDetails>(CommandCode.CreateTopic, request, Repeat.Never, cancellationToken)
            : _server.GetAsync<WithOptions<CreateTopicRequest>, TopicDetails>(CommandCode.CreateTopic, Extend(request, settings), Repeat.Never, cancellationToken);
    }

    /// <summary>One topic with its partitions, or null when stream or topic is missing.</summary>
    public async ValueTask<TopicDetails?> GetTopicAsync(Identifier stream, Identifier topic, CancellationToken cancellationToken = default) =>
        (await _server.FindAsync<GetTopicRequest, TopicDetails>(CommandCode.GetTopic, new(stream, topic), cancellationToken)).Value;

    /// <summary>The topics of a stream, by id; none when the stream is missing.</summary>
    public ValueTask<IReadOnlyList<TopicRecord>> GetTopicsAsync(Identifier stream, CancellationToken cancellationToken = default) =>
        _server.ListAsync<GetTopicsRequest, TopicRecord>(CommandCode.GetTopics, new(stream), cancellationToken);

    /// <summary>Replaces name and every setting of a topic.</summary>
    public ValueTask UpdateTopicAsync(
        Identifier stream, Identifier topic, string name, TopicSettings? settings = null, CancellationToken cancellationToken = default)
    {
        settings ??= TopicSettings.Default;
        var request = new UpdateTopicRequest(
            stream, topic, settings.Compression, settings.MessageExpiryMicros, settings.MaxTopicSizeBytes, settings.ReplicationFactor, name);
        return settings.Options.Count == 0
            ? DoAsync(request, cancellationToken)
            : _server.DoAsync(CommandCode.UpdateTopic, Extend(request, settings), Repeat.Never, cancellationToken);
    }

    /// <summary>The options that can be set of topics, with the server's defaults. The newer dialect and HTTP have them.</summary>
    public async ValueTask<IReadOnlyList<OptionDescription>> DescribeOptionsAsync(OptionScope scope, CancellationToken cancellationToken = default)
    {
        RequireOptions();
        var reply = await _server.GetAsync<DescribeOptionsRequest, DescribeOptionsReply>(CommandCode.DescribeOptions, new(scope), Repeat.Harmless, cancellationToken);
        return reply.Options;
    }

    private WithOptions<T> Extend<T>(T request, TopicSettings settings) where T : IWireValue<T>
    {
        RequireOptions();
        var extended = new WithOptions<T>(request, [.. settings.Options]);
        extended.AddTo(TopicOptions.None); // refuses here what can't be, not on its way to the server
        return extended;
    }

    private void RequireOptions()
    {
        if (!_hasOptions)
            throw new NotSupportedException("The classic dialect has no options.");
    }

    /// <summary>Removes a topic with all it holds.</summary>
    public ValueTask DeleteTopicAsync(Identifier stream, Identifier topic, CancellationToken cancellationToken = default) =>
        DoAsync(new DeleteTopicRequest(stream, topic), cancellationToken);

    /// <summary>Removes all messages and stored offsets of a topic.</summary>
    public ValueTask PurgeTopicAsync(Identifier stream, Identifier topic, CancellationToken cancellationToken = default) =>
        DoAsync(new PurgeTopicRequest(stream, topic), cancellationToken);

    /// <summary>Adds partitions after the last.</summary>
    /// <param name="stream">The stream.</param>
    /// <param name="topic">The topic.</param>
    /// <param name="partitionsCount">1 to 1000.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public ValueTask CreatePartitionsAsync(Identifier stream, Identifier topic, uint partitionsCount, CancellationToken cancellationToken = default) =>
        DoAsync(new CreatePartitionsRequest(stream, topic, partitionsCount), cancellationToken);

    /// <summary>Removes the last partitions with their messages.</summary>
    /// <param name="stream">The stream.</param>
    /// <param name="topic">The topic.</param>
    /// <param name="partitionsCount">1 or more, up to as many as there are.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public ValueTask DeletePartitionsAsync(Identifier stream, Identifier topic, uint partitionsCount, CancellationToken cancellationToken = default) =>
        DoAsync(new DeletePartitionsRequest(stream, topic, partitionsCount), cancellationToken);

    /// <summary>Removes the oldest closed segments that every stored offset has passed.</summary>
    /// <param name="stream">The stream.</param>
    /// <param name="topic">The topic.</param>
    /// <param name="partitionId">From 0.</param>
    /// <param name="segmentsCount">At most so many.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public ValueTask DeleteSegmentsAsync(
        Identifier stream, Identifier topic, uint partitionId, uint segmentsCount, CancellationToken cancellationToken = default) =>
        DoAsync(new DeleteSegmentsRequest(stream, topic, partitionId, segmentsCount), cancellationToken);
}
