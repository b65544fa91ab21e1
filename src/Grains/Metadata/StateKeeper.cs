using Iggy.Grains.Interfaces;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Iggy.Grains.Metadata;

/// <summary>A grain whose state is an immutable value: what callers see is always what is stored.</summary>
/// <remarks>A change is written first and published after. When a write fails the state is read again, since the write may have arrived;
/// when that fails too the activation ends, and the next one reads what is true. Interleaving reads see <see cref="Stored"/> only.
/// A grain whose row is damaged refuses every call, so that it harms nobody else and nothing is written over what may yet be saved.</remarks>
/// <typeparam name="TState">Immutable; its parameterless value is what a grain without a row has.</typeparam>
internal abstract partial class StateKeeper<TState>(IPersistentState<TState> state, ILogger logger)
    : Grain, IIncomingGrainCallFilter where TState : StoredState
{
    private Refusal _lostReason;

    /// <summary>What is in the metadata store.</summary>
    protected TState Stored
    {
        get;
        private set
        {
            field = value;
            OnStored();
        }
    } = null!; // set before any call

    /// <summary>Whether the grain has a row: a stream or topic that exists does.</summary>
    protected bool Exists => state.RecordExists;

    /// <summary>Set when nobody knows what is stored; the activation is ending.</summary>
    protected bool Lost { get; private set; }

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        Stored = state.State;
        if (Stored is { IsUnreadable: true, AwayBecause: null })
            logger.RowDamaged(this.GetGrainId().ToString());
        return Task.CompletedTask;
    }

    /// <summary>Stands before every call from outside.</summary>
    /// <exception cref="RefusedException"><see cref="Refusal.StorageFailed"/>: the row is damaged. <see cref="Refusal.Unavailable"/>: it could not be read.</exception>
    public Task Invoke(IIncomingGrainCallContext context) => Stored.IsUnreadable ? throw Unreadable() : context.Invoke();

    /// <summary>Called whenever <see cref="Stored"/> is another, to publish what is made from it.</summary>
    protected virtual void OnStored()
    {
    }

    /// <summary>Stores a new state and publishes it.</summary>
    /// <param name="next">What is stored from now on.</param>
    /// <param name="makesRoom">Something is removed for it: on a full disk it may use the space that is kept for that.</param>
    /// <exception cref="RefusedException"><see cref="Refusal.StorageFailed"/>; <see cref="Stored"/> is what was found then.</exception>
    protected async Task StoreAsync(TState next, bool makesRoom = false)
    {
        ThrowIfLost();
        try
        {
            state.State = next;
            await WriteAsync(state.WriteStateAsync, makesRoom);
        }
        catch (Exception e) // whatever the store throws, the caller gets one refusal and the state is made true again
        {
            LogWriteFailed(logger, this.GetGrainId(), e);
            await ReadAgainAsync();
            throw NotTaken("change", e);
        }

        Stored = next;
    }

    /// <summary>Removes the grain's row; to be called last, the activation ends.</summary>
    /// <exception cref="RefusedException"><see cref="Refusal.StorageFailed"/>.</exception>
    protected async Task ForgetAsync()
    {
        ThrowIfLost();
        if (state.RecordExists)
        {
            try
            {
                await WriteAsync(state.ClearStateAsync, makesRoom: true);
            }
            catch (Exception e) // as above
            {
                LogWriteFailed(logger, this.GetGrainId(), e);
                await ReadAgainAsync();
                throw NotTaken("removal", e);
            }
        }

        Stored = state.State;
        DeactivateOnIdle();
    }

    private async Task WriteAsync(Func<Task> write, bool makesRoom)
    {
        try
        {
            await write();
        }
        catch (Exception e) when (makesRoom && SpareSpace.IsDiskFull(e) && ServiceProvider.GetRequiredService<SpareSpace>().TryRelease())
        {
            await write(); // SQLite took the failed statement back
        }
    }

    private RefusedException Unreadable()
    {
        if (Stored.AwayBecause is not { } reason)
            return new RefusedException(Refusal.StorageFailed, $"The metadata of {this.GetGrainId()} is damaged: restore the metadata from a backup.");
        DeactivateOnIdle(); // the next activation reads it
        return new RefusedException(Refusal.Unavailable, reason);
    }

    private static RefusedException NotTaken(string what, Exception e) => e is MetadataAwayException
        ? new(Refusal.Unavailable, $"Whether the {what} arrived is not known. {e.Message}")
        : new(Refusal.StorageFailed, $"The metadata store did not take the {what}: {e.Message}");

    private void ThrowIfLost()
    {
        if (Lost)
            throw new RefusedException(_lostReason, "The metadata store could not be read after a failed write.");
    }

    private async Task ReadAgainAsync()
    {
        try
        {
            await state.ReadStateAsync();
            if (state.State.AwayBecause is { } reason)
                throw new MetadataAwayException(reason);
            Stored = state.State;
        }
        catch (Exception e) // the activation ends with it, so nothing goes on with a doubtful state
        {
            LogReadFailed(logger, this.GetGrainId(), e);
            state.State = Stored; // what interleaved reads showed until now
            _lostReason = e is MetadataAwayException ? Refusal.Unavailable : Refusal.StorageFailed;
            Lost = true;
            DeactivateOnIdle();
        }
    }

    [LoggerMessage(2100, LogLevel.Error, "The metadata store did not take the state of {Grain}; it is read again")]
    private static partial void LogWriteFailed(ILogger logger, GrainId grain, Exception exception);

    [LoggerMessage(2101, LogLevel.Error, "The metadata store does not give the state of {Grain}; the activation ends")]
    private static partial void LogReadFailed(ILogger logger, GrainId grain, Exception exception);
}
