using System.Net;
using System.Net.Security;
using Iggy.Gateway.Jwt;
using Iggy.Gateway.Http.Routes;
using Iggy.Gateway.Limits;
using Iggy.Gateway.Listeners;
using Iggy.Gateway.Metrics;
using Iggy.Gateway.Tls;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Iggy.Gateway.Http;

/// <summary>Opens the HTTP listener and puts the API on it.</summary>
internal sealed partial class HttpListenerService(
    IOptions<HttpOptions> options, IOptions<FrameLimits> limits, CertificateStore certificates, ConnectionGuard guard, TimeProvider clock, GatewayEndpoints endpoints, IEnumerable<IApiRoutes> groups, ApiPipeline pipeline,
    CorsHeaders cors, WebUi ui, MetricsRoutes metrics, GatewayMetrics counters, BearerAuthentication bearers, JwtKeys keys, ILoggerFactory logs, ILogger<HttpListenerService> logger)
    : WebListenerService
{
    // Readers of pushed messages only listen. One that vanished without a word shows by not acknowledging the next comment, and must not keep its place in a group.
    private static readonly TimeSpan _unansweredTimeout = TimeSpan.FromSeconds(30);

    private readonly List<ApiRoute> _routes = []; // filled before anybody can ask for their document

    protected override WebListener? Prepare()
    {
        if (!options.Value.Enabled)
            return null;
        if (!ListenAddress.TryParse(options.Value.Address, out var address))
            throw new InvalidOperationException("HttpOptions were not validated.");

        keys.Load();
        var settings = new WebListenerSettings
        {
            AddressKey = "Iggy:Http:Address",
            Address = address,
            Door = new ListenerDoor(guard, new DoorSettings(HttpOptions.Section, options.Value.MaxConnections), clock, logger),
            MaxRequestBytes = options.Value.MaxRequestBytes,
            PeerTimeout = limits.Value.PeerTimeout,
            UnansweredTimeout = _unansweredTimeout,
            HeadersTimeout = options.Value.HeadersTimeout,
            KeepAliveTimeout = options.Value.KeepAliveTimeout,
            Tls = WebTls.Of(certificates.Open(TlsOptions.HttpSection), SslApplicationProtocol.Http2, SslApplicationProtocol.Http11),
        };
        return WebListener.Create(settings, logs, AddServices, Map);
    }

    protected override void Opened(IPEndPoint endPoint)
    {
        endpoints.Http = endPoint;
        LogListening(logger, endPoint);
    }

    private void AddServices(IServiceCollection services)
    {
        services.AddRoutingCore();
        bearers.AddTo(services);
        ApiDocument.AddTo(services, _routes);
    }

    private void Map(WebApplication application, CancellationToken stopping)
    {
        ui.AddTo(application);
        application.UseRouting();
        application.Use((context, next) =>
        {
            counters.CountHttp();
            return next(context);
        });
        application.Use(cors.InvokeAsync);
        application.Use((context, next) => context.GetEndpoint()?.Metadata.GetMetadata<ApiRoute>() is null ? pipeline.RefuseAsync(context, next) : next(context));
        var routes = new ApiRoutes(application, pipeline, _routes);
        foreach (var group in groups)
            routes.Add(group);
        pipeline.SetPublic(routes.Public);
        ApiDocument.Map(application);
        metrics.Start(application.Services);
    }

    [LoggerMessage(3200, LogLevel.Information, "Listening on {Address} (HTTP)")]
    private static partial void LogListening(ILogger logger, EndPoint address);
}
