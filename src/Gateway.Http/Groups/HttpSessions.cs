using System.Buffers.Text;
using System.Collections.Concurrent;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using Iggy.Gateway.Sessions;
using Iggy.Protocol;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;

namespace Iggy.Gateway.Http.Groups;

/// <summary>What a connection is to other transports: whom a consumer group knows as a member, over many requests.</summary>
/// <remarks>A client names its session in a header; without one the token is the name. It begins with the first request that needs it and ends by
/// <c>DELETE /session</c>, with the token, or when it is silent for too long (<see cref="HeartbeatService"/>); so no member stays behind.</remarks>
internal sealed class HttpSessions(SessionRegistry registry, IOptions<HttpOptions> options)
{
    /// <summary>The header that names a session: 1 to 64 letters, digits, dots, dashes and underscores.</summary>
    public const string Header = "Iggy-Session";

    private const int MostNameLength = 64;

    private readonly ConcurrentDictionary<SessionName, Session> _sessions = new();
    private readonly Lock _opening = new();

    /// <summary>How long one may be silent.</summary>
    public TimeSpan Timeout => options.Value.SessionTimeout;

    /// <summary>Counts a request as a sign of life of its session, should it have one.</summary>
    public void Show(HttpContext context, Session caller)
    {
        if (!_sessions.IsEmpty && TryName(context, caller.UserId, out var name) && _sessions.TryGetValue(name, out var session))
            session.Life.Show();
    }

    /// <summary>The session of a request, or null when there is none.</summary>
    /// <exception cref="RequestRejectedException">The header is malformed.</exception>
    public Session? Find(HttpCall call) => _sessions.GetValueOrDefault(Name(call)) is { Groups.IsEnded: false } session ? session : null;

    /// <summary>The session of a request, opened where there is none, for as long as the request works with it.</summary>
    /// <exception cref="RequestRejectedException">The header is malformed, or there are too many sessions.</exception>
    public HttpSessionUse Enter(HttpCall call)
    {
        var name = Name(call);
        var session = _sessions.GetValueOrDefault(name) is { Groups.IsEnded: false } present ? present : Open(name, call);
        session.Take(call.Session.Access); // as of this request
        return new HttpSessionUse(session);
    }

    /// <summary>The same for what needs a membership: without a session nothing is opened, for it could not have one.</summary>
    /// <exception cref="RequestRejectedException">The header is malformed.</exception>
    public HttpSessionUse EnterPresent(HttpCall call)
    {
        var session = Find(call) ?? call.Session;
        session.Take(call.Session.Access);
        return new HttpSessionUse(session);
    }

    /// <summary>Ends the session of a request, should there be one: it leaves all groups before this returns. Never fails.</summary>
    /// <exception cref="RequestRejectedException">The header is malformed.</exception>
    public ValueTask EndAsync(HttpCall call) => EndAsync(Name(call));

    /// <summary>Ends the session that has no name but the token of a request.</summary>
    public ValueTask EndOfTokenAsync(HttpCall call) => EndAsync(OfToken(call.Context, call.Session.UserId));

    /// <summary>What the client called its session; null when the token is the name.</summary>
    public static string? Given(HttpCall call) => Name(call) is { IsToken: false } name ? name.Text : null;

    private ValueTask EndAsync(SessionName name) => _sessions.TryRemove(name, out var session) ? new(registry.CloseAsync(session)) : default;

    private Session Open(SessionName name, HttpCall call)
    {
        var connection = call.Context.Connection;
        lock (_opening)
        {
            if (_sessions.GetValueOrDefault(name) is { Groups.IsEnded: false } present)
                return present; // another request was faster
            if (_sessions.Count >= options.Value.MaxSessions)
                throw new RequestRejectedException(StatusCodes.Status429TooManyRequests, $"All {options.Value.MaxSessions} sessions are taken (Iggy:Http:MaxSessions).");
            Session? opened = null;
            opened = registry.Open(
                TransportKind.Http, new IPEndPoint(connection.RemoteIpAddress ?? IPAddress.None, connection.RemotePort), () => _sessions.TryRemove(new(name, opened!)));
            opened.Turns = new RequestTurns();
            opened.LogIn(name.User);
            return _sessions[name] = opened;
        }
    }

    private static SessionName Name(HttpCall call) => TryName(call.Context, call.Session.UserId, out var name)
        ? name
        : throw new RequestRejectedException(
            StatusCodes.Status400BadRequest, $"The header {Header} is no name of a session; allowed: 1 to {MostNameLength} letters, digits, dots, dashes, underscores.");

    private static bool TryName(HttpContext context, uint user, out SessionName name)
    {
        var given = context.Request.Headers[Header];
        name = given.Count == 0 ? OfToken(context, user) : new SessionName(user, IsToken: false, given.ToString());
        return given.Count == 0 || (given is [{ Length: > 0 and <= MostNameLength } text] && !text.AsSpan().ContainsAnyExcept(_allowed));
    }

    // Not the token itself: what is kept in memory here is in no dump.
    private static SessionName OfToken(HttpContext context, uint user) =>
        new(user, IsToken: true, Base64Url.EncodeToString(SHA256.HashData(Encoding.UTF8.GetBytes(context.Request.Headers.Authorization.ToString()))));

    private static readonly System.Buffers.SearchValues<char> _allowed =
        System.Buffers.SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-");

    // By user too: nobody gets into another's session by guessing its name.
    private readonly record struct SessionName(uint User, bool IsToken, string Text);
}

/// <summary>A session while a request works with it: that long it is not silent.</summary>
internal readonly struct HttpSessionUse : IDisposable
{
    public HttpSessionUse(Session session) => (Session = session).Life.Asked();

    public Session Session { get; }

    public void Dispose() => Session.Life.Answered();
}
