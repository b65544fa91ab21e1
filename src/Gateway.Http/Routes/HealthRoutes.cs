using System.Globalization;
using Iggy.Grains.Interfaces.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Hosting;

namespace Iggy.Gateway.Http.Routes;

/// <summary>What anybody may ask: who is here, and is it well.</summary>
internal sealed class HealthRoutes(IHostApplicationLifetime lifetime, IStorageHealth storage) : IApiRoutes
{
    public void AddTo(ApiRoutes routes)
    {
        Add(routes, "/", "Says what this is.", static call => TextAsync(call, "Iggy API"));
        Add(routes, "/ping", "Answers pong.", static call => TextAsync(call, "pong"));
        Add(routes, "/health/live", "Whether the process answers.", static call => TextAsync(call, "live"));
        Add(routes, "/health/ready", "Whether the server takes requests; 503 when not.", call =>
        {
            var isReady = lifetime.ApplicationStarted.IsCancellationRequested && !lifetime.ApplicationStopping.IsCancellationRequested;
            if (!isReady)
                call.Context.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
            return TextAsync(call, isReady ? "ready" : "not ready");
        });
        Add(routes, "/health/storage", "Whether files of partitions are missing or damaged, as far as anybody looked; 503 when so.", AnswerStorageAsync);
    }

    // Numbers only: anybody may ask.
    private Task AnswerStorageAsync(HttpCall call)
    {
        var found = storage.Findings;
        if (found.Partitions == 0)
            return TextAsync(call, "whole");
        call.Context.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
        return TextAsync(call, string.Create(CultureInfo.InvariantCulture,
            $"partitions unwell: {found.Partitions}, messages lost: {found.LostMessages}, stored offsets lost: {found.LostStoredOffsets}"));
    }

    private static void Add(ApiRoutes routes, string path, string summary, ApiHandler handler) =>
        routes.Add(new ApiRoute(HttpMethods.Get, path, summary, handler) { IsPublic = true });

    private static Task TextAsync(HttpCall call, string text)
    {
        call.Context.Response.ContentType = "text/plain; charset=utf-8";
        call.Context.Response.ContentLength = text.Length; // ASCII all of it
        return call.Context.Response.WriteAsync(text, call.Aborted);
    }
}
