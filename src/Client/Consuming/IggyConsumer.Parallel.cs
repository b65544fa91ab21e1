using Iggy.Client.Telemetry;

namespace Iggy.Client;

/// <summary>Handling side by side, with the order of each key kept.</summary>
public sealed partial class IggyConsumer
{
    /// <summary>Most messages that are handled side by side.</summary>
    public const int MaxParallelism = 256;

    /// <summary>As <see cref="HandleAsync(Func{ConsumedMessage, CancellationToken, ValueTask}, CancellationToken)"/>, but handles up to so many messages of a batch side by
    /// side: those of one key one after the other, in their order. A batch is over when all of it is handled; only then the next one begins.</summary>
    /// <param name="parallelism">1 to <see cref="MaxParallelism"/>.</param>
    /// <param name="keyOf">What must stay in order among itself. Keys that leave the same rest when divided by <paramref name="parallelism"/> share a lane.</param>
    /// <param name="handler">Gets the message, valid until it ends. Its failure ends the loop when the others at hand have ended; no further ones are begun. What stands in front of
    /// the first message that is not handled counts as handled, all from it on comes again, also what was handled behind it.</param>
    /// <param name="cancellationToken">Ends the loop with <see cref="OperationCanceledException"/>.</param>
    /// <exception cref="InvalidOperationException">Another loop reads.</exception>
    /// <exception cref="IggyException">The server refused, or is out of reach for longer than the client tries.</exception>
    public async Task HandleAsync(
        int parallelism, Func<ConsumedMessage, ulong> keyOf, Func<ConsumedMessage, CancellationToken, ValueTask> handler, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(parallelism, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(parallelism, MaxParallelism);
        ArgumentNullException.ThrowIfNull(keyOf);
        ArgumentNullException.ThrowIfNull(handler);
        var lanes = new List<ConsumedMessage>[parallelism];
        for (var i = 0; i < lanes.Length; i++)
            lanes[i] = [];
        await foreach (var batch in BatchesAsync(cancellationToken))
        {
            foreach (var message in batch.Messages)
            {
                if (!IsWanted(batch, message.Offset))
                    continue;
                var consumed = Consumed(batch, message);
                lanes[keyOf(consumed) % (ulong)parallelism].Add(consumed);
                batch.Handed++;
            }
            await HandleAsync(batch, lanes, handler, cancellationToken);
        }
    }

    private async Task HandleAsync(ConsumedBatch batch, List<ConsumedMessage>[] lanes, Func<ConsumedMessage, CancellationToken, ValueTask> handler, CancellationToken cancellationToken)
    {
        var (failed, stoppedAt) = (0, new ulong[lanes.Length]); // offsets that lanes did not get past
        var all = Task.WhenAll(Enumerable.Range(0, lanes.Length).Where(lane => lanes[lane].Count > 0).Select(RunAsync).ToArray());
        await all.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

        var firstLeft = ulong.MaxValue;
        for (var lane = 0; lane < lanes.Length; lane++)
        {
            firstLeft = Math.Min(firstLeft, lanes[lane].Count > 0 ? stoppedAt[lane] : ulong.MaxValue);
            lanes[lane].Clear();
        }
        foreach (var message in batch.Messages)
        {
            // Noted whoever has cancelled meanwhile: it was handled.
            if (message.Offset < firstLeft && (batch.Turn.Partition is not null || !_progress.WasSeen(batch.Messages.PartitionId, message.Offset)))
                await HandledAsync(batch.Turn, batch.Messages.PartitionId, message.Offset, CancellationToken.None);
        }
        await all;

        async Task RunAsync(int lane)
        {
            await Task.Yield(); // side by side from the first message on
            foreach (var message in lanes[lane])
            {
                stoppedAt[lane] = message.Message.Offset;
                if (Volatile.Read(ref failed) != 0)
                    return;
                try
                {
                    if (ClientOperation.IsOn)
                        await HandleTracedAsync(message, handler, cancellationToken);
                    else
                        await handler(message, cancellationToken);
                }
                catch
                {
                    Volatile.Write(ref failed, 1);
                    throw;
                }
            }
            stoppedAt[lane] = ulong.MaxValue;
        }
    }
}
