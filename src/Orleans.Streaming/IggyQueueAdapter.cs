using System.Runtime.InteropServices;
using Iggy.Client;
using Iggy.Protocol;
using Orleans.Streams;

namespace Iggy.Orleans.Streaming;

/// <summary>Sends events, and makes the reader of a queue.</summary>
internal sealed class IggyQueueAdapter(string name, IggyStreamOptions options, IggyClient client, Func<QueueId, IQueueAdapterReceiver> createReceiver) : IQueueAdapter
{
    private readonly string _namespace = options.Namespace ?? options.Topic;

    public string Name => name;

    public bool IsRewindable => true;

    public StreamProviderDirection Direction => StreamProviderDirection.ReadWrite;

    public IQueueAdapterReceiver CreateReceiver(QueueId queueId) => createReceiver(queueId);

    /// <summary>Sends events as messages of one batch: all of them or none, one after the other.</summary>
    /// <exception cref="ArgumentException">A token was given, which only the log can do; or the key is longer than message keys may be.</exception>
    public async Task QueueMessageBatchAsync<T>(StreamId streamId, IEnumerable<T> events, StreamSequenceToken? token, Dictionary<string, object>? requestContext)
    {
        if (token is not null)
            throw new ArgumentException("Where events are in a partition is the log's to say: send without a token.", nameof(token));
        var headers = StreamHeaders.Write(streamId, _namespace, requestContext);
        List<Message> messages = [.. events.Select(one => new Message(options.Serializer.Serialize(one)) { UserHeaders = headers })];
        if (messages.Count > 0)
            await client.SendMessagesAsync(options.StreamId, options.TopicId, Partitioning.ByKey(streamId.Key), CollectionsMarshal.AsSpan(messages));
    }
}
