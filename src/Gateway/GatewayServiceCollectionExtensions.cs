using System.Collections.Frozen;
using Iggy.Gateway.Classic;
using Iggy.Gateway.Commands;
using Iggy.Gateway.Dialects;
using Iggy.Gateway.Guards;
using Iggy.Gateway.Host;
using Iggy.Gateway.Http;
using Iggy.Gateway.Messages;
using Iggy.Gateway.Metrics;
using Iggy.Gateway.Quic;
using Iggy.Gateway.Routing;
using Iggy.Gateway.Sessions;
using Iggy.Gateway.Snapshots;
using Iggy.Gateway.Tcp;
using Iggy.Gateway.Tls;
using Iggy.Gateway.Transports;
using Iggy.Gateway.Vsr;
using Iggy.Gateway.WebSockets;
using Iggy.Protocol;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Iggy.Gateway;

/// <summary>Registration of the gateway.</summary>
public static class GatewayServiceCollectionExtensions
{
    /// <summary>Adds the listeners and the commands behind them. To be called after the silo is added, so that they start after it and
    /// stop before it. Needs a <see cref="DataDisk"/>.</summary>
    public static IServiceCollection AddIggyGateway(this IServiceCollection services)
    {
        services.AddOptions<TcpOptions>().BindConfiguration("Iggy:Tcp").ValidateOnStart();
        services.AddOptions<QuicOptions>().BindConfiguration(QuicOptions.Section).ValidateOnStart();
        services.AddOptions<WebSocketListenerOptions>().BindConfiguration(WebSocketListenerOptions.Section).ValidateOnStart();
        services.AddOptions<FrameLimits>().BindConfiguration("Iggy:Limits").ValidateOnStart();
        services.AddOptions<LoginOptions>().BindConfiguration(LoginOptions.Section).ValidateOnStart();
        services.AddOptions<HeartbeatOptions>().BindConfiguration("Iggy:Heartbeat").ValidateOnStart();
        services.AddOptions<VsrOptions>().BindConfiguration(VsrOptions.Section).ValidateOnStart();
        services.AddListenerTls(TlsOptions.TcpSection);
        services.AddListenerCertificate(QuicOptions.CertificateSection);
        services.AddListenerTls(TlsOptions.HttpSection);
        services.AddListenerTls(WebSocketListenerOptions.TlsSection);
        services.TryAddEnumerable(
        [
            ServiceDescriptor.Singleton<IValidateOptions<VsrOptions>, VsrOptionsValidator>(),
            ServiceDescriptor.Singleton<IValidateOptions<LoginOptions>, LoginOptionsValidator>(),
            ServiceDescriptor.Singleton<IValidateOptions<HeartbeatOptions>, HeartbeatOptionsValidator>(),
            ServiceDescriptor.Singleton<IValidateOptions<TcpOptions>, TcpOptionsValidator>(),
            ServiceDescriptor.Singleton<IValidateOptions<QuicOptions>, QuicOptionsValidator>(),
            ServiceDescriptor.Singleton<IValidateOptions<WebSocketListenerOptions>, WebSocketListenerOptionsValidator>(),
            ServiceDescriptor.Singleton<IValidateOptions<FrameLimits>, FrameLimitsValidator>(),
        ]);

        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<GatewayEndpoints>();
        services.TryAddSingleton<GroupMemberships>();
        services.TryAddSingleton<SessionRegistry>();
        services.TryAddSingleton<QuicListenerFactory>();
        services.TryAddSingleton<HostFigures>();
        services.TryAddSingleton<CertificateStore>();
        services.TryAddSingleton<RequestGates>();
        services.TryAddSingleton<AddressGuard>();
        services.TryAddSingleton<ConnectionWatch>();

        services.TryAddSingleton<Catalog>();
        services.TryAddSingleton<RouteCache>();
        services.TryAddSingleton<AccessCache>();
        services.TryAddSingleton<CatalogCaches>();
        services.TryAddSingleton<TopicRouter>();
        services.TryAddSingleton<PartitionCalls>();

        services.TryAddSingleton<SystemCommands>();
        services.TryAddSingleton<LoginThrottle>();
        services.TryAddSingleton<LoginCommands>();
        services.TryAddSingleton<UserCommands>();
        services.TryAddSingleton<TokenCommands>();
        services.TryAddSingleton<StreamCommands>();
        services.TryAddSingleton<TopicCommands>();
        services.TryAddSingleton<MessageCommands>();
        services.TryAddSingleton<ConsumerOffsetCommands>();
        services.TryAddSingleton<ClassicUsers>();
        services.TryAddSingleton<ConsumerGroupCommands>();
        services.TryAddSingleton<GroupReadCommands>();
        services.TryAddSingleton<SnapshotCommand>();
        services.TryAddEnumerable(
        [
            ServiceDescriptor.Singleton<ISnapshotPart, FilesystemOverview>(),
            ServiceDescriptor.Singleton<ISnapshotPart, ProcessList>(),
            ServiceDescriptor.Singleton<ISnapshotPart, ResourceUsage>(),
            ServiceDescriptor.Singleton<ISnapshotPart, TestText>(),
        ]);
        services.TryAddSingleton<ClassicControl>();
        services.TryAddSingleton<ClassicGroups>();
        services.TryAddSingleton<ClassicMessages>();
        services.TryAddSingleton<PollMessages>();
        services.TryAddSingleton<ClassicOffsets>();
        services.TryAddSingleton(static services => ClassicCommandTable.Build(
            services.GetRequiredService<ClassicControl>(), services.GetRequiredService<ClassicMessages>(), services.GetRequiredService<PollMessages>(), services.GetRequiredService<ClassicOffsets>(),
            services.GetRequiredService<ClassicGroups>()));
        services.TryAddSingleton<CommandDispatcher>();
        services.TryAddSingleton<VsrClients>();
        services.TryAddSingleton<VsrLogins>();
        services.TryAddSingleton<VsrCatalog>();
        services.TryAddSingleton<VsrMessages>();
        services.TryAddSingleton(static services => new VsrServer(
            new CommandDispatcher(
                VsrCommandTable.Build(
                    services.GetRequiredService<VsrLogins>(), services.GetRequiredService<VsrCatalog>(), services.GetRequiredService<VsrMessages>(),
                    services.GetRequiredService<FrozenDictionary<CommandCode, DialectCommand>>()),
                services.GetRequiredService<AccessCache>(), services.GetRequiredService<GatewayMetrics>(), services.GetRequiredService<ILogger<CommandDispatcher>>()),
            services.GetRequiredService<VsrClients>(), services.GetRequiredService<IOptions<FrameLimits>>(),
            services.GetRequiredService<IOptions<VsrOptions>>(), services.GetRequiredService<ILogger<VsrServer>>()));
        services.TryAddSingleton<DialectChoice>();
        services.TryAddSingleton<StreamServer>();

        services.AddHttpApi();

        services.AddHostedService<CatalogSubscription>();
        services.AddHostedService<HeartbeatService>();
        services.AddHostedService<TcpListenerService>();
        services.AddHostedService<QuicListenerService>();
        services.AddHostedService<HttpListenerService>();
        services.AddHostedService<WebSocketListenerService>();
        return services;
    }
}
