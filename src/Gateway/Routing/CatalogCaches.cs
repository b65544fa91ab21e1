using Iggy.Gateway.Commands;
using Iggy.Grains.Interfaces.Catalog;

namespace Iggy.Gateway.Routing;

/// <summary>This gateway's ear: whatever changes, all that was remembered is forgotten. Changes are rare, and one rule can't miss a case.</summary>
internal sealed class CatalogCaches(RouteCache routes, AccessCache access) : ICatalogObserver
{
    /// <summary>Forgets routes and permissions.</summary>
    public void Clear()
    {
        routes.Clear();
        access.Clear();
    }

    ValueTask ICatalogObserver.ChangedAsync()
    {
        Clear();
        return default;
    }
}
