using System.Text.Json;
using Iggy.Client;
using Iggy.Examples.MarketAnalytics.Exchange;
using Iggy.Protocol;

namespace Iggy.Examples.MarketAnalytics.Feed;

/// <summary>Sends the trades of a market, each once, whatever dies. The market can be walked again from its start, and the last trade of each partition says how far the
/// walk before it came; so nothing has to be remembered here. One feed at a time: two would tell everything twice.</summary>
/// <param name="client">The server.</param>
/// <param name="speed">Seconds of the market in one of ours.</param>
/// <param name="clock">Paces the trades.</param>
internal sealed class TradeFeed(IggyClient client, double speed, TimeProvider clock)
{
    private const int BatchCount = 500;
    private static readonly TimeSpan Beat = TimeSpan.FromMilliseconds(20); // trades that are due together leave together
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(500);
    private static readonly Consumer Nobody = new(ConsumerKind.Single, new("feed"));

    private readonly long[] _sent = new long[Market.Partitions];
    private readonly List<Trade>[] _due = [.. Enumerable.Range(0, (int)Market.Partitions).Select(static _ => new List<Trade>(BatchCount))];

    /// <summary>Sends until the market ends or the caller does.</summary>
    public async Task RunAsync(IEnumerable<MarketEvent> market, CancellationToken cancellationToken)
    {
        for (uint partition = 0; partition < Market.Partitions; partition++)
            _sent[partition] = await RepeatAsync(() => LastSequenceAsync(partition, cancellationToken), cancellationToken);

        var began = 0L;
        var firstMicros = 0L;
        foreach (var (trade, deliveryMicros, _) in market)
        {
            var partition = Market.PartitionOf(trade.Symbol);
            if (trade.Sequence <= _sent[partition])
                continue;
            if (began == 0)
                (began, firstMicros) = (clock.GetTimestamp(), deliveryMicros);
            var wait = TimeSpan.FromMicroseconds((deliveryMicros - firstMicros) / speed) - clock.GetElapsedTime(began);
            if (wait > Beat)
            {
                await FlushAsync(cancellationToken);
                await Task.Delay(wait, clock, cancellationToken);
            }
            _due[partition].Add(trade);
            if (_due[partition].Count == BatchCount)
                await FlushAsync(partition, cancellationToken);
        }
        await FlushAsync(cancellationToken);
    }

    private async Task FlushAsync(CancellationToken cancellationToken)
    {
        for (uint partition = 0; partition < Market.Partitions; partition++)
            await FlushAsync(partition, cancellationToken);
    }

    private async Task FlushAsync(uint partition, CancellationToken cancellationToken)
    {
        var due = _due[partition];
        if (due.Count == 0)
            return;
        await RepeatAsync(
            async () =>
            {
                // After a reply that did not come the partition itself says whether the batch is there: it is all there or not at all.
                if (_sent[partition] < due[0].Sequence)
                    await SendAsync(partition, due, cancellationToken);
                return 0;
            },
            cancellationToken,
            async () => _sent[partition] = await LastSequenceAsync(partition, cancellationToken));
        _sent[partition] = due[^1].Sequence;
        due.Clear();
    }

    private async Task SendAsync(uint partition, List<Trade> trades, CancellationToken cancellationToken)
    {
        var messages = new Message[trades.Count];
        for (var i = 0; i < messages.Length; i++)
            messages[i] = new Message(JsonSerializer.SerializeToUtf8Bytes(trades[i], MarketJson.Default.Trade)) { OriginTimestampMicros = (ulong)trades[i].TimeMicros };
        await client.SendMessagesAsync(Market.Stream, Market.Trades, Partitioning.ToPartition(partition), messages, cancellationToken);
    }

    private async Task<long> LastSequenceAsync(uint partition, CancellationToken cancellationToken)
    {
        using var last = await client.PollMessagesAsync(Nobody, Market.Stream, Market.Trades, partition, PollingStrategy.Last, 1, cancellationToken: cancellationToken);
        foreach (var message in last)
            return JsonSerializer.Deserialize(message.Payload.Span, MarketJson.Default.Trade)!.Sequence;
        return 0;
    }

    // A server that is away for a while is waited for: a market does not stop telling.
    private async Task<T> RepeatAsync<T>(Func<Task<T>> action, CancellationToken cancellationToken, Func<Task>? beforeAgain = null)
    {
        var isAgain = false;
        while (true)
        {
            try
            {
                if (isAgain && beforeAgain is not null)
                    await beforeAgain();
                return await action();
            }
            catch (IggyConnectionException)
            {
                isAgain = true;
                await Task.Delay(Pause, clock, cancellationToken);
            }
        }
    }
}
