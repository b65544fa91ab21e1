using System.Diagnostics;
using Iggy.Gateway.Errors;
using Iggy.Gateway.Sessions;
using Iggy.Grains.Interfaces.Hosting;
using Iggy.Protocol;

namespace Iggy.Gateway.Tracing;

/// <summary>The spans of requests that come through front ends without spans of their own. Whoever asks looks at <see cref="IsOn"/> first: while nobody
/// collects traces a request costs that look and nothing else.</summary>
internal static class RequestTraces
{
    private static readonly ActivitySource _source = new(TraceSources.Gateway);

    /// <summary>Whether anybody collects.</summary>
    public static bool IsOn => _source.HasListeners();

    /// <summary>Begins the span of a request. Null when it is not wanted.</summary>
    /// <param name="session">Who asks.</param>
    /// <param name="command">The command's name.</param>
    /// <param name="parent">What the request belongs to; default for nothing that is known.</param>
    public static Activity? Start(Session session, string command, ActivityContext parent)
    {
        var activity = _source.StartActivity(command, ActivityKind.Server, parent);
        if (activity is not { IsAllDataRequested: true })
            return activity;
        activity.SetTag("rpc.system", "iggy");
        activity.SetTag("rpc.method", command);
        activity.SetTag("network.transport", TransportNames.Of(session.Transport));
        activity.SetTag("client.address", session.Address);
        activity.SetTag("iggy.dialect", DialectNames.Of(session.Dialect));
        return activity;
    }

    /// <summary>Tells how the request ended; ending the span is the caller's.</summary>
    public static void Tell(Activity activity, IggyError error)
    {
        if (error is IggyError.None || !activity.IsAllDataRequested)
            return;
        activity.SetTag("error.type", ErrorNames.Of(error));
        activity.SetStatus(ActivityStatusCode.Error);
    }
}
