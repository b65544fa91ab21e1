using System.Text.Json;
using Iggy.Client;
using Iggy.Protocol;

namespace Iggy.Examples.MarketAnalytics.Processing;

/// <summary>A member of the group that analyses trades. The group says which partitions are this member's; what was counted, the ledger says, so every trade counts
/// once: whoever dies, whichever reply gets lost, and while two members believe that a partition is theirs.</summary>
internal sealed class Processor(IggyClient client, TimeProvider clock)
{
    private const uint BatchCount = 500;
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan Wait = TimeSpan.FromMilliseconds(50);
    private static readonly Consumer Group = new(ConsumerKind.Group, new("analysts"));
    private static readonly Consumer Nobody = new(ConsumerKind.Single, new("analyst"));

    private readonly Dictionary<uint, Desk> _desks = [];

    /// <summary>Works until the caller ends it.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                await using var consumer = client.CreateConsumer(new()
                {
                    Stream = Market.Stream, Topic = Market.Trades, Consumer = Group, BatchCount = BatchCount, PollInterval = Wait,
                });
                await foreach (var (partition, current, message) in consumer.ReadAsync(cancellationToken))
                    await TakeAsync(partition, current, message, cancellationToken);
            }
            catch (IggyConnectionException)
            {
                _desks.Clear(); // what was not written down is counted again, from what was
                await Task.Delay(Pause, clock, cancellationToken);
            }
        }
    }

    private async Task TakeAsync(uint partition, ulong current, PolledMessage message, CancellationToken cancellationToken)
    {
        if (!_desks.TryGetValue(partition, out var desk))
            _desks.Add(partition, desk = await OpenAsync(partition, cancellationToken));
        if (message.Offset > desk.Analysis.State.Next) // others had the partition, or the group was told further than the ledger
        {
            _desks[partition] = desk = await OpenAsync(partition, cancellationToken);
            await FillAsync(partition, message.Offset, cancellationToken);
            desk = _desks[partition];
        }
        if (message.Offset == desk.Analysis.State.Next)
            await AddAsync(partition, desk, message, isLast: message.Offset >= current, cancellationToken);
    }

    private async Task FillAsync(uint partition, ulong end, CancellationToken cancellationToken)
    {
        while (_desks[partition] is var desk && desk.Analysis.State.Next < end)
        {
            using var missing = await client.PollMessagesAsync(
                Nobody, Market.Stream, Market.Trades, partition, PollingStrategy.FromOffset(desk.Analysis.State.Next), BatchCount, cancellationToken: cancellationToken);
            foreach (var message in missing)
            {
                if (message.Offset != desk.Analysis.State.Next || message.Offset >= end)
                    break;
                await AddAsync(partition, desk, message, isLast: message.Offset == end - 1, cancellationToken);
                if (_desks[partition] != desk)
                    break;
            }
        }
    }

    private async Task AddAsync(uint partition, Desk desk, PolledMessage message, bool isLast, CancellationToken cancellationToken)
    {
        desk.Analysis.Add(JsonSerializer.Deserialize(message.Payload.Span, MarketJson.Default.Trade)!);
        if (!isLast && desk.Analysis.State.Next - desk.From < BatchCount)
            return;
        if (await desk.Ledger.AppendAsync(desk.From, desk.Analysis.Take(), message.TimestampMicros, desk.Analysis.State, cancellationToken))
            desk.From = desk.Analysis.State.Next;
        else
            _desks[partition] = await OpenAsync(partition, cancellationToken);
    }

    private async Task<Desk> OpenAsync(uint partition, CancellationToken cancellationToken)
    {
        var ledger = new Ledger(client, partition);
        var state = await ledger.LoadAsync(cancellationToken);
        return new Desk(ledger, new Analysis(state)) { From = state.Next };
    }

    /// <summary>The work on one partition.</summary>
    private sealed class Desk(Ledger ledger, Analysis analysis)
    {
        public Ledger Ledger => ledger;

        public Analysis Analysis => analysis;

        /// <summary>The first trade that no step of the ledger holds yet.</summary>
        public ulong From { get; set; }
    }
}
