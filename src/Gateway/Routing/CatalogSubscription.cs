using Iggy.Grains.Interfaces.Catalog;
using Iggy.Grains.Interfaces.Hosting;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Iggy.Gateway.Routing;

/// <summary>Keeps this gateway's <see cref="CatalogCaches"/> told of catalog changes.</summary>
/// <remarks>A notification can be lost when the feed moves or a silo dies. So the subscription is renewed at a fixed interval and each renewal
/// empties the caches: no route and no permission is older than one interval. In a cluster it is also renewed whenever a server came or went.</remarks>
internal sealed partial class CatalogSubscription(IGrainFactory grains, CatalogCaches caches, IClusterNodes nodes, TimeProvider clock, ILogger<CatalogSubscription> logger)
    : IHostedService, IAsyncDisposable
{
    private static readonly TimeSpan Beat = TimeSpan.FromSeconds(30);

    private readonly CancellationTokenSource _stopping = new();
    private readonly SemaphoreSlim _early = new(0); // released when a server came or went
    private ICatalogObserver? _observer;
    private Task _beating = Task.CompletedTask;

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        _observer = grains.CreateObjectReference<ICatalogObserver>(caches);
        await Feed.SubscribeAsync(_observer);
        nodes.OnChanged(() => _early.Release());
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
        _early.Dispose();
        return default;
    }

    private ICatalogFeedGrain Feed => grains.GetGrain<ICatalogFeedGrain>(0);

    private async Task BeatAsync(ICatalogObserver observer)
    {
        using var timer = new PeriodicTimer(Beat, clock);
        var (tick, early) = (timer.WaitForNextTickAsync(_stopping.Token).AsTask(), _early.WaitAsync(_stopping.Token));
        try
        {
            while (true)
            {
                await await Task.WhenAny(tick, early);
                if (early.IsCompleted)
                    early = _early.WaitAsync(_stopping.Token);
                else
                    tick = timer.WaitForNextTickAsync(_stopping.Token).AsTask();
                try
                {
                    await Feed.SubscribeAsync(observer);
                }
                catch (Exception failed) when (failed is OrleansException or TimeoutException)
                {
                    LogNotRenewed(logger, failed); // the next renewal tries again; until then routes age one interval at most
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
