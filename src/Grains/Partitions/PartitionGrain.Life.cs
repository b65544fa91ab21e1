using Iggy.Grains.Interfaces;
using Iggy.Storage;
using PartitionLog = Iggy.Storage.Log.PartitionLog;

namespace Iggy.Grains.Partitions;

/// <summary>How the log comes and goes. Whoever needs it alone takes it out of <c>_log</c>; the others wait for <c>_busy</c> and look again.</summary>
internal sealed partial class PartitionGrain
{
    // A partition that could not be opened is tried again after this; in between every call gets the same answer at once.
    private static readonly TimeSpan s_retryAfter = TimeSpan.FromSeconds(5);

    // One that is asked here because its own server does not run looks again after this: its server may be back.
    private static readonly TimeSpan s_notHereFor = TimeSpan.FromSeconds(1);

    private Refusal _refusal; // what everybody is answered while there is no log; none: not known yet
    private OpenLogs.Seat? _seat; // held while the log is open, whoever has it
    private Task<Refusal>? _busy; // the opening, purge or removal that is under way, or was; never fails
    private bool _ending;

    public async ValueTask<Refusal> CreateAsync()
    {
        if (!PartitionKey.IsValid(Key))
            throw new ArgumentException($"'{Key}' is not the key of a partition.");

        while (_busy is { IsCompleted: false } busy)
            await busy;

        if (_log is not null)
            return Refusal.None;
        if (await FindReplicatedAsync() is { } row)
            return await AskAllAsync(row, node => node.CreateAsync(Key));
        if (await IsElsewhereAsync())
            return Refusal.Unavailable;

        return await RunAsync(async () =>
        {
            await logs.CreateAsync(Key);
            _refusal = Refusal.None; // opened when it is first used: a topic may get a thousand at once
        });
    }

    public async ValueTask<Refusal> DeleteAsync()
    {
        if (!PartitionKey.IsValid(Key))
            return Refusal.None; // never made

        while (_busy is { IsCompleted: false } busy)
            await busy;
        if (await FindReplicatedAsync() is { } row)
            return await DeleteAsync(row);
        if (_log is null && await IsElsewhereAsync())
            return Refusal.Unavailable;

        var log = _log;
        (_log, _refusal) = (null, Refusal.StorageFailed); // should the removal stop half-way
        Wake();
        return await RunAsync(async () =>
        {
            await CloseAsync(log);
            await logs.DeleteAsync(Key);
            closed.Forget(Key);
            health.Forget(Key);
            _refusal = Refusal.PartitionNotFound;
            DeactivateOnIdle();
        });
    }

    public async ValueTask CloseLogAsync()
    {
        if (_log is not { } log || _replica is not null || _busy is { IsCompleted: false })
            return; // closed already, or somebody has it alone; a replica stays open
        _log = null; // who waits for a message goes on waiting: the append that brings it opens the log again
        await RunAsync(() => CloseAsync(log));
    }

    public async ValueTask<Refusal> PurgeAsync()
    {
        if (IsClosedAndEmpty)
            return Refusal.None;
        while (_log is null)
        {
            if (await WaitForLogAsync() is not Refusal.None and var refusal)
                return refusal;
        }
        return _replica is { } replica ? await PurgeAsync(replica) : await AloneAsync(Purge);
    }

    public override async Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        while (_busy is { IsCompleted: false } busy)
            await busy;

        var log = _log;
        (_log, _refusal) = (null, Refusal.StorageFailed);
        if (_replica is { } replica)
        {
            LetGo(replica);
            (_replica, log) = (null, null);
        }
        await RunAsync(() => CloseAsync(log));
    }

    /// <summary>Opens the log, or waits for whoever has it alone. The caller then looks at <c>_log</c> again.</summary>
    /// <returns>Why there is no log; none when there is one, or may be.</returns>
    private async ValueTask<Refusal> WaitForLogAsync()
    {
        while (_busy is { IsCompleted: false } busy)
            await busy;

        if (_log is null && _refusal is Refusal.None)
            await RunAsync(OpenAsync);
        if (_log is not null || _refusal is Refusal.None)
            return Refusal.None;

        if (_refusal is Refusal.PartitionNotFound)
            DeactivateOnIdle(); // nothing to keep; should it be made yet, the next activation looks again
        return _refusal;
    }

    private async Task OpenAsync()
    {
        _refusal = Refusal.StorageFailed; // should it fail
        if (await FindReplicatedAsync() is { } row)
        {
            await OpenReplicaAsync(row);
            return;
        }
        if (places.IsCluster && logs.PromisedOf(Key) == 0)
        {
            await BeginReplicationAsync(); // a death came between
            return;
        }
        if (!logs.Exists(Key))
        {
            _refusal = await IsElsewhereAsync() ? Refusal.Unavailable : await JudgeMissingAsync();
            return;
        }

        var seat = await open.EnterAsync(Key);
        PartitionLog? log = null;
        try
        {
            var settings = await AskSettingsAsync();
            if (settings is null && !logs.OpensWithoutSettings)
            {
                EndSoon(); // its topic may answer then
                return;
            }
            log = await logs.OpenAsync(Key, _isPersisted, settings?.StreamKey);
            if (log is null)
            {
                _refusal = await JudgeMissingAsync(); // it went while this waited for a seat
                return;
            }
            logs.Configure(log, settings);
            health.Note(Key, log);
            (_log, _seat, _refusal) = (log, seat, Refusal.None);
        }
        finally
        {
            if (_log is null)
            {
                log?.Dispose();
                open.Leave(seat);
            }
        }

        open.Opened(seat, _log.Changes);
    }

    /// <summary>Gives the log to work that may take long and suffers nothing beside it; off this grain's turn, for it is file work.</summary>
    private async ValueTask<Refusal> AloneAsync(Action<PartitionLog> work)
    {
        while (_log is null)
        {
            if (await WaitForLogAsync() is not Refusal.None and var refusal)
                return refusal;
        }

        var log = _log;
        _log = null;
        return await RunAsync(async () =>
        {
            try
            {
                await Task.WhenAny(_newestSync); // failed or not: no sync may meet files that are going
                await _removal;
                await Task.Run(() => work(log));
            }
            finally
            {
                _log = log;
                health.Note(Key, log);
            }
        });
    }

    /// <summary>Runs file work that others have to wait for. Call it in the turn that found nothing under way.</summary>
    private async Task<Refusal> RunAsync(Func<Task> work)
    {
        _busy = GuardAsync(work);
        return await _busy;
    }

    private async Task<Refusal> GuardAsync(Func<Task> work)
    {
        try
        {
            await work();
            return Refusal.None;
        }
        catch (Exception e) // a partition that is out of order must not take its caller or the others down
        {
            LogFailed(logger, Key, e);
            health.NoteUnwell(Key);
            EndSoon();
            return DiskFull.Is(e) ? Refusal.DiskFull : Refusal.StorageFailed;
        }
    }

    private async Task CloseAsync(PartitionLog? log)
    {
        await Task.WhenAny(_newestSync);
        await _removal;
        if (log is null)
            return;
        try
        {
            await Task.Run(log.Dispose);
        }
        finally
        {
            open.Leave(_seat!);
        }
    }

    /// <summary>What is known without opening the log. False when it is open, somebody has it alone, or it has to be opened for it.</summary>
    private bool TryGetClosed(out LogSummary summary)
    {
        summary = default;
        return _log is null && _refusal is Refusal.None && _busy is null or { IsCompleted: true } && !places.IsReplicated(Key) && open.TryGetClosed(Key, out summary);
    }

    private bool IsClosedAndEmpty => TryGetClosed(out var summary) && summary.Stats.NextOffset == 0;

    /// <summary>Ends the activation in a while, so that the next one opens the log anew.</summary>
    private void EndSoon() => EndSoon(s_retryAfter);

    private void EndSoon(TimeSpan after)
    {
        if (_ending)
            return;
        _ending = true;
        this.RegisterGrainTimer(EndAsync, new GrainTimerCreationOptions(after, Timeout.InfiniteTimeSpan));
    }

    private Task EndAsync(CancellationToken cancellationToken)
    {
        Wake(); // an activation ends only when its calls have
        DeactivateOnIdle();
        return Task.CompletedTask;
    }
}
