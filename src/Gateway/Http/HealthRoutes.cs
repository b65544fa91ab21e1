using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Hosting;

namespace Iggy.Gateway.Http;

/// <summary>What anybody may ask: who is here, and is it well.</summary>
internal sealed class HealthRoutes(IHostApplicationLifetime lifetime)
{
    /// <summary>Enters the routes.</summary>
    public void Map(IEndpointRouteBuilder routes)
    {
        Map(routes, "/", static context => Text(context, "Iggy API"));
        Map(routes, "/ping", static context => Text(context, "pong"));
        Map(routes, "/health/live", static context => Text(context, "live"));
        Map(routes, "/health/ready", context =>
        {
            var isReady = lifetime.ApplicationStarted.IsCancellationRequested && !lifetime.ApplicationStopping.IsCancellationRequested;
            if (!isReady)
                context.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
            return Text(context, isReady ? "ready" : "not ready");
        });
    }

    private static void Map(IEndpointRouteBuilder routes, string path, RequestDelegate handler) =>
        routes.MapMethods(path, [HttpMethods.Get, HttpMethods.Head], handler);

    private static Task Text(HttpContext context, string text)
    {
        context.Response.ContentType = "text/plain; charset=utf-8";
        context.Response.ContentLength = text.Length; // ASCII all of it
        return context.Response.WriteAsync(text, context.RequestAborted);
    }
}
