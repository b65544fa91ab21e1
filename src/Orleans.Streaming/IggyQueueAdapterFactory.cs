using System.Collections.Concurrent;
using Iggy.Client;
using Iggy.Protocol;
using Iggy.Protocol.Classic;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans.Providers;
using Orleans.Providers.Streams.Common;
using Orleans.Streams;

namespace Iggy.Orleans.Streaming;

/// <summary>One provider on one silo or client: its connection, and the queues this silo reads.</summary>
internal sealed class IggyQueueAdapterFactory(string name, IggyStreamOptions options, TimeProvider clock, ILoggerFactory logs) : IQueueAdapterFactory, IQueueAdapterCache, IControllable, IAsyncDisposable
{
    /// <summary>Has the silo that reads a stream look for its subscriptions; see <see cref="IggyStreamWakeUp"/>.</summary>
    public const int WakeUpCommand = (int)PersistentStreamProviderCommand.AdapterFactoryCommandStartRange;

    private readonly ConcurrentDictionary<QueueId, PartitionQueue> _queues = new(); // one for each partition
    private readonly CancellationTokenSource _stop = new();
    private IggyClient? _client;
    private PartitionQueueMapper? _mapper;

    public static IggyQueueAdapterFactory Create(IServiceProvider services, string name) => new(
        name,
        services.GetRequiredService<IOptionsMonitor<IggyStreamOptions>>().Get(name),
        services.GetService<TimeProvider>() ?? TimeProvider.System,
        services.GetRequiredService<ILoggerFactory>());

    public Task<IQueueAdapter> CreateAdapter() => CreateAdapter(CancellationToken.None);

    public async Task<IQueueAdapter> CreateAdapter(CancellationToken cancellationToken)
    {
        _client = await IggyClient.ConnectAsync(options.ToClientOptions(), cancellationToken);
        var topic = await _client.GetTopicAsync(options.StreamId, options.TopicId, cancellationToken);
        if (topic is null && options.CreatePartitions > 0)
            topic = await MakeTopicAsync(_client, cancellationToken);
        if (topic is null or { Partitions.IsEmpty: true })
            throw new OrleansConfigurationException($"Stream provider {name}: the server has no topic {options.Topic} with partitions in {options.Stream}; {nameof(options.CreatePartitions)} makes it.");
        _mapper = new(name, (uint)topic.Partitions.Length);
        return new IggyQueueAdapter(name, options, _client, CreateReceiver);
    }

    public IQueueAdapterCache GetQueueAdapterCache() => this;

    public IStreamQueueMapper GetStreamQueueMapper() => _mapper ?? throw new InvalidOperationException("The adapter is made first.");

    public Task<IStreamFailureHandler> GetDeliveryFailureHandler(QueueId queueId) => Task.FromResult<IStreamFailureHandler>(new NoOpStreamDeliveryFailureHandler());

    /// <summary>Orleans makes the queue first, then what fills it.</summary>
    public IQueueCache CreateQueueCache(QueueId queueId) => _queues[queueId] = new PartitionQueue(name, options, clock);

    public Task<object?> ExecuteCommand(int command, object? arg)
    {
        if (command != WakeUpCommand || arg is not StreamId stream)
            throw new ArgumentException($"{command} is no command of this provider.", nameof(command));
        if (_mapper is { } mapper && _queues.TryGetValue(mapper.GetQueueForStream(stream), out var queue))
            queue.Wake(stream);
        return Task.FromResult<object?>(null);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        if (_client is { } client)
            await client.DisposeAsync();
        _stop.Dispose();
    }

    private PartitionReceiver CreateReceiver(QueueId queue) =>
        new(_client!, options, name, queue.GetNumericId(), _queues[queue], clock, logs.CreateLogger<PartitionReceiver>(), _stop.Token);

    // Silos start side by side: whoever comes second finds it made.
    private async Task<TopicDetails?> MakeTopicAsync(IggyClient client, CancellationToken cancellationToken)
    {
        try
        {
            if (await client.GetStreamAsync(options.StreamId, cancellationToken) is null)
                await client.CreateStreamAsync(options.Stream, cancellationToken);
        }
        catch (IggyException e) when (e.Error is IggyError.StreamNameAlreadyExists)
        {
            return await MakeTopicAsync(client, cancellationToken);
        }
        try
        {
            return await client.CreateTopicAsync(options.StreamId, options.Topic, options.CreatePartitions, cancellationToken: cancellationToken);
        }
        catch (IggyException e) when (e.Error is IggyError.TopicNameAlreadyExists)
        {
            return await client.GetTopicAsync(options.StreamId, options.TopicId, cancellationToken);
        }
    }
}
