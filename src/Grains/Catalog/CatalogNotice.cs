using Iggy.Grains.Interfaces.Catalog;
using Microsoft.Extensions.Logging;

namespace Iggy.Grains.Catalog;

/// <summary>Tells the catalog feed of a change that is already stored.</summary>
internal static partial class CatalogNotice
{
    /// <summary>Returns when the gateways know. Never fails, because the change stands: routes that miss it age in the gateways.</summary>
    public static async Task SendAsync(IGrainFactory grains, ILogger logger)
    {
        try
        {
            await grains.GetGrain<ICatalogFeedGrain>(0).ChangedAsync();
        }
        catch (Exception e) // an error now would tell the client that its change was not made
        {
            LogNotSent(logger, e);
        }
    }

    [LoggerMessage(2110, LogLevel.Warning, "Gateways could not be told of a catalog change; they use old routes until those age")]
    private static partial void LogNotSent(ILogger logger, Exception exception);
}
