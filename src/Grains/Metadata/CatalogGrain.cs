using Iggy.Grains.Options;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Iggy.Grains.Metadata;

/// <summary>A grain that removes what it no longer lists, also after a crash.</summary>
/// <remarks>
/// <para>A removal is first written down, with the listing that lacks it; from then on it cannot fail for the caller, who waits for its end a moment
/// (<see cref="CatalogOptions.RemovalWait"/>). The work goes on beside other changes, however long it takes, and is crossed out between two of them. What
/// could not be removed is tried again every minute, and when the grain is next activated, which the server does for all at its start.</para>
/// <para>State is stored in the grain's own turns only: the work, which interleaves with them, stores nothing.</para>
/// </remarks>
internal abstract partial class CatalogGrain<TState>(IPersistentState<TState> state, ILogger logger)
    : StateKeeper<TState>(state, logger) where TState : StoredState
{
    private static readonly TimeSpan s_retryEvery = TimeSpan.FromMinutes(1);
    private readonly ILogger _logger = logger;
    private IGrainTimer? _work, _crossing;
    private TaskCompletionSource _ended = NewSource(); // of the run that is under way, or of the next one
    private Func<TState, TState>? _crossOut; // what a run has done and nobody has stored yet
    private bool _isRunning, _isLate;

    /// <summary>Whether anything is written down to be removed.</summary>
    protected abstract bool HasRemovals { get; }

    /// <summary>Removes what is written down now. May be repeated; runs beside changes, so it must not store anything.</summary>
    /// <returns>Crosses out what was removed, in whatever the state is then.</returns>
    /// <exception cref="Exception">Something is left; what is written down stays.</exception>
    protected abstract Task<Func<TState, TState>> RemoveAsync(CancellationToken cancellationToken);

    public override async Task OnActivateAsync(CancellationToken cancellationToken)
    {
        await base.OnActivateAsync(cancellationToken);
        if (!HasRemovals)
            return;
        _isLate = true;
        StartWork();
    }

    /// <summary>Has removed what is written down, and waits a moment for it: small removals are over when their caller gets an answer.</summary>
    protected async Task RemoveSoonAsync()
    {
        var patience = Task.Delay(ServiceProvider.GetRequiredService<IOptions<CatalogOptions>>().Value.RemovalWait);
        if (_isRunning)
            await Task.WhenAny(_ended.Task, patience); // it began before this removal was written down
        await CrossOutAsync(); // what an earlier run left, or the next one would wait for it
        var ended = _ended.Task;
        StartWork();
        await Task.WhenAny(ended, patience);
        _isLate |= !ended.IsCompleted;
        await CrossOutAsync();
    }

    private static TaskCompletionSource NewSource() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private void StartWork()
    {
        if (_work is null)
            _work = this.RegisterGrainTimer(RunAsync, new GrainTimerCreationOptions(TimeSpan.Zero, s_retryEvery) { Interleave = true, KeepAlive = true });
        else if (!_isRunning)
            _work.Change(TimeSpan.Zero, s_retryEvery);
    }

    private async Task RunAsync(CancellationToken cancellationToken)
    {
        if (_isRunning || _crossOut is not null || !HasRemovals || Lost)
            return;

        _isRunning = true;
        try
        {
            _crossOut = await RemoveAsync(cancellationToken);
            ServiceProvider.GetRequiredService<SpareSpace>().TakeIfRoom(); // before somebody else takes what became free
        }
        catch (Exception e) when (cancellationToken.IsCancellationRequested)
        {
            LogRemovalCut(_logger, this.GetGrainId(), e.Message); // the activation ends; the next one goes on
        }
        catch (Exception e) // the removal is written down, so it is late and not lost
        {
            _isLate = true;
            LogRemovalLeft(_logger, this.GetGrainId(), e);
        }
        finally
        {
            _isRunning = false;
            var ended = _ended;
            _ended = NewSource();
            ended.SetResult();
        }

        if (_crossOut is not null && !cancellationToken.IsCancellationRequested) // unless a caller that waited does it first
            _crossing = this.RegisterGrainTimer(_ => CrossOutAsync(), new GrainTimerCreationOptions(TimeSpan.Zero, Timeout.InfiniteTimeSpan) { KeepAlive = true });
    }

    // Only in a turn of its own: no change may be under way.
    private async Task CrossOutAsync()
    {
        if (_crossOut is not { } crossOut)
            return;

        _crossing?.Dispose();
        _crossing = null;
        try
        {
            if (HasRemovals)
                await StoreAsync(crossOut(Stored), makesRoom: true);
        }
        catch (Exception e) // as above: removed, but written down still
        {
            _isLate = true;
            LogRemovalLeft(_logger, this.GetGrainId(), e);
            return;
        }
        finally
        {
            _crossOut = null; // not before: until it is stored no other run may begin
        }

        if (HasRemovals)
        {
            StartWork(); // what was written down meanwhile
            return;
        }

        if (_isLate && Exists) // else this grain itself was removed, which another one tells
            LogRemovalDone(_logger, this.GetGrainId());
        _isLate = false;
        _work?.Dispose();
        _work = null;
    }

    [LoggerMessage(2103, LogLevel.Information, "{Grain} removed what was left from before")]
    private static partial void LogRemovalDone(ILogger logger, GrainId grain);

    [LoggerMessage(2102, LogLevel.Warning, "{Grain} could not remove everything it was told to; it tries again every minute")]
    private static partial void LogRemovalLeft(ILogger logger, GrainId grain, Exception exception);

    [LoggerMessage(2107, LogLevel.Debug, "{Grain} stopped in the middle of a removal and goes on when it is next activated: {Reason}")]
    private static partial void LogRemovalCut(ILogger logger, GrainId grain, string reason);
}
