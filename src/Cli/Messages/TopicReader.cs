using System.Runtime.CompilerServices;
using Iggy.Client;
using Iggy.Protocol;

namespace Iggy.Cli.Messages;

/// <summary>Reads one partition of a topic, or all of them in turns, batch by batch.</summary>
internal sealed class TopicReader(IggyClient client, ReadPlan plan, TimeProvider clock)
{
    private static readonly TimeSpan _pause = TimeSpan.FromMilliseconds(100);

    private readonly BatchSize _batch = new();
    private ulong _left = plan.Count ?? ulong.MaxValue;

    /// <summary>Batches until the count is reached or, unless following, until the end that each partition had when it was first polled.</summary>
    /// <returns>Each batch lives until the next is asked for; by asking, the caller says that it has handled the batch.</returns>
    public async IAsyncEnumerable<PolledMessages> ReadAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var open = await OpenAsync(cancellationToken);
        while (open.Count > 0 && _left > 0)
        {
            var hasMoved = false;
            foreach (var cursor in open)
            {
                var count = Math.Min(Math.Min(_left, cursor.Left), cursor.Start.Kind is PollingKind.Last ? uint.MaxValue : _batch.Count);
                if (count == 0)
                    continue;
                using var messages = await PollAsync(cursor, (uint)count, cancellationToken);
                if (messages.Count == 0)
                {
                    cursor.IsDone = !plan.Follow;
                    continue;
                }
                (hasMoved, _left) = (true, _left - Math.Min(_left, (ulong)messages.Count));
                _batch.Learn(messages);
                var last = LastOffset(messages);
                yield return messages;
                if (plan.Commit is CommitMode.AfterBatch)
                    await client.StoreConsumerOffsetAsync(plan.Consumer, plan.Stream, plan.Topic, cursor.Partition, last, cancellationToken);
                cursor.GoBehind(last, (ulong)messages.Count);
                cursor.IsDone = cursor.Left == 0 || (!plan.Follow && last >= cursor.End);
            }
            open.RemoveAll(cursor => cursor.IsDone);
            if (!hasMoved && open.Count > 0)
                await Task.Delay(_pause, clock, cancellationToken);
        }
    }

    private async Task<List<Cursor>> OpenAsync(CancellationToken cancellationToken)
    {
        var perPartition = plan.Start.Kind is PollingKind.Last ? plan.Count ?? ulong.MaxValue : ulong.MaxValue;
        if (plan.Partition is { } one)
            return [new(one, plan.Start, perPartition)];
        var topic = await client.GetTopicAsync(plan.Stream, plan.Topic, cancellationToken)
            ?? throw new CommandException(ExitCode.NotFound, $"There is no topic {plan.Topic} in a stream {plan.Stream}.");
        if (plan.Start.Kind is PollingKind.Last)
            _left = ulong.MaxValue;
        return [.. topic.Partitions.Select(partition => new Cursor(partition.Id, plan.Start, perPartition))];
    }

    private async ValueTask<PolledMessages> PollAsync(Cursor cursor, uint count, CancellationToken cancellationToken)
    {
        // The last messages of a partition are counted back from its end by the server, so they are all asked for at once; many are better counted
        // here, and read in pieces.
        if (cursor.Start.Kind is PollingKind.Last && count > BatchSize.First)
        {
            using var newest = await AskAsync(cursor, PollingStrategy.Last, 1, commits: false, cancellationToken);
            cursor.GoTo(newest.CurrentOffset >= count ? newest.CurrentOffset + 1 - count : 0);
            count = Math.Min(count, _batch.Count);
        }
        var messages = await AskAsync(cursor, cursor.Start, count, plan.Commit is CommitMode.OnPoll, cancellationToken);
        cursor.End ??= messages.CurrentOffset;
        return messages;
    }

    private ValueTask<PolledMessages> AskAsync(Cursor cursor, PollingStrategy start, uint count, bool commits, CancellationToken cancellationToken) =>
        client.PollMessagesAsync(plan.Consumer, plan.Stream, plan.Topic, cursor.Partition, start, count, commits, cancellationToken);

    /// <summary>The offset of the last message of a batch that has one.</summary>
    public static ulong LastOffset(PolledMessages messages)
    {
        var last = 0UL;
        foreach (var message in messages)
            last = message.Offset;
        return last;
    }

    private sealed class Cursor(uint partition, PollingStrategy start, ulong left)
    {
        public uint Partition => partition;

        public PollingStrategy Start { get; private set; } = start;

        public ulong Left { get; private set; } = left;

        public ulong? End { get; set; }

        public bool IsDone { get; set; }

        public void GoTo(ulong offset) => Start = PollingStrategy.FromOffset(offset);

        public void GoBehind(ulong offset, ulong count)
        {
            GoTo(offset + 1);
            Left -= Math.Min(Left, count);
        }
    }
}
