using System.Threading.Channels;
using Iggy.Client;
using Iggy.Protocol;
using Microsoft.Extensions.Logging;
using Orleans.Streams;

namespace Iggy.Orleans.Streaming;

/// <summary>Reads one partition for the pulling agent that owns it: follows its end, reads again for subscriptions that are behind, stores how far all are.</summary>
internal sealed partial class PartitionReceiver : IQueueAdapterReceiver, IDisposable
{
    // Polls in memory that the agent has not taken.
    private const int MaxPolls = 2;

    // Polls of one subscription in a row, so that all come to their turn.
    private const int MaxPollsOfAReader = 16;

    private static readonly TimeSpan _longestWait = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan _roomWait = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan _retryDelay = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan _lookInterval = TimeSpan.FromSeconds(10); // whether the topic is the same still
    private static readonly TimeSpan _behindInterval = TimeSpan.FromMinutes(1); // streams without a sign of life are forgotten by Orleans after 30

    private readonly IggyClient _client;
    private readonly IggyStreamOptions _options;
    private readonly uint _partition;
    private readonly PartitionQueue _queue;
    private readonly TimeProvider _clock;
    private readonly ILogger _logger;
    private readonly Consumer _consumer;
    private readonly string _namespace;
    private readonly Channel<IList<IBatchContainer>> _polls = Channel.CreateBounded<IList<IBatchContainer>>(MaxPolls);
    private readonly SemaphoreSlim _readers;
    private readonly CancellationTokenSource _stop;
    private readonly CancellationToken _stopped;
    private Task _following = Task.CompletedTask;
    private (ulong Incarnation, ulong Offset) _stored; // exclusive, as the queue counts
    private long _storedAt;
    private long _wokenAt;

    public PartitionReceiver(IggyClient client, IggyStreamOptions options, string provider, uint partition, PartitionQueue queue, TimeProvider clock, ILogger logger, CancellationToken stop)
    {
        (_client, _options, _partition, _queue, _clock, _logger) = (client, options, partition, queue, clock, logger);
        _consumer = new(ConsumerKind.Single, new(options.Consumer ?? $"orleans-{provider}"));
        _namespace = options.Namespace ?? options.Topic;
        _readers = new(options.MaxReaders);
        _stop = CancellationTokenSource.CreateLinkedTokenSource(stop);
        _stopped = _stop.Token;
        _storedAt = _wokenAt = clock.GetTimestamp();
        queue.StartRead = cursor => _ = Task.Run(() => ReadAsync(cursor));
    }

    public Task Initialize(TimeSpan timeout)
    {
        _following = Task.Run(FollowAsync);
        return Task.CompletedTask;
    }

    public Task<IList<IBatchContainer>> GetQueueMessagesAsync(int maxCount) => GetQueueMessagesAsync(maxCount, CancellationToken.None);

    /// <summary>Waits for messages, or for subscriptions that have something to read.</summary>
    public async Task<IList<IBatchContainer>> GetQueueMessagesAsync(int maxCount, CancellationToken cancellationToken)
    {
        var started = _clock.GetTimestamp();
        while (!cancellationToken.IsCancellationRequested && !_stopped.IsCancellationRequested && _clock.GetElapsedTime(started) < _longestWait)
        {
            var changed = _queue.Changed;
            if (_clock.GetElapsedTime(_wokenAt) >= _behindInterval)
            {
                _wokenAt = _clock.GetTimestamp();
                _queue.WakeThoseBehind();
            }
            if (_queue.TakeWakeUps() is { Count: > 0 } wakeUps)
                return wakeUps;
            var hasRoom = _queue.HasRoom();
            if (hasRoom && _polls.Reader.TryRead(out var messages))
                return messages;
            if (_clock.GetElapsedTime(_storedAt) >= _options.CheckpointInterval)
                await StoreAsync(_queue.Delivered(), cancellationToken);
            await changed.WaitAsync(hasRoom ? _options.CheckpointInterval : _roomWait, _clock, cancellationToken)
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext); // the loop looks what it was
        }
        return [];
    }

    // How far all are is asked of the queue itself.
    public Task MessagesDeliveredAsync(IList<IBatchContainer> messages) => Task.CompletedTask;

    public async Task Shutdown(TimeSpan timeout)
    {
        await _stop.CancelAsync();
        await _following;
        for (var i = 0; i < _options.MaxReaders; i++)
            await _readers.WaitAsync(CancellationToken.None); // whoever reads has ended then
        if (_queue.AtShutdown is { } delivered)
            await StoreAsync(delivered, CancellationToken.None).WaitAsync(timeout, _clock);
        Dispose();
    }

    public void Dispose()
    {
        _readers.Dispose();
        _stop.Dispose();
    }

    private async Task StoreAsync((ulong Incarnation, ulong Offset) delivered, CancellationToken cancellationToken)
    {
        _storedAt = _clock.GetTimestamp();
        if (delivered.Incarnation == 0 || delivered.Offset == 0 || (delivered.Incarnation == _stored.Incarnation && delivered.Offset <= _stored.Offset))
            return;
        try
        {
            await _client.StoreConsumerOffsetAsync(_consumer, _options.StreamId, _options.TopicId, _partition, delivered.Offset - 1, cancellationToken);
            _stored = delivered;
        }
        catch (Exception e) when (e is IggyException or TimeoutException)
        {
            LogNotStored(_logger, e, _options.Topic, _partition, delivered.Offset - 1); // the next interval tries again
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return; // the agent ends; it stores once more then
        }
    }

    // Follows the end of the partition until the agent ends, whatever happens to the server and the topic meanwhile.
    private async Task FollowAsync()
    {
        (ulong Incarnation, ulong Offset) next = default;
        while (!_stopped.IsCancellationRequested)
        {
            try
            {
                var incarnation = await IncarnationAsync();
                if (incarnation != next.Incarnation)
                {
                    next = (incarnation, next.Incarnation == 0 ? await FirstAsync() : 0);
                    _stored = _stored.Incarnation == 0 ? next : _stored;
                    _queue.Begin(incarnation, next.Offset);
                }
                using var other = CancellationTokenSource.CreateLinkedTokenSource(_stopped);
                var looking = CancelIfOtherAsync(incarnation, other);
                try
                {
                    var options = new ConsumeOptions
                    {
                        Stream = _options.StreamId, Topic = _options.TopicId, PartitionId = _partition, Consumer = _consumer,
                        Start = PollingStrategy.FromOffset(next.Offset), BatchCount = _options.BatchCount, Follow = true,
                    };
                    await foreach (var poll in _client.ConsumeAsync(options, other.Token))
                    {
                        var messages = new List<IBatchContainer>(poll.Count);
                        foreach (var message in poll)
                        {
                            messages.Add(PartitionQueue.Copy(message, StreamHeaders.StreamOf(message, _partition, _namespace), incarnation));
                            next.Offset = message.Offset + 1;
                        }
                        await _polls.Writer.WriteAsync(messages, other.Token);
                        _queue.Pulse();
                    }
                }
                finally
                {
                    await other.CancelAsync();
                    await looking;
                }
            }
            catch (OperationCanceledException)
            {
                continue; // the end, or another history of the topic
            }
            catch (Exception e) when (e is IggyException or TimeoutException)
            {
                LogNotRead(_logger, e, _options.Topic, _partition);
                await Task.Delay(_retryDelay, _clock, _stopped).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing); // the loop looks whether it goes on
            }
        }
    }

    private async Task CancelIfOtherAsync(ulong incarnation, CancellationTokenSource other)
    {
        while (!other.IsCancellationRequested)
        {
            try
            {
                await Task.Delay(_lookInterval, _clock, other.Token);
                if (await IncarnationAsync() != incarnation)
                    await other.CancelAsync();
            }
            catch (OperationCanceledException)
            {
                return;
            }
            catch (Exception e) when (e is IggyException or TimeoutException)
            {
                LogNotRead(_logger, e, _options.Topic, _partition);
            }
        }
    }

    private async Task<ulong> IncarnationAsync()
    {
        var topic = await _client.GetTopicAsync(_options.StreamId, _options.TopicId, _stopped)
            ?? throw new IggyException(IggyError.TopicIdNotFound, $"There is no topic {_options.Topic} in {_options.Stream}.");
        foreach (var partition in topic.Partitions)
        {
            if (partition.Id == _partition)
                return partition.CreatedAtMicros;
        }
        throw new IggyException(IggyError.PartitionNotFound, $"{_options.Topic} has no partition {_partition}.");
    }

    private async Task<ulong> FirstAsync()
    {
        if (await _client.GetConsumerOffsetAsync(_consumer, _options.StreamId, _options.TopicId, _partition, _stopped) is { } stored)
            return stored.StoredOffset + 1;
        using var poll = await _client.PollMessagesAsync(
            _consumer, _options.StreamId, _options.TopicId, _partition, _options.StartAtFirst ? PollingStrategy.First : PollingStrategy.Last, 1, cancellationToken: _stopped);
        foreach (var message in poll)
            return _options.StartAtFirst ? message.Offset : message.Offset + 1;
        return 0;
    }

    // For one subscription that is behind what lies in memory.
    private async Task ReadAsync(QueueCursor cursor)
    {
        if (_stopped.IsCancellationRequested)
            return;
        try
        {
            await _readers.WaitAsync(_stopped);
            try
            {
                var incarnation = _queue.Incarnation;
                for (var polls = 0; polls < MaxPollsOfAReader; polls++)
                {
                    using var found = await _client.PollMessagesAsync(
                        _consumer, _options.StreamId, _options.TopicId, _partition, _queue.NextRead(cursor), _options.BatchCount, cancellationToken: _stopped);
                    var isEnough = _queue.TakeRead(cursor, found, incarnation, _partition, _namespace);
                    if (isEnough is null)
                        await Task.Delay(_retryDelay, _clock, _stopped); // the server knows of less than it did: the topic is another one, or will be
                    if (isEnough is not false)
                        break;
                }
            }
            finally
            {
                _readers.Release();
            }
        }
        catch (OperationCanceledException)
        {
            return; // the agent ends
        }
        catch (Exception e) when (e is IggyException or TimeoutException)
        {
            LogNotRead(_logger, e, _options.Topic, _partition);
            await Task.Delay(_retryDelay, _clock, _stopped).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
        _queue.EndRead(cursor); // it is asked for again where nothing came of it
    }

    [LoggerMessage(5100, LogLevel.Warning, "Reading {Topic}, partition {Partition}, for Orleans streams failed and is tried again")]
    private static partial void LogNotRead(ILogger logger, Exception exception, string topic, uint partition);

    [LoggerMessage(5101, LogLevel.Warning, "How far subscriptions of {Topic}, partition {Partition}, are ({Offset}) could not be stored and is tried again")]
    private static partial void LogNotStored(ILogger logger, Exception exception, string topic, uint partition, ulong offset);
}
