using Iggy.Client.Connections;
using Iggy.Client.Connections.Waiting;
using Iggy.Client.Telemetry;
using Iggy.Protocol;
using Iggy.Protocol.Classic;

namespace Iggy.Client;

public sealed partial class IggyClient
{
    /// <summary>Sends a batch to one partition: all of it or none of it. It is copied into one pooled buffer before this returns, so payloads may
    /// be changed as soon as the call is back, even before it is awaited.</summary>
    /// <param name="stream">The stream.</param>
    /// <param name="topic">The topic.</param>
    /// <param name="partitioning">Who chooses the partition.</param>
    /// <param name="messages">1 or more.</param>
    /// <param name="cancellationToken">Ends the wait: the batch may be stored.</param>
    /// <exception cref="IggyConnectionException">With <see cref="IggyConnectionException.IsOutcomeUnknown"/> the batch may be stored.
    /// It is never sent twice by itself.</exception>
    public ValueTask SendMessagesAsync(
        Identifier stream, Identifier topic, Partitioning partitioning, ReadOnlySpan<Message> messages, CancellationToken cancellationToken = default) =>
        ClientOperation.IsOn
            ? SendTracedAsync(stream, topic, partitioning, messages, cancellationToken)
            : SendPlainAsync(stream, topic, partitioning, messages, cancellationToken);

    private ValueTask SendPlainAsync(Identifier stream, Identifier topic, Partitioning partitioning, ReadOnlySpan<Message> messages, CancellationToken cancellationToken)
    {
        if (_cipher is null)
            return _server.SendAsync(stream, topic, partitioning, messages, cancellationToken);
        var encrypted = new Message[messages.Length];
        for (var i = 0; i < encrypted.Length; i++)
            encrypted[i] = _cipher.Encrypt(messages[i]);
        return _server.SendAsync(stream, topic, partitioning, encrypted, cancellationToken);
    }

    /// <summary>Sends one message.</summary>
    /// <param name="stream">The stream.</param>
    /// <param name="topic">The topic.</param>
    /// <param name="partitioning">Who chooses the partition.</param>
    /// <param name="message">The message; copied as a batch is.</param>
    /// <param name="cancellationToken">Ends the wait: the message may be stored.</param>
    /// <exception cref="IggyConnectionException">As for a batch.</exception>
    public ValueTask SendMessageAsync(
        Identifier stream, Identifier topic, Partitioning partitioning, Message message, CancellationToken cancellationToken = default) =>
        SendMessagesAsync(stream, topic, partitioning, [message], cancellationToken);

    /// <summary>Polls once. What comes may be fewer messages than asked for, also when there are more.</summary>
    /// <param name="consumer">Who reads: <c>new(ConsumerKind.Single, new("name"))</c>.</param>
    /// <param name="stream">The stream.</param>
    /// <param name="topic">The topic.</param>
    /// <param name="partitionId">From 0; null means 0, for a group the member's next one.</param>
    /// <param name="strategy">Where to start.</param>
    /// <param name="count">Most messages.</param>
    /// <param name="autoCommit">The server stores the offset of the last message before it replies. Such a poll is not repeated by itself when the
    /// connection breaks.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>The messages, to be disposed.</returns>
    public ValueTask<PolledMessages> PollMessagesAsync(
        Consumer consumer,
        Identifier stream,
        Identifier topic,
        uint? partitionId,
        PollingStrategy strategy,
        uint count,
        bool autoCommit = false,
        CancellationToken cancellationToken = default)
    {
        var request = new PollMessagesRequest(new(consumer, stream, topic, partitionId), strategy, count, autoCommit);
        return ClientOperation.IsOn ? PollTracedAsync(request, cancellationToken) : PollPlainAsync(request, cancellationToken);
    }

    /// <summary>Has a partition written to the operating system or, with <paramref name="fsync"/>, to the disk.</summary>
    public ValueTask FlushAsync(Identifier stream, Identifier topic, uint partitionId, bool fsync, CancellationToken cancellationToken = default) =>
        DoAsync(new FlushUnsavedBufferRequest(stream, topic, partitionId, fsync), cancellationToken, Repeat.Harmless);

    /// <summary>What is stored for a consumer; null when nothing is, or stream, topic, partition or group is missing.</summary>
    public async ValueTask<ConsumerOffsetReply?> GetConsumerOffsetAsync(
        Consumer consumer, Identifier stream, Identifier topic, uint? partitionId, CancellationToken cancellationToken = default)
    {
        var (isThere, offset) = await _server.FindAsync<GetConsumerOffsetRequest, ConsumerOffsetReply>(
            CommandCode.GetConsumerOffset, new(new(consumer, stream, topic, partitionId)), cancellationToken);
        return isThere ? offset : null;
    }

    /// <summary>Stores how far a consumer is; going back is allowed.</summary>
    /// <param name="consumer">Who.</param>
    /// <param name="stream">The stream.</param>
    /// <param name="topic">The topic.</param>
    /// <param name="partitionId">From 0; null means 0, for a group the member's current one.</param>
    /// <param name="offset">Of the last message handled.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="IggyException"><see cref="IggyError.InvalidOffset"/> above the partition's last message, among others.</exception>
    public ValueTask StoreConsumerOffsetAsync(
        Consumer consumer, Identifier stream, Identifier topic, uint? partitionId, ulong offset, CancellationToken cancellationToken = default)
    {
        var request = new StoreConsumerOffsetRequest(new(consumer, stream, topic, partitionId), offset);
        return ClientOperation.IsOn ? StoreTracedAsync(request, cancellationToken) : DoAsync(request, cancellationToken, Repeat.Harmless);
    }

    /// <summary>Forgets how far a consumer was.</summary>
    public ValueTask DeleteConsumerOffsetAsync(
        Consumer consumer, Identifier stream, Identifier topic, uint? partitionId, CancellationToken cancellationToken = default) =>
        DoAsync(new DeleteConsumerOffsetRequest(new(consumer, stream, topic, partitionId)), cancellationToken);

    /// <summary>Waits for messages at the server; null where that is not possible or not wanted.</summary>
    internal IArrivals? Arrivals => _server.Arrivals;

    private ValueTask<PolledMessages> PollPlainAsync(PollMessagesRequest request, CancellationToken cancellationToken)
    {
        var polling = _server.PollAsync(request, cancellationToken);
        return _cipher is null ? polling : DecryptAsync(polling, _cipher);
    }

    private static async ValueTask<PolledMessages> DecryptAsync(ValueTask<PolledMessages> polling, MessageCipher cipher)
    {
        using var encrypted = await polling;
        return encrypted.Decrypt(cipher);
    }
}
