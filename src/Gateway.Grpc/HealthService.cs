using Grpc.Core;
using Grpc.Health.V1;
using Iggy.Gateway.Grpc.Calls;
using Iggy.Gateway.Host;
using Microsoft.Extensions.Hosting;

namespace Iggy.Gateway.Grpc;

/// <summary>Whether the server takes calls, in the form that load balancers and probes ask for. One answer for every service: they start and stop together.</summary>
internal sealed class HealthService(ServerHealth health, IHostApplicationLifetime lifetime) : Health.HealthBase
{
    public override Task<HealthCheckResponse> Check(HealthCheckRequest request, ServerCallContext context) =>
        IsKnown(request.Service) ? Task.FromResult(Answer()) : throw new RpcException(new Status(StatusCode.NotFound, "There is no such service."));

    public override async Task Watch(HealthCheckRequest request, IServerStreamWriter<HealthCheckResponse> responseStream, ServerCallContext context)
    {
        if (!IsKnown(request.Service))
        {
            await responseStream.WriteAsync(new HealthCheckResponse { Status = HealthCheckResponse.Types.ServingStatus.ServiceUnknown });
            await WaitAsync(CallState.Of(context).Stopping, context.CancellationToken);
            return;
        }
        await responseStream.WriteAsync(Answer());
        if (!health.IsReady)
        {
            await WaitAsync(lifetime.ApplicationStarted, context.CancellationToken);
            await responseStream.WriteAsync(Answer());
        }
        await WaitAsync(lifetime.ApplicationStopping, context.CancellationToken);
        await responseStream.WriteAsync(Answer());
    }

    private HealthCheckResponse Answer() => new()
    {
        Status = health.IsReady ? HealthCheckResponse.Types.ServingStatus.Serving : HealthCheckResponse.Types.ServingStatus.NotServing,
    };

    private static bool IsKnown(string service) => service.Length == 0 || service.StartsWith("iggy.v1.", StringComparison.Ordinal) || service == "externalscaler.ExternalScaler";

    private static async Task WaitAsync(CancellationToken happened, CancellationToken ended)
    {
        var waited = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var first = happened.UnsafeRegister(static waited => ((TaskCompletionSource)waited!).TrySetResult(), waited);
        await waited.Task.WaitAsync(ended);
    }
}
