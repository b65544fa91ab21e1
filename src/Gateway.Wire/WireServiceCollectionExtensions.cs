using System.Collections.Frozen;
using Iggy.Gateway.Limits;
using Iggy.Gateway.Metrics;
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
        services.TryAddSingleton(static services => new VsrServer(
            new CommandDispatcher(
                VsrCommandTable.Build(
                    services.GetRequiredService<VsrLogins>(), services.GetRequiredService<VsrCatalog>(), services.GetRequiredService<VsrMessages>(),
                    services.GetRequiredService<FrozenDictionary<CommandCode, DialectCommand>>()),
                services.GetRequiredService<SendLeave>(), services.GetRequiredService<AccessCache>(), services.GetRequiredService<GatewayMetrics>(), services.GetRequiredService<ILogger<CommandDispatcher>>()),
            services.GetRequiredService<VsrClients>(), services.GetRequiredService<IOptions<FrameLimits>>(),
            services.GetRequiredService<IOptions<VsrOptions>>(), services.GetRequiredService<ILogger<VsrServer>>()));
        services.TryAddSingleton<DialectChoice>();
        services.TryAddSingleton<StreamServer>();
        services.TryAddSingleton<QuicListenerFactory>();

        services.AddHostedService<TcpListenerService>();
        services.AddHostedService<QuicListenerService>();
        services.AddHostedService<WebSocketListenerService>();
        return services;
    }
}
