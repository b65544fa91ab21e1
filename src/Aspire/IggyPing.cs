using Aspire.Hosting.ApplicationModel;
using Iggy.Client;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Iggy.Aspire;

/// <summary>Whether a server lets its root user in and answers.</summary>
internal sealed class IggyPing(IResourceWithConnectionString server) : IHealthCheck
{
    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        if (await server.GetConnectionStringAsync(cancellationToken) is not { } connectionString)
            return HealthCheckResult.Unhealthy("It has no address yet.");
        try
        {
            var options = IggyClientOptions.Parse(connectionString) with { Reconnect = ReconnectPolicy.Off };
            await using var client = await IggyClient.ConnectAsync(options, cancellationToken);
            await client.PingAsync(cancellationToken);
            return HealthCheckResult.Healthy();
        }
        catch (Exception e) when (e is IggyException or TimeoutException)
        {
            return HealthCheckResult.Unhealthy(e.Message, e);
        }
    }
}
