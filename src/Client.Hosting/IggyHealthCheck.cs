using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Iggy.Client.Hosting;

/// <summary>Whether the server gives a sign of life.</summary>
internal sealed class IggyHealthCheck(Func<IggyClient?> client) : IHealthCheck
{
    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        try
        {
            if (client() is { } wanted)
                await wanted.PingAsync(cancellationToken);
            return HealthCheckResult.Healthy();
        }
        catch (Exception failed) when (failed is IggyException or TimeoutException)
        {
            return new HealthCheckResult(context.Registration.FailureStatus, failed.Message, failed);
        }
    }
}
