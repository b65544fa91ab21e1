using Iggy.Protocol;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Polly;
using Polly.Retry;

namespace Iggy.Client.Hosting;

/// <summary>Runs the members of one registered consumer until the application stops.</summary>
internal sealed partial class ConsumerService<THandler>(
    IggyConsumerOptions options, IServiceProvider services, TimeProvider clock, ILogger<ConsumerService<THandler>> logger) : BackgroundService
    where THandler : class, IIggyMessageHandler
{
    private readonly CancellationTokenSource _drained = new(); // cancelled when the message at hand had its time
    private readonly ResiliencePipeline _attempts = Attempts(options, clock);

    /// <inheritdoc/>
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        _drained.CancelAfter(options.DrainTimeout);
        await base.StopAsync(cancellationToken);
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        base.Dispose();
        _drained.Dispose();
    }

    /// <inheritdoc/>
    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        Task.WhenAll(Enumerable.Range(0, options.Members).Select(_ => RunMemberAsync(stoppingToken)));

    // The server knows members by their connections, so each has its own. Whatever ends its loop is told, and it begins anew behind what is stored.
    private async Task RunMemberAsync(CancellationToken stopping)
    {
        var connect = IggyServiceCollectionExtensions.OptionsOf(services, options.ClientKey ?? Options.DefaultName);
        for (var delay = options.FirstRetryDelay; !stopping.IsCancellationRequested;)
        {
            var started = clock.GetTimestamp();
            try
            {
                await ReadAsync(connect, stopping);
            }
            catch (OperationCanceledException) when (stopping.IsCancellationRequested)
            {
                return;
            }
            catch (Exception failed)
            {
                LogStopped(logger, failed, options.Stream, options.Topic, options.Group);
            }
            if (clock.GetElapsedTime(started) > options.MaxRetryDelay)
                delay = options.FirstRetryDelay; // it went well for long: this is another trouble
            await Task.Delay(delay, clock, stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing); // the loop looks whether it goes on
            delay = delay * 2 < options.MaxRetryDelay ? delay * 2 : options.MaxRetryDelay;
        }
    }

    private async Task ReadAsync(IggyClientOptions connect, CancellationToken stopping)
    {
        await using var client = IggyClient.Create(connect);
        var deadLetters = new DeadLetters(options);
        await using var consumer = client.CreateConsumer(new()
        {
            Stream = Identifier.FromText(options.Stream),
            Topic = Identifier.FromText(options.Topic),
            Consumer = new(ConsumerKind.Group, new(options.Group)),
            BatchCount = (uint)options.BatchCount,
            PollInterval = options.PollInterval,
            Commit = AutoCommit.AfterAll.OrAt(TimeSpan.FromSeconds(1)),
        });
        await (options.Parallelism == 1 ? consumer.HandleAsync(Handle, stopping) : consumer.HandleAsync(options.Parallelism, options.Key!, Handle, stopping));

        ValueTask Handle(ConsumedMessage message, CancellationToken token)
        {
            token.ThrowIfCancellationRequested(); // no further one of the batch once the application stops
            return HandleAsync(client, deadLetters, message);
        }
    }

    private async ValueTask HandleAsync(IggyClient client, DeadLetters deadLetters, ConsumedMessage message)
    {
        var attempts = 0;
        try
        {
            await _attempts.ExecuteAsync(
                async token =>
                {
                    attempts++;
                    await using var scope = services.CreateAsyncScope();
                    await scope.ServiceProvider.GetRequiredService<THandler>().HandleAsync(message, token);
                },
                _drained.Token);
        }
        catch (Exception failed) when (options.DeadLetters && !_drained.IsCancellationRequested)
        {
            await deadLetters.SendAsync(client, message, attempts, failed, _drained.Token);
            LogSetAside(logger, failed, options.Topic, message.PartitionId, message.Message.Offset, options.DeadLetterTopicName, attempts);
        }
    }

    private static ResiliencePipeline Attempts(IggyConsumerOptions options, TimeProvider clock)
    {
        var pipeline = new ResiliencePipelineBuilder { TimeProvider = clock };
        if (options.MaxAttempts > 1)
        {
            pipeline.AddRetry(new RetryStrategyOptions
            {
                MaxRetryAttempts = options.MaxAttempts - 1,
                BackoffType = DelayBackoffType.Exponential,
                UseJitter = true,
                Delay = options.FirstRetryDelay,
                MaxDelay = options.MaxRetryDelay,
                ShouldHandle = static outcome => new(outcome.Outcome.Exception is not null), // a wait that is cancelled ends the whole by itself
            });
        }
        return pipeline.Build();
    }

    [LoggerMessage(5000, LogLevel.Warning, "Reading {Stream}/{Topic} as {Group} ended and begins again")]
    private static partial void LogStopped(ILogger logger, Exception exception, string stream, string topic, string group);

    [LoggerMessage(5001, LogLevel.Error, "A message of {Topic}, partition {Partition}, offset {Offset}, went to {DeadLetterTopic} after {Attempts} attempts")]
    private static partial void LogSetAside(ILogger logger, Exception exception, string topic, uint partition, ulong offset, string deadLetterTopic, int attempts);
}
