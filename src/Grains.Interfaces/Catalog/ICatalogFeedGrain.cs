namespace Iggy.Grains.Interfaces.Catalog;

/// <summary>Tells every gateway that names, ids or partitions changed, before the change is answered. Key: 0.</summary>
/// <remarks>So a client that has its answer never meets a gateway of a healthy cluster that still routes by the old catalog.
/// An observer that does not answer in time is dropped; gateways renew their subscription and let cached routes age, which bounds what
/// a lost notification can do.</remarks>
[Alias("iggy.ICatalogFeedGrain")]
public interface ICatalogFeedGrain : IGrainWithIntegerKey
{
    /// <summary>Adds or renews an observer.</summary>
    [Alias("Subscribe")]
    ValueTask SubscribeAsync(ICatalogObserver observer);

    /// <summary>Removes an observer.</summary>
    [Alias("Unsubscribe")]
    ValueTask UnsubscribeAsync(ICatalogObserver observer);

    /// <summary>Called by the grain that wrote a change, after the write and before its answer; returns when the observers know.</summary>
    [Alias("Changed")]
    ValueTask ChangedAsync();
}

/// <summary>A gateway's observer of the catalog.</summary>
[Alias("iggy.ICatalogObserver")]
public interface ICatalogObserver : IGrainObserver
{
    /// <summary>Forget every cached route.</summary>
    [Alias("Changed")]
    ValueTask ChangedAsync();
}
