using System.Runtime.CompilerServices;
using Iggy.Client;
using Iggy.Protocol;

namespace Iggy.Cli.Messages;

/// <summary>Reads a topic as a member of a consumer group, which is made where it is missing. What the caller has handled is stored before more is asked for:
/// the server reads on behind that.</summary>
internal sealed class GroupReader(IggyClient client, ReadPlan plan, TimeProvider clock)
{
    // Losses of the membership one after the other before it gives up.
    private const int MostLosses = 5;

    private static readonly TimeSpan _pause = TimeSpan.FromMilliseconds(100);

    private readonly BatchSize _batch = new();
    private uint _partitions = 1;
    private int _losses;

    /// <summary>Batches of the partitions that this member has, until the count is reached or, unless following, none has anything more.</summary>
    /// <returns>As for <see cref="TopicReader"/>.</returns>
    public async IAsyncEnumerable<PolledMessages> ReadAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await JoinAsync(cancellationToken);
        var left = plan.Count ?? ulong.MaxValue;
        for (var empty = 0u; left > 0;)
        {
            using var messages = await PollAsync((uint)Math.Min(left, _batch.Count), cancellationToken);
            if (messages.Count == 0)
            {
                // The server goes round the partitions: only so many empty polls say that there is nothing.
                if (++empty < _partitions)
                    continue;
                if (!plan.Follow)
                    break;
                empty = 0;
                await Task.Delay(_pause, clock, cancellationToken);
                continue;
            }
            (empty, left) = (0, left - Math.Min(left, (ulong)messages.Count));
            _batch.Learn(messages);
            var last = TopicReader.LastOffset(messages);
            yield return messages;
            await StoreAsync(messages.PartitionId, last, cancellationToken);
        }
        await client.LeaveConsumerGroupAsync(plan.Stream, plan.Topic, plan.Consumer.Id, cancellationToken);
    }

    private async Task JoinAsync(CancellationToken cancellationToken)
    {
        try
        {
            await client.JoinConsumerGroupAsync(plan.Stream, plan.Topic, plan.Consumer.Id, cancellationToken);
        }
        catch (IggyException e) when (e.Error is IggyError.ConsumerGroupIdNotFound && plan.Consumer.Id.Name is not null)
        {
            await CreateAsync(plan.Consumer.Id.Name, cancellationToken);
            await client.JoinConsumerGroupAsync(plan.Stream, plan.Topic, plan.Consumer.Id, cancellationToken);
        }
        var group = await client.GetConsumerGroupAsync(plan.Stream, plan.Topic, plan.Consumer.Id, cancellationToken);
        _partitions = Math.Max(group?.Group.PartitionsCount ?? 1, 1);
    }

    private async Task CreateAsync(string name, CancellationToken cancellationToken)
    {
        try
        {
            await client.CreateConsumerGroupAsync(plan.Stream, plan.Topic, name, cancellationToken);
        }
        catch (IggyException e) when (e.Error is IggyError.ConsumerGroupNameAlreadyExists)
        {
            return; // another member was quicker: the group is there, as wanted
        }
    }

    private async ValueTask<PolledMessages> PollAsync(uint count, CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                var messages = await client.PollMessagesAsync(plan.Consumer, plan.Stream, plan.Topic, null, PollingStrategy.Next, count, cancellationToken: cancellationToken);
                _losses = 0;
                return messages;
            }
            catch (IggyException e) when (IsLost(e.Error) && ++_losses < MostLosses)
            {
                await JoinAsync(cancellationToken);
            }
        }
    }

    private async Task StoreAsync(uint partition, ulong offset, CancellationToken cancellationToken)
    {
        try
        {
            await client.StoreConsumerOffsetAsync(plan.Consumer, plan.Stream, plan.Topic, partition, offset, cancellationToken);
        }
        catch (IggyException e) when (IsLost(e.Error) || e.Error is IggyError.NotResolvedConsumer or IggyError.ConsumerGroupPartitionNotOwned)
        {
            return; // another member has the partition now and reads it from its stored offset, so that these messages come again there
        }
    }

    private static bool IsLost(IggyError error) => error is IggyError.ConsumerGroupMemberNotFound or IggyError.StaleClient;
}
