using Grpc.Core;
using Iggy.Gateway.Limits;
using Iggy.Gateway.Sessions;
using Iggy.Protocol;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Iggy.Gateway.Grpc.Calls;

/// <summary>What is known of a call while it lasts; found among the features of its request.</summary>
/// <param name="context">The request.</param>
/// <param name="session">Who calls; not logged in where a method is for anybody.</param>
/// <param name="body">What it sends.</param>
/// <param name="stopping">Set when the server stops: what runs long has to end then.</param>
internal sealed class CallState(HttpContext context, Session session, GatedReader body, CancellationToken stopping)
{
    /// <summary>The request.</summary>
    public HttpContext Context { get; } = context;

    /// <summary>Who calls.</summary>
    public Session Session { get; } = session;

    /// <summary>Set when the server stops.</summary>
    public CancellationToken Stopping { get; } = stopping;

    /// <summary>How it ended, for the metrics.</summary>
    public IggyError Error { get; set; }

    /// <summary>Things to be disposed when the answer is out.</summary>
    public IDisposable? Held { get; set; }

    /// <summary>The room of the message that was read last, which is the caller's from now on.</summary>
    public HeldRoom TakeRoom() => body.TakeRoom();

    /// <summary>The state of a call.</summary>
    public static CallState Of(ServerCallContext call) => call.GetHttpContext().Features.GetRequiredFeature<CallState>();
}
