using Iggy.Grains.Interfaces.Catalog;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Iggy.Gateway.Routing;

/// <summary>Keeps this gateway's <see cref="CatalogCaches"/> told of catalog changes.</summary>
/// <remarks>A notice can be lost when the feed moves or a silo dies. So the subscription is renewed in a steady beat and every beat
/// empties the caches: no route and no permission is older than one beat.</remarks>
internal sealed partial class CatalogSubscription(IGrainFactory grains, CatalogCaches caches, TimeProvider clock, ILogger<CatalogSubscription> logger)
    : IHostedService, IAsyncDisposable
{
    private static readonly TimeSpan Beat = TimeSpan.FromSeconds(30);

    private readonly CancellationTokenSource _stopping = new();
    private ICatalogObserver? _observer;
    private Task _beating = Task.CompletedTask;

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        _observer = grains.CreateObjectReference<ICatalogObserver>(caches);
        await Feed.SubscribeAsync(_observer);
        _beating = BeatAsync(_observer);
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        await _stopping.CancelAsync();
        await _beating;
        if (_observer is not null)
            await Feed.UnsubscribeAsync(_observer);
    }

    public ValueTask DisposeAsync()
    {
        _stopping.Dispose();
        return default;
    }

    private ICatalogFeedGrain Feed => grains.GetGrain<ICatalogFeedGrain>(0);

    private async Task BeatAsync(ICatalogObserver observer)
    {
        using var timer = new PeriodicTimer(Beat, clock);
        try
        {
            while (await timer.WaitForNextTickAsync(_stopping.Token))
            {
                try
                {
                    await Feed.SubscribeAsync(observer);
                }
                catch (Exception failed) when (failed is OrleansException or TimeoutException)
                {
                    LogNotRenewed(logger, failed); // the next beat tries again; until then routes age one beat at most
                }
                caches.Clear();
            }
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
            // The way out of the loop when the server stops.
        }
    }

    [LoggerMessage(3100, LogLevel.Warning, "The subscription to catalog changes could not be renewed")]
    private static partial void LogNotRenewed(ILogger logger, Exception exception);
}
