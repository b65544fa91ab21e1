using System.Globalization;
using Grpc.Core;
using Iggy.Gateway.Commands;
using Iggy.Gateway.Errors;
using Iggy.Gateway.Grpc.Calls;
using Iggy.Gateway.Security;
using Iggy.Protocol;
using Iggy.Scaling;

namespace Iggy.Gateway.Grpc.Scaling;

/// <summary>KEDA's way of asking how much there is to do: the lag of a group.</summary>
/// <remarks>KEDA sends no metadata with its calls, so the caller's personal access token stands in the scaler's: <c>tokenFromEnv</c> takes it from a secret.</remarks>
internal sealed class ExternalScalerService(GroupLags lags, LoginCommands logins, AccessCache access, TimeProvider clock) : ExternalScaler.ExternalScalerBase
{
    private const string MetricName = "iggy-group-lag";
    private const double DefaultTarget = 1000;

    private static readonly TimeSpan _betweenLooks = TimeSpan.FromSeconds(1);

    public override async Task<IsActiveResponse> IsActive(ScaledObjectRef request, ServerCallContext context) => new() { Result = await IsActiveAsync(request, context) };

    public override async Task StreamIsActive(ScaledObjectRef request, IServerStreamWriter<IsActiveResponse> responseStream, ServerCallContext context)
    {
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(context.CancellationToken, CallState.Of(context).Stopping);
        bool? told = null;
        while (true)
        {
            var isActive = await IsActiveAsync(request, context);
            if (isActive != told)
                await responseStream.WriteAsync(new IsActiveResponse { Result = isActive }, ended.Token);
            told = isActive;
            await Task.Delay(_betweenLooks, clock, ended.Token);
        }
    }

    public override Task<GetMetricSpecResponse> GetMetricSpec(ScaledObjectRef request, ServerCallContext context)
    {
        var target = Number(request, "lagThreshold", DefaultTarget);
        return Task.FromResult(new GetMetricSpecResponse { MetricSpecs = { new MetricSpec { MetricName = MetricName, TargetSize = (long)target, TargetSizeFloat = target } } });
    }

    public override async Task<GetMetricsResponse> GetMetrics(GetMetricsRequest request, ServerCallContext context)
    {
        var asked = request.ScaledObjectRef ?? throw new CommandRefusedException(IggyError.InvalidCommand);
        var (messages, partitions) = await FindAsync(asked, context);
        // More consumers than partitions would have nothing to read.
        var most = Number(asked, "lagThreshold", DefaultTarget) * Math.Max(1, partitions);
        var value = asked.ScalerMetadata.TryGetValue("allowIdleConsumers", out var allow) && allow == "true" ? messages : Math.Min(messages, most);
        return new GetMetricsResponse { MetricValues = { new MetricValue { MetricName = MetricName, MetricValue_ = (long)Math.Ceiling(value), MetricValueFloat = value } } };
    }

    private async ValueTask<bool> IsActiveAsync(ScaledObjectRef request, ServerCallContext context) =>
        (await FindAsync(request, context)).Messages > Number(request, "activationLagThreshold", 0);

    private async ValueTask<(ulong Messages, uint Partitions)> FindAsync(ScaledObjectRef request, ServerCallContext context)
    {
        var session = CallState.Of(context).Session;
        session.LogIn((await logins.VerifyAsync(session, Text(request, "token"))).Id);
        if (!await access.RefreshAsync(session))
            throw new CommandRefusedException(IggyError.Unauthenticated);
        return await lags.FindAsync(session, Names.Identifier(Text(request, "stream")), Names.Identifier(Text(request, "topic")), Names.Identifier(Text(request, "group")));
    }

    private static string Text(ScaledObjectRef request, string name) => request.ScalerMetadata.TryGetValue(name, out var text) && text.Length > 0
        ? text
        : throw GrpcErrors.Exception(IggyError.InvalidCommand, reason: $"The scaler's metadata has no {name}.");

    private static double Number(ScaledObjectRef request, string name, double absent)
    {
        if (!request.ScalerMetadata.TryGetValue(name, out var text))
            return absent;
        return double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number) && number > (absent > 0 ? 0 : -1) && double.IsFinite(number)
            ? number
            : throw GrpcErrors.Exception(IggyError.InvalidCommand, reason: $"The scaler's {name} is '{text}'; allowed: a number.");
    }
}
