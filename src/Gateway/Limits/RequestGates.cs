using Iggy.Gateway.Sessions;
using Microsoft.Extensions.Options;

namespace Iggy.Gateway.Limits;

/// <summary>The gates of this server. Sessions that are not logged in have one of their own, so that strangers cannot keep users waiting.</summary>
internal sealed class RequestGates(IOptions<FrameLimits> limits)
{
    // At least one control frame of the largest size, else a sixteenth of what users have.
    private const long LeastForStrangers = 16 * 1024 * 1024;

    private readonly InFlightGate _users = new(limits.Value.MaxInFlightBytes);
    private readonly InFlightGate _strangers = new(Math.Max(LeastForStrangers, limits.Value.MaxInFlightBytes / 16));

    /// <summary>The gate for a session's next request. What entered it leaves it, also when the request itself logs in or out.</summary>
    public InFlightGate For(Session session) => session.IsLoggedIn ? _users : _strangers;
}
