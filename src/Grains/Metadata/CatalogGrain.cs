using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Iggy.Grains.Metadata;

/// <summary>A grain that removes what it no longer lists, also after a crash.</summary>
/// <remarks>A removal is first written down, with the listing that lacks it; from then on it cannot fail for the caller. What could not be
/// removed at once is tried again every minute, and when the grain is next activated, which the server does for all at its start.</remarks>
internal abstract partial class CatalogGrain<TState>(IPersistentState<TState> state, ILogger logger)
    : StateKeeper<TState>(state, logger) where TState : StoredState
{
    private static readonly TimeSpan s_retryEvery = TimeSpan.FromMinutes(1);
    private readonly ILogger _logger = logger;
    private IGrainTimer? _retries;

    /// <summary>Whether anything is written down to be removed.</summary>
    protected abstract bool HasRemovals { get; }

    /// <summary>Removes what is written down and then crosses it out.</summary>
    /// <exception cref="Exception">Something is left; what is written down stays.</exception>
    protected abstract Task RemoveAsync();

    public override async Task OnActivateAsync(CancellationToken cancellationToken)
    {
        await base.OnActivateAsync(cancellationToken);
        if (HasRemovals)
            RemoveLater(TimeSpan.Zero); // not here, where it would hold up every call
    }

    /// <summary>Removes now what is written down, or says in the log that it will be tried again.</summary>
    protected async Task RemoveOrRetryAsync()
    {
        try
        {
            await RemoveAsync();
            ServiceProvider.GetRequiredService<SpareSpace>().TakeIfRoom(); // before somebody else takes what became free
        }
        catch (Exception e) // the removal is written down, so it is late and not lost
        {
            LogRemovalLeft(_logger, this.GetGrainId(), e);
            RemoveLater(s_retryEvery);
        }
    }

    private void RemoveLater(TimeSpan wait) => _retries ??= this.RegisterGrainTimer(RetryAsync,
        new GrainTimerCreationOptions(wait, s_retryEvery) { KeepAlive = true }); // not interleaved: a change never runs beside it

    private async Task RetryAsync(CancellationToken cancellationToken)
    {
        if (HasRemovals && !Lost)
            await RemoveOrRetryAsync();
        if (HasRemovals && !Lost)
            return;

        if (!Lost)
            LogRemovalDone(_logger, this.GetGrainId());
        _retries?.Dispose();
        _retries = null;
    }

    [LoggerMessage(2103, LogLevel.Information, "{Grain} removed what was left from before")]
    private static partial void LogRemovalDone(ILogger logger, GrainId grain);

    [LoggerMessage(2102, LogLevel.Warning, "{Grain} could not remove everything it was told to; it tries again every minute")]
    private static partial void LogRemovalLeft(ILogger logger, GrainId grain, Exception exception);
}
