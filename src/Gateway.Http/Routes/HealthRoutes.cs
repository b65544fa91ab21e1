using System.Globalization;
using Iggy.Gateway.Host;
using Iggy.Grains.Interfaces.Hosting;
using Microsoft.AspNetCore.Http;

namespace Iggy.Gateway.Http.Routes;

/// <summary>What anybody may ask: who is here, and is it well.</summary>
internal sealed class HealthRoutes(ServerHealth health, IStorageHealth storage) : IApiRoutes
{
    public string Tag => "Health";

    public void AddTo(ApiRoutes routes)
    {
        Add(routes, "/", "Says what this is.", static call => TextAsync(call, "Iggy API"));
        Add(routes, "/ping", "Answers pong.", static call => TextAsync(call, "pong"));
        Add(routes, "/health/live", "Whether the process answers.", static call => AnswerAsync(call, true, "live", []));
        Add(routes, "/health/started", "Whether the start is over; 503 when not.",
            call => AnswerAsync(call, health.IsStarted, health.IsStarted ? "started" : "starting", [health.Look().First(static reason => reason.Name == "start")]));
        Add(routes, "/health/ready", "Whether the server takes requests, and each reason by its name; 503 when not.",
            call => AnswerAsync(call, health.IsReady, health.IsReady ? "ready" : "not ready", health.Look()));
        Add(routes, "/health/storage", "Whether files of partitions are missing or damaged, as far as anybody looked; 503 when so.", AnswerStorageAsync);
    }

    private static Task AnswerAsync(HttpCall call, bool isWell, string status, IReadOnlyList<HealthReason> reasons) => JsonBodies.WriteAsync(
        call.Context.Response, isWell ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable,
        new HealthReply(status, reasons.ToDictionary(static reason => reason.Name, static reason => new HealthCheckReply(WordOf(reason.Status), reason.Detail))), ApiJson.Wire.HealthReply);

    private static string WordOf(HealthStatus status) => status switch
    {
        HealthStatus.Ok => "ok",
        HealthStatus.Degraded => "degraded",
        _ => "failed",
    };

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
