using System.Collections.Frozen;
using Iggy.Gateway.Commands;
using Iggy.Gateway.Limits;
using Iggy.Gateway.Metrics;
using Iggy.Gateway.Routing;
using Iggy.Gateway.Security;
using Iggy.Gateway.Tls;
using Iggy.Gateway.Wire.Classic;
using Iggy.Gateway.Wire.Connections;
using Iggy.Gateway.Wire.Frames;
using Iggy.Gateway.Wire.Messages;
using Iggy.Gateway.Wire.Quic;
using Iggy.Gateway.Wire.Tcp;
using Iggy.Gateway.Wire.Vsr;
using Iggy.Gateway.Wire.WebSockets;
using Iggy.Protocol;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Iggy.Gateway.Wire;

/// <summary>Registration of the binary protocol, in all its dialects and over all that carries bytes.</summary>
public static class WireServiceCollectionExtensions
{
    /// <summary>Adds the listeners of TCP, QUIC and WebSocket. To be called after the gateway is added.</summary>
    public static IServiceCollection AddIggyWire(this IServiceCollection services)
    {
        services.AddOptions<TcpOptions>().BindConfiguration("Iggy:Tcp").ValidateOnStart();
        services.AddOptions<QuicOptions>().BindConfiguration(QuicOptions.Section).ValidateOnStart();
        services.AddOptions<WebSocketListenerOptions>().BindConfiguration(WebSocketListenerOptions.Section).ValidateOnStart();
        services.AddOptions<VsrOptions>().BindConfiguration(VsrOptions.Section).ValidateOnStart();
        services.AddListenerTls(TlsOptions.TcpSection);
        services.AddListenerCertificate(QuicOptions.CertificateSection);
        services.AddListenerTls(WebSocketListenerOptions.TlsSection);
        services.TryAddEnumerable(
        [
            ServiceDescriptor.Singleton<IValidateOptions<VsrOptions>, VsrOptionsValidator>(),
            ServiceDescriptor.Singleton<IValidateOptions<TcpOptions>, TcpOptionsValidator>(),
            ServiceDescriptor.Singleton<IValidateOptions<QuicOptions>, QuicOptionsValidator>(),
            ServiceDescriptor.Singleton<IValidateOptions<WebSocketListenerOptions>, WebSocketListenerOptionsValidator>(),
        ]);

        services.TryAddSingleton<PollMessages>();
        services.TryAddSingleton<ClassicUsers>();
        services.TryAddSingleton<ClassicControl>();
        services.TryAddSingleton<ClassicGroups>();
        services.TryAddSingleton<ClassicMessages>();
        services.TryAddSingleton<ClassicOffsets>();
        services.TryAddSingleton(static services => ClassicCommandTable.Build(
            services.GetRequiredService<ClassicControl>(), services.GetRequiredService<ClassicMessages>(), services.GetRequiredService<PollMessages>(),
            services.GetRequiredService<ClassicOffsets>(), services.GetRequiredService<ClassicGroups>()));
        services.TryAddSingleton<SendLeave>();
        services.TryAddSingleton<CommandDispatcher>();
        services.TryAddSingleton<VsrClients>();
        services.TryAddSingleton<VsrLogins>();
        services.TryAddSingleton<VsrCatalog>();
        services.TryAddSingleton<VsrMessages>();
        services.TryAddSingleton<SessionFile>();
        services.TryAddSingleton<LogicalSessions>();
        services.TryAddSingleton<V12Catalog>();
        services.TryAddSingleton<V12Messages>();
        services.TryAddSingleton(static services =>
        {
            var table = VsrCommandTable.Build(
                services.GetRequiredService<VsrLogins>(), services.GetRequiredService<VsrCatalog>(), services.GetRequiredService<VsrMessages>(),
                services.GetRequiredService<FrozenDictionary<CommandCode, DialectCommand>>());
            var options = services.GetRequiredService<IOptions<VsrOptions>>();
            var pipeline = new PipelineServer(
                Dispatcher(services, V12CommandTable.Build(services.GetRequiredService<V12Catalog>(), services.GetRequiredService<V12Messages>(), table)),
                services.GetRequiredService<LogicalSessions>(), services.GetRequiredService<Positions>(), new WaitingRequests(services.GetRequiredService<ReadWaits>()),
                options.Value.Windows(), services.GetRequiredService<ILogger<RequestPipeline>>());
            return new VsrServer(
                Dispatcher(services, table), services.GetRequiredService<VsrClients>(), services.GetRequiredService<IOptions<FrameLimits>>(), options,
                services.GetRequiredService<ILogger<VsrServer>>(), (stream, session) => new RequestPipeline(stream, session, pipeline));
        });
        services.TryAddSingleton<DialectChoice>();
        services.TryAddSingleton<StreamServer>();
        services.TryAddSingleton<QuicListenerFactory>();
        services.AddSingleton(QuicListenerFactory.ResetKey);

        services.AddHostedService<TcpListenerService>();
        services.AddHostedService<QuicListenerService>();
        services.AddHostedService<WebSocketListenerService>();
        return services;
    }

    private static CommandDispatcher Dispatcher(IServiceProvider services, FrozenDictionary<CommandCode, DialectCommand> table) => new(
        table, services.GetRequiredService<SendLeave>(), services.GetRequiredService<AccessCache>(), services.GetRequiredService<GatewayMetrics>(),
        services.GetRequiredService<ILogger<CommandDispatcher>>());
}
