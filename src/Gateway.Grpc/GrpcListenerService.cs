using System.Net;
using System.Net.Security;
using Grpc.AspNetCore.Server.Model;
using Iggy.Gateway.Grpc.Admin;
using Iggy.Gateway.Grpc.Calls;
using Iggy.Gateway.Grpc.Messages;
using Iggy.Gateway.Grpc.Scaling;
using Iggy.Gateway.Jwt;
using Iggy.Gateway.Limits;
using Iggy.Gateway.Listeners;
using Iggy.Gateway.Tls;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Iggy.Gateway.Grpc;

/// <summary>Opens the gRPC listener and puts the services on it.</summary>
internal sealed partial class GrpcListenerService(
    IOptions<GrpcOptions> options, IOptions<FrameLimits> limits, CertificateStore certificates, ConnectionGuard guard, TimeProvider clock, GatewayEndpoints endpoints, BearerAuthentication bearers, JwtKeys keys,
    CallPipeline pipeline, CallErrors errors, MessagesService messages, OffsetsService offsets, AdminService admin, AccessService access, HealthService health, ExternalScalerService scaler,
    ILoggerFactory logs, ILogger<GrpcListenerService> logger) : WebListenerService
{
    // A call has pipes of its own, and one that waits for its reader holds a block: so they are smaller than where a connection is one stream of frames.
    private const int BlockBytes = 32 * 1024;

    private static readonly TimeSpan _pingDelay = TimeSpan.FromSeconds(30);

    protected override WebListener? Prepare()
    {
        if (!options.Value.Enabled)
            return null;
        if (!ListenAddress.TryParse(options.Value.Address, out var address))
            throw new InvalidOperationException("GrpcOptions were not validated.");

        keys.Load();
        var settings = new WebListenerSettings
        {
            AddressKey = "Iggy:Grpc:Address",
            Address = address,
            Door = new ListenerDoor(guard, new DoorSettings(GrpcOptions.Section, options.Value.MaxConnections), clock, logger),
            MaxRequestBytes = options.Value.MaxMessageBytes,
            PeerTimeout = limits.Value.PeerTimeout,
            KeepAliveTimeout = options.Value.KeepAliveTimeout,
            IsHttp2Only = true,
            Limit = Limit,
            Tls = WebTls.Of(certificates.Open(TlsOptions.GrpcSection), SslApplicationProtocol.Http2),
        };
        return WebListener.Create(settings, logs, AddServices, Map);
    }

    protected override void Opened(IPEndPoint endPoint)
    {
        endpoints.Grpc = endPoint;
        LogListening(logger, endPoint);
    }

    private void Limit(KestrelServerLimits kestrel)
    {
        kestrel.MaxRequestBodySize = null; // a stream of messages has no end; each message has its limit
        kestrel.Http2.MaxStreamsPerConnection = options.Value.MaxCallsPerConnection;
        kestrel.Http2.KeepAlivePingDelay = _pingDelay; // a subscriber that vanished without a word must not keep its place in a group
        // The framework's rates are a connection's, and a reader that takes its time with one call would lose all: each call has a watch of its own.
        kestrel.MinRequestBodyDataRate = null;
        kestrel.MinResponseDataRate = null;
    }

    private void AddServices(IServiceCollection services)
    {
        services.AddSingleton<IMemoryPoolFactory<byte>>(new LargeBlocks(BlockBytes));
        services.Configure<SocketTransportOptions>(static sockets => sockets.UnsafePreferInlineScheduling = true); // what runs inline only hands frames to their calls
        services.AddRouting();
        services.AddGrpc(grpc =>
        {
            grpc.MaxReceiveMessageSize = options.Value.MaxMessageBytes;
            grpc.MaxSendMessageSize = null;
            grpc.CompressionProviders.Clear(); // what a small message becomes when it is unpacked is not known beforehand
            grpc.Interceptors.Add<CallErrors>();
        });
        services.AddSingleton(errors);
        bearers.AddTo(services);
        services.AddSingleton<IServiceMethodProvider<MessagesService>, MessagesMethods>();
        services.AddSingleton(messages).AddSingleton(offsets).AddSingleton(admin).AddSingleton(access).AddSingleton(health).AddSingleton(scaler);
        if (options.Value.Reflection)
            Reflections.AddTo(services);
    }

    private void Map(WebApplication application, CancellationToken stopping)
    {
        pipeline.Stopping = stopping;
        application.UseRouting();
        application.Use(pipeline.RunAsync);
        application.MapGrpcService<MessagesService>();
        application.MapGrpcService<OffsetsService>();
        application.MapGrpcService<AdminService>();
        application.MapGrpcService<AccessService>();
        application.MapGrpcService<HealthService>();
        application.MapGrpcService<ExternalScalerService>();
        if (options.Value.Reflection)
            Reflections.Map(application);
    }

    [LoggerMessage(3260, LogLevel.Information, "Listening on {Address} (gRPC)")]
    private static partial void LogListening(ILogger logger, EndPoint address);
}
