using Microsoft.Extensions.Logging;
using Orleans.Storage;

namespace Iggy.Grains.Metadata.PostgreSql;

/// <summary>Orleans' grain storage over PostgreSQL, which tells a database that cannot be reached apart from everything else that may fail.</summary>
/// <remarks>A read that fails makes an activation fail, for which Orleans lets every caller wait for an error without a reason. So a state that cannot be read
/// now is handed over as one that says so, and its grain refuses its callers with the reason and is activated anew for the next one.</remarks>
internal sealed partial class AwaySensingStorage(IGrainStorage storage, string where, ILogger<AwaySensingStorage> logger)
    : IGrainStorage, ILifecycleParticipant<ISiloLifecycle>
{
    private int _isAway;

    public async Task ReadStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        try
        {
            await storage.ReadStateAsync(stateName, grainId, grainState);
            NoteBack();
        }
        catch (Exception e) when (PostgreSqlFailures.IsAway(e))
        {
            NoteAway(e);
            grainState.State = StoredState.Away<T>(Explain(e));
            (grainState.ETag, grainState.RecordExists) = (null, false);
        }
    }

    public Task WriteStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState) =>
        ChangeAsync(storage.WriteStateAsync(stateName, grainId, grainState));

    public Task ClearStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState) =>
        ChangeAsync(storage.ClearStateAsync(stateName, grainId, grainState));

    public void Participate(ISiloLifecycle observer) => (storage as ILifecycleParticipant<ISiloLifecycle>)?.Participate(observer);

    private async Task ChangeAsync(Task change)
    {
        try
        {
            await change;
            NoteBack();
        }
        catch (Exception e) when (PostgreSqlFailures.IsAway(e))
        {
            NoteAway(e);
            throw new MetadataAwayException(Explain(e), e);
        }
    }

    private string Explain(Exception e) => $"The metadata store is away: {where} does not answer ({e.Message.ReplaceLineEndings(" ")}). Try again.";

    private void NoteAway(Exception e)
    {
        if (Interlocked.Exchange(ref _isAway, 1) == 0)
            LogAway(logger, where, e);
    }

    private void NoteBack()
    {
        if (Volatile.Read(ref _isAway) != 0 && Interlocked.Exchange(ref _isAway, 0) != 0)
            LogBack(logger, where);
    }

    [LoggerMessage(2108, LogLevel.Error, "{Where} does not answer: sends and polls go on, what reads or changes metadata is refused until it is back")]
    private static partial void LogAway(ILogger logger, string where, Exception exception);

    [LoggerMessage(2109, LogLevel.Information, "{Where} answers again")]
    private static partial void LogBack(ILogger logger, string where);
}
