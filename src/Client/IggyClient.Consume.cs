using System.Runtime.CompilerServices;
using Iggy.Protocol;

namespace Iggy.Client;

public sealed partial class IggyClient
{
    /// <summary>Makes a consumer of single messages, alone or in a group. Nothing is asked of the server before it reads.</summary>
    public IggyConsumer CreateConsumer(ConsumerOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        return new(this, options, _clock);
    }

    /// <summary>Makes a producer that sends in the background.</summary>
    /// <exception cref="ArgumentException">A setting can't work.</exception>
    public IggyProducer CreateProducer(ProducerOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        return new(this, options, _clock);
    }

    /// <summary>Reads one partition batch by batch, each poll after the last message of the one before.</summary>
    /// <param name="options">What to read and how.</param>
    /// <param name="cancellationToken">Ends the loop with <see cref="OperationCanceledException"/>.</param>
    /// <returns>Batches with at least one message. Each lives until the next is asked for, so copy what is kept.</returns>
    public async IAsyncEnumerable<PolledMessages> ConsumeAsync(ConsumeOptions options, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        var strategy = options.Start;
        var arrivals = new ArrivalWait(this, options.Stream, options.Topic, options.PollInterval);
        while (true)
        {
            ulong last;
            using (var messages = await PollMessagesAsync(
                options.Consumer, options.Stream, options.Topic, options.PartitionId, strategy, options.BatchCount, options.Commit is CommitMode.OnPoll, cancellationToken))
            {
                if (messages.Count == 0)
                {
                    if (!options.Follow)
                        yield break;
                    arrivals.Found(messages, strategy);
                    await arrivals.WaitAsync(ArrivalWait.Longest, 1, cancellationToken);
                    continue;
                }
                arrivals.Came();
                last = LastOffset(messages);
                yield return messages;
            }
            if (options.Commit is CommitMode.AfterBatch)
                await StoreConsumerOffsetAsync(options.Consumer, options.Stream, options.Topic, options.PartitionId, last, cancellationToken);
            strategy = PollingStrategy.FromOffset(last + 1);
        }
    }

    /// <summary>What time it is for this client.</summary>
    internal TimeProvider Clock => _clock;

    private static ulong LastOffset(PolledMessages messages)
    {
        var last = 0UL;
        foreach (var message in messages)
            last = message.Offset;
        return last;
    }
}
