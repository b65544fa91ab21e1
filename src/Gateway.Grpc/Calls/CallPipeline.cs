using System.Threading.RateLimiting;
using Grpc.AspNetCore.Server;
using Grpc.Core;
using Iggy.Gateway.Jwt;
using Iggy.Gateway.Limits;
using Iggy.Gateway.Metrics;
using Iggy.Protocol;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Options;

namespace Iggy.Gateway.Grpc.Calls;

/// <summary>The road of every call: is there room for it, who calls, then the service itself, with its body and its answer watched.</summary>
internal sealed class CallPipeline(
    BearerAuthentication bearers, RequestGates gates, IOptions<GrpcOptions> options, IOptions<FrameLimits> limits, GatewayMetrics metrics, TimeProvider clock) : IDisposable
{
    private const int MaxPublicBytes = 64 * 1024;
    private const string NoMethod = "none"; // what metrics show of a method that is not there

    // Who may not log in yet has to get that far, and who looks whether the server is well knows nobody here. The scaler's callers show who they are in their own way.
    private static readonly string[] _public = ["grpc.health.", "grpc.reflection.", "externalscaler.", "iggy.v1.Access/Login", "iggy.v1.Access/Refresh"];

    private readonly ConcurrencyLimiter _limiter = new(new ConcurrencyLimiterOptions { PermitLimit = options.Value.MaxCalls });

    /// <summary>Set when the listener stops.</summary>
    public CancellationToken Stopping { get; set; }

    /// <summary>Serves a call.</summary>
    public async Task RunAsync(HttpContext context, RequestDelegate next)
    {
        var name = context.GetEndpoint()?.Metadata.GetMetadata<GrpcMethodMetadata>()?.Method.FullName[1..];
        var isPublic = name is null || IsPublic(name);
        var started = metrics.Start();
        using var lease = IsProbe(name) ? null : _limiter.AttemptAcquire();
        if (lease is { IsAcquired: false })
        {
            Refuse(context, started, name, IggyError.InvalidCommand, StatusCode.ResourceExhausted, $"There are {options.Value.MaxCalls} calls at the moment (Iggy:Grpc:MaxCalls).");
            return;
        }
        var session = isPublic ? BearerAuthentication.NewSession(context, TransportKind.Grpc) : await bearers.OpenAsync(context, TransportKind.Grpc);
        if (session is null)
        {
            Refuse(context, started, name, IggyError.Unauthenticated, StatusCode.Unauthenticated, reason: null);
            return;
        }

        using var body = new GatedReader(context.Request.BodyReader, session, gates, isPublic ? MaxPublicBytes : options.Value.MaxMessageBytes, context.Abort, clock);
        using var answer = new WatchedWriter(context.Features.GetRequiredFeature<IHttpResponseBodyFeature>(), limits.Value.StallTimeout, context.Abort, clock);
        context.Features.Set<IRequestBodyPipeFeature>(body);
        context.Features.Set<IHttpResponseBodyFeature>(answer);
        var state = new CallState(context, session, body, Stopping);
        context.Features.Set(state);
        try
        {
            await next(context);
            await answer.FinishAsync(); // before its memory is given back
        }
        finally
        {
            state.Held?.Dispose();
            if (state.Error is IggyError.None && StatusOf(context) is not "0")
                state.Error = IggyError.InvalidCommand; // the framework's own refusal: no such method, too long a message, a body that is none
            metrics.Served(started, TransportKind.Grpc, Sessions.Dialect.Unknown, name ?? NoMethod, state.Error, body.TakenBytes, answer.SentBytes);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _limiter.Dispose();

    private static bool IsPublic(string name) => Array.Exists(_public, prefix => name.StartsWith(prefix, StringComparison.Ordinal));

    private static bool IsProbe(string? name) => name?.StartsWith("grpc.health.", StringComparison.Ordinal) is true;

    private void Refuse(HttpContext context, long started, string? name, IggyError error, StatusCode status, string? reason)
    {
        GrpcErrors.Answer(context.Response, GrpcErrors.Of(error, status, reason));
        metrics.Served(started, TransportKind.Grpc, Sessions.Dialect.Unknown, name ?? NoMethod, error, received: 0, sent: 0);
    }

    private static string? StatusOf(HttpContext context) =>
        context.Features.Get<IHttpResponseTrailersFeature>()?.Trailers is { } trailers && trailers.TryGetValue("grpc-status", out var status) ? status : context.Response.Headers["grpc-status"];
}
