using Iggy.Grains.Interfaces;
using Iggy.Grains.Interfaces.Partitions;

namespace Iggy.Gateway.Routing;

/// <summary>Those who wait for messages at this gateway: all who wait for one partition share one call into it, however many they are.</summary>
/// <remarks>A call that waits has a limit, so each would have to be made again and again for as long as its client waits. Bounded by the partitions that somebody waits for;
/// who may wait, and how many, others decide.</remarks>
internal sealed class PartitionArrivals(TimeProvider clock)
{
    // Well below the time after which calls are given up.
    private static readonly TimeSpan _longestCall = TimeSpan.FromSeconds(15);

    private readonly Lock _lock = new();
    private readonly Dictionary<IPartitionGrain, Watch> _watches = [];

    /// <summary>Partitions that somebody waits for, or did until lately.</summary>
    public int Count
    {
        get
        {
            lock (_lock)
                return _watches.Count;
        }
    }

    /// <summary>As <see cref="IPartitionGrain.WaitForMessageAsync"/>, for as long as may be.</summary>
    /// <param name="partition">Where.</param>
    /// <param name="offset">The message waited for.</param>
    /// <param name="limit">Longest wait; none or less only looks.</param>
    /// <param name="ended">Ends the wait like its limit.</param>
    public async ValueTask<MessageWait> WaitAsync(IPartitionGrain partition, ulong offset, TimeSpan limit, CancellationToken ended)
    {
        if (limit <= TimeSpan.Zero)
            return Noted(partition, await partition.WaitForMessageAsync(offset, TimeSpan.Zero));

        var started = clock.GetTimestamp();
        var watch = Join(partition);
        try
        {
            while (true)
            {
                var (latest, change) = watch.Look();
                if (latest is { } known && (known.Refusal is not Refusal.None || known.NextOffset > offset))
                    return known;
                var left = limit - clock.GetElapsedTime(started);
                if (left <= TimeSpan.Zero || ended.IsCancellationRequested)
                    return latest ?? new MessageWait(Refusal.None, 0);
                if (await EndsAsync(change, left, ended))
                    return watch.Look().Latest ?? new MessageWait(Refusal.None, 0);
            }
        }
        finally
        {
            Leave(watch);
        }
    }

    // Whether nothing more is to be waited for. A call that failed fails all who waited for it.
    private async ValueTask<bool> EndsAsync(Task<bool> change, TimeSpan left, CancellationToken ended)
    {
        try
        {
            return await change.WaitAsync(left, clock, ended);
        }
        catch (TimeoutException) when (!change.IsFaulted)
        {
            return true;
        }
        catch (OperationCanceledException) when (ended.IsCancellationRequested)
        {
            return true;
        }
    }

    private MessageWait Noted(IPartitionGrain partition, MessageWait now)
    {
        lock (_lock)
        {
            if (_watches.TryGetValue(partition, out var watch))
                watch.Tell(now);
        }
        return now;
    }

    private Watch Join(IPartitionGrain partition)
    {
        lock (_lock)
        {
            var isNew = !_watches.TryGetValue(partition, out var watch);
            watch ??= _watches[partition] = new Watch();
            watch.Waiting++;
            if (isNew)
                _ = RunAsync(partition, watch);
            return watch;
        }
    }

    private void Leave(Watch watch)
    {
        lock (_lock)
            watch.Waiting--;
    }

    // Never fails: who waits hears of it.
    private async Task RunAsync(IPartitionGrain partition, Watch watch)
    {
        var (offset, limit) = (0UL, TimeSpan.Zero); // first where the partition stands
        while (true)
        {
            var started = clock.GetTimestamp();
            MessageWait now;
            try
            {
                now = await partition.WaitForMessageAsync(offset, limit);
            }
            catch (Exception failure)
            {
                Forget(partition);
                watch.Fail(failure);
                return;
            }
            watch.Tell(now);
            // It answers early and with nothing new when it stops, or is out of order: who waits looks for himself.
            var isOver = now.Refusal is not Refusal.None || (limit > TimeSpan.Zero && now.NextOffset == offset && clock.GetElapsedTime(started) < limit / 2);
            if (isOver || !TryGoOn(partition, watch))
            {
                Forget(partition);
                watch.End();
                return;
            }
            (offset, limit) = (now.NextOffset, _longestCall);
        }
    }

    private bool TryGoOn(IPartitionGrain partition, Watch watch)
    {
        lock (_lock)
        {
            if (watch.Waiting > 0)
                return true;
            _watches.Remove(partition);
            return false;
        }
    }

    private void Forget(IPartitionGrain partition)
    {
        lock (_lock)
            _watches.Remove(partition);
    }

    private sealed class Watch
    {
        private readonly Lock _lock = new();
        private MessageWait? _latest;
        private TaskCompletionSource<bool> _change = NewChange();

        /// <summary>Under the lock of all watches.</summary>
        public int Waiting { get; set; }

        public (MessageWait? Latest, Task<bool> Change) Look()
        {
            lock (_lock)
                return (_latest, _change.Task);
        }

        public void Tell(MessageWait now)
        {
            lock (_lock)
            {
                if (_latest == now)
                    return;
                _latest = now;
                var told = _change;
                _change = NewChange();
                told.TrySetResult(false);
            }
        }

        /// <summary>Nothing more is told.</summary>
        public void End()
        {
            lock (_lock)
                _change.TrySetResult(true);
        }

        public void Fail(Exception failure)
        {
            lock (_lock)
            {
                _change.TrySetException(failure);
                _ = _change.Task.Exception; // also where nobody waits any more
            }
        }

        private static TaskCompletionSource<bool> NewChange() => new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
