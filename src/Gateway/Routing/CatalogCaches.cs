using Iggy.Gateway.Security;
using Iggy.Grains.Interfaces.Catalog;

namespace Iggy.Gateway.Routing;

/// <summary>This gateway's observer of the catalog: any change empties all caches. Changes are rare, and one rule can't miss a case.</summary>
internal sealed class CatalogCaches(RouteCache routes, AccessCache access, RevokedTokens revoked) : ICatalogObserver
{
    /// <summary>Forgets routes, permissions and which tokens were looked up.</summary>
    public void Clear()
    {
        routes.Clear();
        access.Clear();
        revoked.Clear();
    }

    ValueTask ICatalogObserver.ChangedAsync()
    {
        Clear();
        return default;
    }
}
