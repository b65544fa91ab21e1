using System.Runtime.CompilerServices;

namespace Iggy.Client;

/// <summary>The loop of a consumer, batch by batch.</summary>
public sealed partial class IggyConsumer
{
    // Each batch lives until the next one is asked for. Whoever reads it says how many messages of it were handed out.
    private async IAsyncEnumerable<ConsumedBatch> BatchesAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        if (Interlocked.Exchange(ref _isReading, 1) != 0)
            throw new InvalidOperationException("Another loop reads from this consumer.");
        try
        {
            // Partitions come in turns: only so many empty polls say that there is nothing.
            for (var empty = 0u; ;)
            {
                if (_assigned is { ReadCount: 0 })
                {
                    if (!_options.Follow)
                        yield break;
                    await RestAsync(cancellationToken);
                    continue;
                }

                var (turn, polled) = await NextAsync(isFlowing: empty == 0, cancellationToken);
                if (polled is not { } messages)
                    continue; // paused at this moment
                var batch = new ConsumedBatch(turn, messages);
                try
                {
                    yield return batch;
                    if (batch.Handed == 0)
                        _arrivals.Found(messages, turn.Start);
                }
                finally
                {
                    messages.Dispose();
                    _assigned?.End(turn);
                }
                if (batch.Handed > 0)
                {
                    empty = 0;
                    _arrivals.Came();
                    await EndBatchAsync(cancellationToken);
                    continue;
                }

                await StoreIfDueAsync(cancellationToken);
                if (++empty < TurnsOfARound)
                    continue;
                if (!_options.Follow)
                    yield break;
                empty = await WaitForMoreAsync(cancellationToken) ? TurnsOfARound - Math.Min(TurnsOfARound, MaxPollsOfNothing) : 0;
            }
        }
        finally
        {
            await DropAsync();
            Volatile.Write(ref _isReading, 0);
        }
    }

    // Not one that is polled again because it is not stored yet; nor one of a partition where nobody wants it now.
    private bool IsWanted(ConsumedBatch batch, ulong offset) =>
        batch.Turn.Partition is null ? !_progress.WasSeen(batch.Messages.PartitionId, offset) : _assigned!.IsCurrent(batch.Turn);

    private ConsumedMessage Consumed(ConsumedBatch batch, PolledMessage message) =>
        new(batch.Messages.PartitionId, batch.Messages.CurrentOffset, message) { Source = (_client, _options) };

    private sealed class ConsumedBatch(PartitionTurn turn, PolledMessages messages)
    {
        public PartitionTurn Turn => turn;

        public PolledMessages Messages => messages;

        public int Handed { get; set; }
    }
}
