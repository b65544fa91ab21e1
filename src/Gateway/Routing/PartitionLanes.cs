using Iggy.Grains.Interfaces.Partitions;

namespace Iggy.Gateway.Routing;

/// <summary>Sends of one connection that has several under way: those for one partition reach it in the order in which they came.</summary>
/// <remarks>Nothing promises that two calls to a grain arrive in the order in which they were made, least of all while it is not active yet. So only one is under
/// way for each partition, and what comes meanwhile goes together in the next one. Bounded by what one connection may have under way.</remarks>
internal sealed class PartitionLanes
{
    private readonly Lock _lock = new();
    private readonly Dictionary<RoutedPartition, List<WaitingSend>> _waiting = []; // of each partition that a call is under way to

    /// <summary>Partitions with a call under way.</summary>
    public int Count
    {
        get
        {
            lock (_lock)
                return _waiting.Count;
        }
    }

    /// <summary>The place of one send, to be taken in the order of arrival.</summary>
    public LaneTicket NewTicket() => new(this);

    /// <summary>As <see cref="RoutedPartition.AppendAsync"/>, behind what was handed in before for the partition.</summary>
    public ValueTask<AppendResult> AppendAsync(RoutedPartition partition, MessageBatch batch)
    {
        lock (_lock)
        {
            if (_waiting.TryGetValue(partition, out var others))
            {
                var waiting = new WaitingSend(batch);
                others.Add(waiting);
                return new(waiting.Task);
            }
            _waiting.Add(partition, []);
        }
        return AppendFirstAsync(partition, batch);
    }

    private async ValueTask<AppendResult> AppendFirstAsync(RoutedPartition partition, MessageBatch batch)
    {
        try
        {
            return await partition.AppendAsync(batch);
        }
        finally
        {
            _ = AppendWaitingAsync(partition);
        }
    }

    // Never fails: each send hears for itself what became of it.
    private async Task AppendWaitingAsync(RoutedPartition partition)
    {
        while (TakeWaiting(partition) is { } sends)
        {
            if (!partition.IsElsewhere)
                await AppendTogetherAsync(partition.Grain, sends);
            else
                foreach (var send in sends) // together they may be more than a call between servers bears
                    await AppendOneAsync(partition, send);
        }
    }

    private static async Task AppendTogetherAsync(IPartitionGrain partition, List<WaitingSend> sends)
    {
        try
        {
            var answers = await partition.AppendManyAsync([.. sends.Select(static send => send.Batch)]);
            for (var i = 0; i < sends.Count; i++)
                sends[i].SetResult(answers[i]);
        }
        catch (Exception failure)
        {
            foreach (var send in sends)
                send.TrySetException(failure);
        }
    }

    private static async Task AppendOneAsync(RoutedPartition partition, WaitingSend send)
    {
        try
        {
            send.SetResult(await partition.AppendAsync(send.Batch));
        }
        catch (Exception failure)
        {
            send.SetException(failure);
        }
    }

    private List<WaitingSend>? TakeWaiting(RoutedPartition partition)
    {
        lock (_lock)
        {
            var sends = _waiting[partition];
            if (sends.Count > 0)
                _waiting[partition] = [];
            else
                _waiting.Remove(partition);
            return sends.Count > 0 ? sends : null;
        }
    }

    private sealed class WaitingSend(MessageBatch batch) : TaskCompletionSource<AppendResult>(TaskCreationOptions.RunContinuationsAsynchronously)
    {
        public MessageBatch Batch { get; } = batch;
    }
}

/// <summary>The place of one send among those of its connection: whoever reads the next one waits until this one has taken it.</summary>
internal sealed class LaneTicket(PartitionLanes lanes)
{
    private readonly TaskCompletionSource _taken = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Done when the send is on its way, or over.</summary>
    public Task Taken => _taken.Task;

    /// <summary>Takes the place.</summary>
    public ValueTask<AppendResult> AppendAsync(RoutedPartition partition, MessageBatch batch)
    {
        var appending = lanes.AppendAsync(partition, batch);
        Leave();
        return appending;
    }

    /// <summary>There is nothing to wait for: the send was refused before, or is over.</summary>
    public void Leave() => _taken.TrySetResult();
}
