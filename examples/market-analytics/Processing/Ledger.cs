using System.Text.Json;
using Iggy.Client;
using Iggy.Protocol;

namespace Iggy.Examples.MarketAnalytics.Processing;

/// <summary>The checkpoints of a partition, which lie in a partition of their own. A log has one order, and that decides: of two writers who go on from the same step the
/// first one's step counts, and the second one's is read over by everybody. So a member that lost its partition to another and does not know yet does no harm, and a send
/// whose reply got lost is settled by reading.</summary>
internal sealed class Ledger(IggyClient client, uint partition)
{
    private const uint LookBack = 32; // steps that do not count are rare, so the last that does is near the end
    private static readonly Consumer Nobody = new(ConsumerKind.Single, new("ledger"));

    private readonly Guid _writer = Guid.NewGuid();
    private long _number;
    private long _last = -1;

    /// <summary>The state behind the last step that counts; a new one where there is none.</summary>
    public async Task<AnalysisState> LoadAsync(CancellationToken cancellationToken)
    {
        _last = await EndAsync(cancellationToken);
        for (var end = _last; end >= 0; end -= LookBack)
        {
            AnalysisState? found = null;
            foreach (var (offset, checkpoint) in await ReadAsync(client, partition, (ulong)Math.Max(0, end - LookBack + 1), LookBack, cancellationToken))
            {
                if ((long)offset <= end && checkpoint.CountsAt(offset))
                    found = checkpoint.State;
            }
            if (found is not null)
                return found;
        }
        return new AnalysisState();
    }

    /// <summary>Adds a step.</summary>
    /// <returns>Whether it counts. If not, somebody else went on from the same state: load that.</returns>
    public async Task<bool> AppendAsync(
        ulong from, (IReadOnlyList<Candle> Candles, IReadOnlyList<Anomaly> Anomalies) made, ulong appendedMicros, AnalysisState state, CancellationToken cancellationToken)
    {
        var checkpoint = new Checkpoint(_writer, ++_number, _last, from, made.Candles, made.Anomalies, appendedMicros, state);
        var message = new Message(JsonSerializer.SerializeToUtf8Bytes(checkpoint, MarketJson.Default.Checkpoint));
        while (true)
        {
            try
            {
                await client.SendMessageAsync(Market.Stream, Market.Analytics, Partitioning.ToPartition(partition), message, cancellationToken);
            }
            catch (IggyConnectionException e) when (e.IsOutcomeUnknown)
            {
                // It is there or not, or comes yet: then there are two of it, of which the first counts.
            }
            foreach (var (offset, there) in await ReadAsync(client, partition, (ulong)(_last + 1), LookBack, cancellationToken))
            {
                _last = (long)offset;
                if (there.Writer == _writer && there.Number == _number)
                    return there.CountsAt(offset);
                if (there.CountsAt(offset))
                    return false;
            }
        }
    }

    /// <summary>Some steps, from an offset on, whether they count or not.</summary>
    public static async Task<IReadOnlyList<(ulong Offset, Checkpoint Checkpoint)>> ReadAsync(
        IggyClient client, uint partition, ulong from, uint count, CancellationToken cancellationToken)
    {
        using var polled = await client.PollMessagesAsync(
            Nobody, Market.Stream, Market.Analytics, partition, PollingStrategy.FromOffset(from), count, cancellationToken: cancellationToken);
        var read = new List<(ulong, Checkpoint)>(polled.Count);
        foreach (var message in polled)
            read.Add((message.Offset, JsonSerializer.Deserialize(message.Payload.Span, MarketJson.Default.Checkpoint)!));
        return read;
    }

    private async Task<long> EndAsync(CancellationToken cancellationToken)
    {
        using var last = await client.PollMessagesAsync(Nobody, Market.Stream, Market.Analytics, partition, PollingStrategy.Last, 1, cancellationToken: cancellationToken);
        return last.Count == 0 ? -1 : (long)last.CurrentOffset;
    }
}
