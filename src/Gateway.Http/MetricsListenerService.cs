using System.Net;
using Iggy.Gateway.Http.Routes;
using Iggy.Gateway.Limits;
using Iggy.Gateway.Listeners;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Iggy.Gateway.Http;

/// <summary>Shows the server's figures on an address of their own, where one is set: for a scraper in a network of its own, without a login.</summary>
internal sealed partial class MetricsListenerService(
    IOptions<HttpOptions> options, IOptions<FrameLimits> limits, ConnectionGuard guard, TimeProvider clock, MetricsRoutes metrics, ILoggerFactory logs, ILogger<MetricsListenerService> logger)
    : WebListenerService
{
    private const int MaxConnections = 100; // scrapers are few
    private const int MaxRequestBytes = 1024; // and send nothing

    protected override WebListener? Prepare()
    {
        if (!options.Value.MetricsEnabled || string.IsNullOrEmpty(options.Value.MetricsAddress))
            return null;
        if (!ListenAddress.TryParse(options.Value.MetricsAddress, out var address))
            throw new InvalidOperationException("HttpOptions were not validated.");

        var settings = new WebListenerSettings
        {
            AddressKey = "Iggy:Http:MetricsAddress",
            Address = address,
            Door = new ListenerDoor(guard, new DoorSettings("metrics", MaxConnections), clock, logger),
            PeerTimeout = limits.Value.PeerTimeout,
            MaxRequestBytes = MaxRequestBytes,
            HeadersTimeout = options.Value.HeadersTimeout,
            KeepAliveTimeout = options.Value.KeepAliveTimeout,
        };
        return WebListener.Create(settings, logs, static services => services.AddRoutingCore(), Map);
    }

    protected override void Opened(IPEndPoint endPoint) => LogListening(logger, endPoint);

    private void Map(WebApplication application, CancellationToken stopping)
    {
        metrics.Start(application.Services);
        application.Run(AnswerAsync);
    }

    private async Task AnswerAsync(HttpContext context)
    {
        if (context.Request.Path != options.Value.MetricsPath)
        {
            context.Response.StatusCode = StatusCodes.Status404NotFound;
        }
        else if (!HttpMethods.IsGet(context.Request.Method))
        {
            context.Response.StatusCode = StatusCodes.Status405MethodNotAllowed;
            context.Response.Headers.Allow = HttpMethods.Get;
        }
        else
        {
            try
            {
                await metrics.WriteAsync(context);
            }
            catch (Exception failed) when (!context.RequestAborted.IsCancellationRequested)
            {
                LogFailed(logger, failed);
                if (context.Response.HasStarted)
                    context.Abort(); // only a broken connection tells that it is no whole answer
                else
                    context.Response.StatusCode = StatusCodes.Status500InternalServerError;
            }
        }
    }

    [LoggerMessage(3240, LogLevel.Information, "Listening on {Address} (metrics)")]
    private static partial void LogListening(ILogger logger, EndPoint address);

    [LoggerMessage(3241, LogLevel.Error, "The figures could not be shown")]
    private static partial void LogFailed(ILogger logger, Exception exception);
}
