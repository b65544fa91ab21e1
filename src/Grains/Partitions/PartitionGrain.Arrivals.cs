using Iggy.Grains.Interfaces;
using Iggy.Grains.Interfaces.Partitions;
using PartitionLog = Iggy.Storage.Log.PartitionLog;

namespace Iggy.Grains.Partitions;

/// <summary>Readers that wait for the next message, so that nobody has to ask again and again.</summary>
internal sealed partial class PartitionGrain
{
    private TaskCompletionSource? _arrival; // null while nobody waits: that is all that an append looks at

    public async ValueTask<MessageWait> WaitForMessageAsync(ulong offset, TimeSpan limit)
    {
        while (_log is null)
        {
            if (await WaitForLogAsync() is not Refusal.None and var refusal)
                return new MessageWait(refusal, 0);
        }

        if (NextOffset(_log) is var next && (next > offset || limit <= TimeSpan.Zero))
            return new MessageWait(Refusal.None, next);
        if (_ending)
            return new MessageWait(Refusal.StorageFailed, 0); // the activation ends as soon as nobody waits any more

        var arrival = _arrival ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        try
        {
            if (NextOffset(_log) <= offset) // a replica's commit moves on other threads: it may have just now
                await arrival.Task.WaitAsync(limit, clock, lifetime.ApplicationStopping);
        }
        catch (Exception over) when (over is TimeoutException or OperationCanceledException)
        {
            // Nothing came in time, or the server stops and must not wait for this: an answer like any other.
        }

        if (_log is not null)
            return new MessageWait(Refusal.None, NextOffset(_log));
        // Closed meanwhile, since nothing came; or out of order: then whoever asks next hears why.
        return new MessageWait(Refusal.None, TryGetClosed(out var summary) ? summary.Stats.NextOffset : 0);
    }

    /// <summary>Wakes everybody who waits; they look for themselves what there is. From any thread.</summary>
    private void Wake()
    {
        if (_arrival is not null)
            Interlocked.Exchange(ref _arrival, null)?.SetResult();
    }

    private ulong NextOffset(PartitionLog log)
    {
        using var held = Hold();
        return log.Stats.NextOffset;
    }
}
