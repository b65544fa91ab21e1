using Iggy.Grains.Interfaces.Catalog;
using Iggy.Grains.Options;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans.Concurrency;

namespace Iggy.Grains.Catalog;

/// <summary>Keeps the gateways' observers in memory; a gateway that renews after this grain was lost is simply added again.</summary>
[Reentrant] // a change that waits for a slow gateway holds up neither subscriptions nor other changes; each turn leaves the list whole
[KeepAlive] // an idle server must not forget its gateways
internal sealed partial class CatalogFeedGrain(IOptions<CatalogOptions> options, TimeProvider clock, ILogger<CatalogFeedGrain> logger)
    : Grain, ICatalogFeedGrain
{
    // Gateways are few (one a silo), and the expiry bounds what those leave behind that ended without a word.
    private readonly Dictionary<ICatalogObserver, long> _renewals = []; // timestamps

    public ValueTask SubscribeAsync(ICatalogObserver observer)
    {
        _renewals[observer] = clock.GetTimestamp();
        return default;
    }

    public ValueTask UnsubscribeAsync(ICatalogObserver observer)
    {
        _renewals.Remove(observer);
        return default;
    }

    public async ValueTask ChangedAsync()
    {
        if (_renewals.Count == 0)
            return;

        var notices = new List<Task>(_renewals.Count);
        foreach (var (observer, renewed) in _renewals.ToArray()) // a copy, for expired ones leave the list meanwhile
        {
            if (clock.GetElapsedTime(renewed) < options.Value.ObserverExpiry)
                notices.Add(NotifyAsync(observer, renewed));
            else
                Drop(observer, null);
        }

        await Task.WhenAll(notices);
    }

    private async Task NotifyAsync(ICatalogObserver observer, long renewed)
    {
        try
        {
            await observer.ChangedAsync().AsTask().WaitAsync(options.Value.ObserverTimeout, clock);
        }
        catch (Exception e) // one deaf gateway must not fail the change for all; it is gone until it renews
        {
            if (_renewals.TryGetValue(observer, out var present) && present == renewed) // not one that renewed meanwhile
                Drop(observer, e);
        }
    }

    private void Drop(ICatalogObserver observer, Exception? reason)
    {
        _renewals.Remove(observer);
        LogDropped(logger, observer.GetGrainId(), reason);
    }

    [LoggerMessage(2111, LogLevel.Warning, "Gateway {Observer} no longer hears of catalog changes: it did not answer in time, or did not renew")]
    private static partial void LogDropped(ILogger logger, GrainId observer, Exception? exception);
}
