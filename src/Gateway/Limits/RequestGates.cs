using System.Runtime.CompilerServices;
using Iggy.Gateway.Sessions;
using Microsoft.Extensions.Options;

namespace Iggy.Gateway.Limits;

/// <summary>The memory of large requests on this server, shared out so that nobody can take all: a connection has at most a quarter, a user at most half. Sessions
/// that are not logged in have a gate of their own, so that strangers cannot keep users waiting.</summary>
/// <remarks>A request enters the gate of its connection, then its user's, then that of all, and waits in one at a time. Whoever is inside all of them waits for
/// nobody, and nobody inside an outer gate waits for an inner one, so every gate empties.</remarks>
internal sealed class RequestGates(IOptions<FrameLimits> limits)
{
    // At least one control frame of the largest size, else a sixteenth of what users have.
    private const long LeastForStrangers = 16 * 1024 * 1024;

    private readonly Lock _lock = new();
    private readonly ConditionalWeakTable<Session, InFlightGate> _byConnection = []; // forgets with the session
    private readonly Dictionary<uint, UserGate> _byUser = [];
    private readonly InFlightGate _users = new(limits.Value.MaxInFlightBytes);
    private readonly InFlightGate _strangers = new(Math.Max(LeastForStrangers, limits.Value.MaxInFlightBytes / 16));

    /// <summary>How long a large request that has its room may come slower than the slowest line; 0 for ever.</summary>
    public TimeSpan Grace => limits.Value.StallTimeout;

    /// <summary>Bytes held by all at the moment.</summary>
    public long InsideBytes => _users.InsideBytes + _strangers.InsideBytes;

    /// <summary>Users that hold bytes or wait for some.</summary>
    public int UsersCount
    {
        get
        {
            lock (_lock)
                return _byUser.Count;
        }
    }

    /// <summary>Waits until there is room for a request of a session.</summary>
    /// <returns>The room. What entered leaves, also when the request itself logs in or out.</returns>
    public async ValueTask<HeldRoom> EnterAsync(Session session, long bytes)
    {
        if (!session.IsLoggedIn)
        {
            await _strangers.EnterAsync(bytes);
            return new(this, bytes, Connection: null, UserId: null);
        }
        var (connection, userId) = (_byConnection.GetValue(session, _ => new InFlightGate(limits.Value.MaxInFlightBytes / 4)), session.UserId);
        await connection.EnterAsync(bytes);
        await Claim(userId).EnterAsync(bytes);
        await _users.EnterAsync(bytes);
        return new(this, bytes, connection, userId);
    }

    /// <summary>Gives room back. To be called once.</summary>
    public void Leave(HeldRoom room)
    {
        if (room is not { Connection: { } connection, UserId: { } userId })
        {
            _strangers.Leave(room.Bytes);
            return;
        }
        _users.Leave(room.Bytes);
        Release(userId, room.Bytes);
        connection.Leave(room.Bytes);
    }

    private InFlightGate Claim(uint userId)
    {
        lock (_lock)
        {
            if (!_byUser.TryGetValue(userId, out var user))
                _byUser[userId] = user = new(new InFlightGate(limits.Value.MaxInFlightBytes / 2));
            user.RequestsCount++;
            return user.Gate;
        }
    }

    private void Release(uint userId, long bytes)
    {
        lock (_lock)
        {
            var user = _byUser[userId];
            user.Gate.Leave(bytes);
            if (--user.RequestsCount == 0)
                _byUser.Remove(userId);
        }
    }

    private sealed class UserGate(InFlightGate gate)
    {
        public InFlightGate Gate { get; } = gate;

        public int RequestsCount { get; set; }
    }
}

/// <summary>Room that a large request has.</summary>
/// <param name="Gates">Where it is given back.</param>
/// <param name="Bytes">How much.</param>
/// <param name="Connection">The gate of the connection; null for strangers.</param>
/// <param name="UserId">The user; null for strangers.</param>
internal readonly record struct HeldRoom(RequestGates? Gates, long Bytes, InFlightGate? Connection, uint? UserId)
{
    /// <summary>Gives it back, if there is any. To be called once.</summary>
    public void Leave() => Gates?.Leave(this);
}
