using System.Diagnostics;
using System.Threading.RateLimiting;
using Iggy.Gateway.Errors;
using Iggy.Gateway.Http.Groups;
using Iggy.Gateway.Http.Jwt;
using Iggy.Gateway.Limits;
using Iggy.Gateway.Metrics;
using Iggy.Gateway.Sessions;
using Iggy.Grains.Interfaces;
using Iggy.Protocol;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Primitives;

namespace Iggy.Gateway.Http;

/// <summary>The road of every request: is the path meant word for word, who asks, then the route itself. Every exception becomes an error body here.</summary>
internal sealed partial class ApiPipeline(BearerAuthentication bearers, HttpSessions sessions, RequestGates gates, IOptions<HttpOptions> options, GatewayMetrics metrics, ILogger<ApiPipeline> logger) : IDisposable
{
    private const long MaxPublicBytes = 64 * 1024;
    private const string NoRoute = "none"; // what metrics show of a path that is not there

    // In the newer line every answer but one names the view of the cluster; one server alone has never seen another.
    private const string ViewHeader = "iggy-view", PathWithoutView = "/ping";
    private static readonly StringValues FirstView = "0";

    private readonly ConcurrencyLimiter _limiter = new(new ConcurrencyLimiterOptions { PermitLimit = options.Value.MaxRequests });
    private IReadOnlyDictionary<string, string> _public = new Dictionary<string, string>();

    /// <summary>Tells which paths need no token, whatever the method.</summary>
    public void SetPublic(IReadOnlyDictionary<string, string> paths) => _public = paths;

    /// <summary>Serves a request that the router found a route for.</summary>
    public Task RunAsync(HttpContext context, ApiRoute route) => GuardAsync(context, route.Path, async () =>
    {
        using var lease = IsProbe(route) ? null : _limiter.AttemptAcquire();
        if (lease is { IsAcquired: false })
            throw new RequestRejectedException(StatusCodes.Status429TooManyRequests, $"There are {options.Value.MaxRequests} requests at the moment (Iggy:Http:MaxRequests).");
        var path = RequestPath.Of(context);
        if (!path.Matches((RouteEndpoint)context.GetEndpoint()!))
        {
            await RefuseUnknownAsync(context);
        }
        else if (route.IsPublic)
        {
            LimitBody(context);
            await route.Handler(Call(context, path, BearerAuthentication.NewSession(context)));
        }
        else if (_public.TryGetValue(path.Text, out var allow))
        {
            context.Response.Headers.Allow = allow; // a fixed word is never the name of a user
            throw new RequestRejectedException(StatusCodes.Status405MethodNotAllowed, "The path does not have this method.");
        }
        else
        {
            var session = await bearers.OpenAsync(context) ?? throw new CommandRefusedException(IggyError.Unauthenticated);
            sessions.Show(context, session);
            await route.Handler(Call(context, path, session));
        }
    });

    /// <summary>Serves a request that the router found no route for.</summary>
    /// <param name="context">The request.</param>
    /// <param name="next">Sets which methods the path has, when it has any.</param>
    public Task RefuseAsync(HttpContext context, RequestDelegate next) => GuardAsync(context, NoRoute, async () =>
    {
        if (context.GetEndpoint() is null)
        {
            await RefuseUnknownAsync(context);
            return;
        }
        if (!_public.ContainsKey(RequestPath.Of(context).Text) && await bearers.OpenAsync(context) is null)
            throw new CommandRefusedException(IggyError.Unauthenticated);
        await next(context);
        throw new RequestRejectedException(StatusCodes.Status405MethodNotAllowed, "The path does not have this method.");
    });

    /// <inheritdoc/>
    public void Dispose() => _limiter.Dispose();

    // Whoever looks whether the server is alive has to hear so, however busy it is.
    private static bool IsProbe(ApiRoute route) => route.IsPublic && route.Method == HttpMethods.Get;

    private HttpCall Call(HttpContext context, RequestPath path, Session session) => new(context, path, session, gates);

    // What anybody may send, without having logged in, is a login and nothing larger.
    private static void LimitBody(HttpContext context)
    {
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false, MaxRequestBodySize: not <= MaxPublicBytes } limit)
            limit.MaxRequestBodySize = MaxPublicBytes;
    }

    private async Task RefuseUnknownAsync(HttpContext context)
    {
        if (await bearers.OpenAsync(context) is null)
            throw new CommandRefusedException(IggyError.Unauthenticated);
        await AnswerAsync(context, StatusCodes.Status404NotFound, HttpErrors.NotFound);
    }

    private async Task GuardAsync(HttpContext context, string route, Func<Task> serve)
    {
        var (started, counted, error) = (Stopwatch.GetTimestamp(), metrics.Start(), IggyError.None);
        if (route != PathWithoutView)
            context.Response.Headers[ViewHeader] = FirstView;
        try
        {
            await serve();
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            // The client left; there is nobody to tell.
        }
        catch (CommandRefusedException refused)
        {
            error = refused.Error;
            await AnswerAsync(context, HttpErrors.Status(error), HttpErrors.Body(error));
        }
        catch (RequestRejectedException rejected)
        {
            error = IggyError.InvalidCommand;
            await AnswerAsync(context, rejected);
        }
        catch (BadHttpRequestException rejected) // the listener's own: a body that is too long or stops short
        {
            error = IggyError.InvalidCommand;
            await AnswerAsync(context, rejected.StatusCode, HttpErrors.Body(IggyError.InvalidCommand, rejected.Message));
        }
        catch (RefusedException refused)
        {
            LogRefused(logger, context.Request.Method, context.Request.Path, refused.Reason, refused.Message);
            error = RefusalTable.ToError(refused.Reason);
            if (refused.Reason is Refusal.TooManyLogins)
                await AnswerTooManyAsync(context, refused.Message);
            else
                await AnswerAsync(context, HttpErrors.Status(error), HttpErrors.Body(error));
        }
        catch (Exception late) when (Unreachable.Is(late))
        {
            LogLate(logger, context.Request.Method, context.Request.Path, late);
            error = IggyError.TaskTimeout;
            await AnswerAsync(context, HttpErrors.Status(error), HttpErrors.Body(error));
        }
        catch (Exception failed)
        {
            LogFailed(logger, context.Request.Method, context.Request.Path, failed);
            error = IggyError.Error;
            await AnswerAsync(context, HttpErrors.Status(error), HttpErrors.Body(error));
        }
        metrics.Served(counted, TransportKind.Http, Dialect.Unknown, route, error, context.Request.ContentLength ?? 0, SentBytes.Of(context));
        LogServed(logger, context.Request.Method, context.Request.Path, context.Response.StatusCode, Stopwatch.GetElapsedTime(started).TotalMilliseconds);
    }

    private static async Task AnswerAsync(HttpContext context, RequestRejectedException rejected)
    {
        switch (rejected.Status)
        {
            case StatusCodes.Status404NotFound:
                await AnswerAsync(context, rejected.Status, HttpErrors.NotFound);
                break;
            case StatusCodes.Status429TooManyRequests:
                await AnswerTooManyAsync(context, rejected.Message);
                break;
            case StatusCodes.Status413PayloadTooLarge:
                if (!context.Response.HasStarted)
                    context.Response.Headers.Connection = "close";
                await AnswerAsync(context, rejected.Status, HttpErrors.Body(IggyError.InvalidCommand, rejected.Message));
                await JsonBodies.DropAsync(context);
                break;
            default:
                await AnswerAsync(context, rejected.Status, HttpErrors.Body(IggyError.InvalidCommand, rejected.Message, rejected.Field));
                break;
        }
    }

    private static Task AnswerTooManyAsync(HttpContext context, string reason)
    {
        if (!context.Response.HasStarted)
            context.Response.Headers.RetryAfter = "1";
        return AnswerAsync(context, StatusCodes.Status429TooManyRequests, HttpErrors.TooMany(reason));
    }

    private static Task AnswerAsync(HttpContext context, int status, ErrorReply body)
    {
        if (!context.Response.HasStarted)
            return JsonBodies.WriteAsync(context.Response, status, body, ApiJson.Wire.ErrorReply);
        context.Abort(); // half an answer is gone out: only a broken connection tells that it is no whole one
        return Task.CompletedTask;
    }

    [LoggerMessage(3201, LogLevel.Debug, "{Method} {Path} was answered with {Status} after {Milliseconds} ms")]
    private static partial void LogServed(ILogger logger, string method, string path, int status, double milliseconds);

    [LoggerMessage(3202, LogLevel.Debug, "{Method} {Path} was refused as {Reason}: {Text}")]
    private static partial void LogRefused(ILogger logger, string method, string path, Refusal reason, string text);

    [LoggerMessage(3203, LogLevel.Warning, "{Method} {Path} got no answer from its grain in time; its outcome is unknown")]
    private static partial void LogLate(ILogger logger, string method, string path, Exception exception);

    [LoggerMessage(3204, LogLevel.Error, "{Method} {Path} failed")]
    private static partial void LogFailed(ILogger logger, string method, string path, Exception exception);
}
