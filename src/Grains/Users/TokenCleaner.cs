using Iggy.Grains.Interfaces.Users;
using Iggy.Grains.Options;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Iggy.Grains.Users;

/// <summary>Removes expired tokens at a fixed interval. Only tidies up: an expired token lets nobody in before it is removed.</summary>
/// <remarks>Several silos may do it at once; each step is safe to repeat.</remarks>
internal sealed partial class TokenCleaner(
    IGrainFactory grains, IOptions<TokenOptions> options, TimeProvider clock, ILogger<TokenCleaner> logger)
    : ILifecycleParticipant<ISiloLifecycle>, IDisposable
{
    private readonly CancellationTokenSource _stopping = new();
    private Task _beating = Task.CompletedTask;

    public void Participate(ISiloLifecycle lifecycle)
    {
        if (options.Value.CleanerEnabled)
            lifecycle.Subscribe(nameof(TokenCleaner), ServiceLifecycleStage.Last, _ => StartAsync(), _ => StopAsync());
    }

    public void Dispose() => _stopping.Dispose();

    private Task StartAsync()
    {
        _beating = Task.Run(BeatAsync);
        return Task.CompletedTask;
    }

    private async Task StopAsync()
    {
        await _stopping.CancelAsync();
        await _beating;
    }

    private async Task BeatAsync()
    {
        using var timer = new PeriodicTimer(options.Value.CleanerInterval, clock);
        try
        {
            while (await timer.WaitForNextTickAsync(_stopping.Token))
                await CleanAsync();
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
            // The way out of the loop when the server stops.
        }
    }

    private async Task CleanAsync()
    {
        var removed = 0;
        for (var shard = 0; shard < TokenHash.Shards && !_stopping.IsCancellationRequested; shard++)
        {
            try
            {
                removed += await CleanAsync(grains.GetGrain<ITokenIndexGrain>(shard));
            }
            catch (Exception e) // the next round tries again; until then the tokens are expired all the same
            {
                LogFailed(logger, shard, e);
            }
        }

        if (removed > 0)
            LogRemoved(logger, removed);
    }

    private async Task<int> CleanAsync(ITokenIndexGrain index)
    {
        var expired = await index.ListExpiredAsync();
        if (expired.IsEmpty)
            return 0;

        // The user's state first: it is what counts, and the index is how the next round finds what a failure left.
        foreach (var user in expired.Select(static token => token.UserId).Distinct())
            await grains.GetGrain<IUserGrain>(user).RemoveExpiredTokensAsync();
        await index.RemoveAsync([.. expired.Select(static token => token.Hash)]);
        return expired.Length;
    }

    [LoggerMessage(2210, LogLevel.Information, "{Count} expired personal access tokens were removed")]
    private static partial void LogRemoved(ILogger logger, int count);

    [LoggerMessage(2211, LogLevel.Warning, "Expired personal access tokens of shard {Shard} could not be removed; tried again at the next beat")]
    private static partial void LogFailed(ILogger logger, int shard, Exception exception);
}
