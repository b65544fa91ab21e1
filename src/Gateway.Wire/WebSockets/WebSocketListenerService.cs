using System.Net;
using System.Net.Security;
using Iggy.Gateway.Limits;
using Iggy.Gateway.Listeners;
using Iggy.Gateway.Tls;
using Iggy.Gateway.Wire.Connections;
using Iggy.Protocol;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Iggy.Gateway.Wire.WebSockets;

/// <summary>Opens the WebSocket listener: any path, any origin, no subprotocol, no compression; then frames as on TCP.</summary>
internal sealed partial class WebSocketListenerService(
    IOptions<WebSocketListenerOptions> options, IOptions<FrameLimits> limits, CertificateStore certificates, ConnectionGuard guard, GatewayEndpoints endpoints, StreamServer server,
    TimeProvider clock, ILoggerFactory logs, ILogger<WebSocketListenerService> logger) : WebListenerService
{
    // A handshake has no body.
    private const long MaxRequestBytes = 4096;

    private const int BlockBytes = 256 * 1024;

    protected override WebListener? Prepare()
    {
        if (!options.Value.Enabled)
            return null;
        if (!ListenAddress.TryParse(options.Value.Address, out var address))
            throw new InvalidOperationException("WebSocketListenerOptions were not validated.");

        var settings = new WebListenerSettings
        {
            AddressKey = "Iggy:WebSocket:Address",
            Address = address,
            Door = new ListenerDoor(guard, new DoorSettings(WebSocketListenerOptions.Section, options.Value.MaxConnections), clock, logger),
            PeerTimeout = limits.Value.PeerTimeout,
            MaxRequestBytes = MaxRequestBytes,
            OffersHttp2 = false, // its WebSockets are streams of one connection, which the released clients do not ask for
            Tls = WebTls.Of(certificates.Open(WebSocketListenerOptions.TlsSection), SslApplicationProtocol.Http11),
        };
        return WebListener.Create(settings, logs, AddTransport, Map);
    }

    protected override void Opened(IPEndPoint endPoint)
    {
        endpoints.WebSocket = endPoint;
        LogListening(logger, endPoint);
    }

    // Frames of a megabyte, where Kestrel is made for requests of a web page. What runs inline here only waits for a grain: nothing blocks.
    private static void AddTransport(IServiceCollection services)
    {
        services.AddSingleton<IMemoryPoolFactory<byte>>(new LargeBlocks(BlockBytes));
        services.Configure<SocketTransportOptions>(static sockets => sockets.UnsafePreferInlineScheduling = true);
    }

    private void Map(WebApplication application, CancellationToken stopping)
    {
        var ping = options.Value.PingInterval;
        application.UseWebSockets(new WebSocketOptions { KeepAliveInterval = ping, KeepAliveTimeout = ping == TimeSpan.Zero ? Timeout.InfiniteTimeSpan : ping });
        application.Run(context => ServeAsync(context, stopping));
    }

    private async Task ServeAsync(HttpContext context, CancellationToken stopping)
    {
        if (!context.WebSockets.IsWebSocketRequest)
        {
            context.Response.StatusCode = StatusCodes.Status426UpgradeRequired;
            context.Response.Headers.Upgrade = "websocket";
            return;
        }

        var stream = new WebSocketByteStream(await context.WebSockets.AcceptWebSocketAsync(), context.Features.Get<IConnectionSocketFeature>()?.Socket, options.Value.MaxMessageBytes, clock, context.RequestAborted);
        using (stopping.UnsafeRegister(static stream => ((WebSocketByteStream)stream!).StopReceiving(), stream))
        {
            var place = context.Features.GetRequiredFeature<ConnectionPlace>();
            var local = context.Connection.LocalIpAddress is { } own ? new IPEndPoint(own, context.Connection.LocalPort) : null;
            await server.ServeAsync(stream, TransportKind.WebSocket, place, local, context.Abort, () => stopping.IsCancellationRequested);
        }
    }

    [LoggerMessage(3070, LogLevel.Information, "Listening on {Address} (WebSocket)")]
    private static partial void LogListening(ILogger logger, EndPoint address);
}
