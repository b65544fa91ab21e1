using Iggy.Gateway.Commands;
using Iggy.Gateway.Host;
using Iggy.Gateway.Jwt;
using Iggy.Gateway.Limits;
using Iggy.Gateway.Listeners;
using Iggy.Gateway.Metrics;
using Iggy.Gateway.Routing;
using Iggy.Gateway.Security;
using Iggy.Gateway.Sessions;
using Iggy.Gateway.Snapshots;
using Iggy.Gateway.Tls;
using Iggy.Grains.Interfaces.Gateways;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace Iggy.Gateway;

/// <summary>Registration of what all front ends share.</summary>
public static class GatewayServiceCollectionExtensions
{
    /// <summary>Adds the commands and what guards them, without a front end. To be called after the silo is added and before the front ends, so that it starts
    /// after the one and before the others. Needs a <see cref="DataDisk"/>.</summary>
    public static IServiceCollection AddIggyGateway(this IServiceCollection services)
    {
        services.AddOptions<FrameLimits>().BindConfiguration("Iggy:Limits").ValidateOnStart();
        services.AddOptions<MetricsOptions>().BindConfiguration(MetricsOptions.Section).ValidateOnStart();
        services.AddOptions<LoginOptions>().BindConfiguration(LoginOptions.Section).ValidateOnStart();
        services.AddOptions<JwtOptions>().BindConfiguration(JwtOptions.Section).ValidateOnStart();
        services.AddOptions<HeartbeatOptions>().BindConfiguration("Iggy:Heartbeat").ValidateOnStart();
        services.TryAddEnumerable(
        [
            ServiceDescriptor.Singleton<IValidateOptions<MetricsOptions>, MetricsOptionsValidator>(),
            ServiceDescriptor.Singleton<IValidateOptions<LoginOptions>, LoginOptionsValidator>(),
            ServiceDescriptor.Singleton<IValidateOptions<JwtOptions>, JwtOptionsValidator>(),
            ServiceDescriptor.Singleton<IValidateOptions<HeartbeatOptions>, HeartbeatOptionsValidator>(),
            ServiceDescriptor.Singleton<IValidateOptions<FrameLimits>, FrameLimitsValidator>(),
        ]);

        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<GatewayEndpoints>();
        services.TryAddSingleton<HostFigures>();
        services.TryAddSingleton<ServerHealth>();
        services.TryAddSingleton<CertificateStore>();
        services.TryAddSingleton<RequestGates>();
        services.TryAddSingleton<ReplyMemory>();
        services.TryAddSingleton<ConnectionGuard>();
        services.TryAddSingleton<ConnectionWatch>();
        services.AddMetrics();
        services.TryAddSingleton<GatewayMetrics>();
        services.TryAddSingleton<ServerFigures>();
        services.TryAddSingleton<LagFigures>();
        services.TryAddSingleton<LagMeter>();

        services.TryAddSingleton<GroupMemberships>();
        services.TryAddSingleton<SessionRegistry>();
        services.TryAddSingleton<AccessCache>();
        services.TryAddSingleton<RevokedTokens>();
        services.TryAddSingleton<LoginThrottle>();
        services.TryAddSingleton<JwtKeys>();
        services.AddSingleton(JwtKeys.Shared);
        services.TryAddSingleton<TrustedIssuers>();
        services.TryAddSingleton<JwtTokens>();
        services.TryAddSingleton<BearerAuthentication>();

        services.TryAddSingleton<Catalog>();
        services.TryAddSingleton<RouteCache>();
        services.TryAddSingleton<CatalogCaches>();
        services.TryAddSingleton<TopicRouter>();
        services.TryAddSingleton<PartitionCalls>();
        services.TryAddSingleton<Positions>();

        services.TryAddSingleton<ClusterGateways>();
        services.TryAddSingleton<IGatewayDesk>(static provider => provider.GetRequiredService<ClusterGateways>());
        services.TryAddSingleton<SystemCommands>();
        services.TryAddSingleton<LoginCommands>();
        services.TryAddSingleton<UserCommands>();
        services.TryAddSingleton<TokenCommands>();
        services.TryAddSingleton<StreamCommands>();
        services.TryAddSingleton<TopicCommands>();
        services.TryAddSingleton<MessageCommands>();
        services.TryAddSingleton<ConsumerOffsetCommands>();
        services.TryAddSingleton<ConsumerGroupCommands>();
        services.TryAddSingleton<GroupReadCommands>();
        services.TryAddSingleton<ResourcePatches>();
        services.TryAddSingleton<ReadWaits>();
        services.TryAddSingleton<SnapshotCommand>();
        services.TryAddEnumerable(
        [
            ServiceDescriptor.Singleton<ISnapshotPart, FilesystemOverview>(),
            ServiceDescriptor.Singleton<ISnapshotPart, ProcessList>(),
            ServiceDescriptor.Singleton<ISnapshotPart, ResourceUsage>(),
            ServiceDescriptor.Singleton<ISnapshotPart, TestText>(),
        ]);

        services.AddHostedService<CatalogSubscription>();
        services.AddHostedService<HeartbeatService>();
        return services;
    }

    /// <summary>Looks at what is stored again and again, for exporters that ask nobody first.</summary>
    /// <param name="services">Those of the gateway.</param>
    /// <param name="interval">Between two looks.</param>
    public static IServiceCollection KeepIggyFigures(this IServiceCollection services, TimeSpan interval) =>
        services.AddHostedService(provider => ActivatorUtilities.CreateInstance<FiguresUpkeep>(provider, interval));
}
