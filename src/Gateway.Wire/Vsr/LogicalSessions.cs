using System.Collections.Concurrent;
using Iggy.Gateway.Routing;
using Iggy.Gateway.Sessions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Iggy.Gateway.Wire.Vsr;

/// <summary>The sessions of the 0.12 line at this gateway. One without a connection is kept for a while, so that its client can come back to it.</summary>
/// <remarks>They outlive the server: who comes back in time after a restart is bound again, and back in its groups. What was answered to its requests is not kept, so a number from before
/// hears that nobody knows what became of it, and is never carried out twice.</remarks>
internal sealed partial class LogicalSessions : IDisposable
{
    private static readonly TimeSpan _look = TimeSpan.FromSeconds(2);

    private readonly ConcurrentDictionary<UInt128, LogicalSession> _sessions = new();
    private readonly ConcurrentDictionary<LogicalSession, byte> _parked = new();
    private readonly Positions _positions;
    private readonly GroupMemberships _groups;
    private readonly VsrOptions _options;
    private readonly SessionFile _file;
    private readonly TimeProvider _clock;
    private readonly ILogger<LogicalSessions> _logger;
    private readonly ITimer _timer;

    /// <summary>Forgets what was left for too long, from here on.</summary>
    public LogicalSessions(
        Positions positions, GroupMemberships groups, SessionFile file, IOptions<VsrOptions> options, TimeProvider clock, ILogger<LogicalSessions> logger)
    {
        (_positions, _groups, _file, _options, _clock, _logger) = (positions, groups, file, options.Value, clock, logger);
        _timer = clock.CreateTimer(static state => _ = ((LogicalSessions)state!).ForgetParkedAsync(), this, _look, _look);
    }

    /// <summary>Sessions with and without connections.</summary>
    public int Count => _sessions.Count;

    /// <summary>The session of a connection that has just logged in: that of a login before whose reply was lost, or a new one.</summary>
    /// <returns>Null when the id belongs to somebody else, or to one of another secret.</returns>
    public LogicalSession? Register(UInt128 id, byte[] secretHash, Session connection)
    {
        if (!TryReplaceRestored(id, connection.UserId, secretHash))
            return null;
        while (true)
        {
            if (_sessions.TryGetValue(id, out var present))
            {
                if (present.UserId != connection.UserId || !present.Knows(secretHash))
                    return null;
                if (Attach(present, connection))
                    return present;
                _sessions.TryRemove(new(id, present));
                continue;
            }
            if (connection.Bound is not null)
                connection.RenewMemberships(); // those of the session before stay with it
            var session = new LogicalSession(id, connection.UserId, _positions.Next(), secretHash, connection);
            if (_sessions.TryAdd(id, session) && Attach(session, connection))
            {
                _file.Put(session.Kept);
                return session;
            }
        }
    }

    /// <summary>The session that a connection without a login asks for.</summary>
    /// <param name="id">Of the client.</param>
    /// <param name="number">Of the session; 0 for whichever there is.</param>
    /// <param name="secretHash">Of what its login said.</param>
    /// <param name="connection">Is logged in and bound where there is one.</param>
    /// <param name="request">Number of the request that asks: those before it are older than a restart of the server, if there was one since.</param>
    /// <returns>Null when there is none, or another one.</returns>
    public async ValueTask<LogicalSession?> BindAsync(UInt128 id, ulong number, byte[] secretHash, Session connection, ulong request)
    {
        BeginAfterRestart();
        if (!_restored.IsEmpty)
            await RestoreAsync(id, number, secretHash, connection, request);
        if (!_sessions.TryGetValue(id, out var session) || !session.Knows(secretHash) || (number != 0 && number != session.Number))
            return null;
        if (!Attach(session, connection))
            return null;
        connection.MaxReplyBytes = session.MaxReplyBytes;
        connection.LogIn(session.UserId);
        return session;
    }

    /// <summary>Ends a session everywhere, as its client asks for.</summary>
    public Task EndAsync(LogicalSession session) => ForgetAsync(session, session.End());

    /// <summary>A connection is gone.</summary>
    public void Detach(LogicalSession session, Session connection)
    {
        if (!session.Detach(connection, _clock.GetTimestamp()))
            return;
        _parked[session] = 0;
        if (_options.SessionGrace == TimeSpan.Zero || _parked.Count > _options.MaxParkedSessions)
            _ = ForgetParkedAsync();
    }

    /// <summary>Keeps the groups that a session is in now.</summary>
    public void KeepGroups(LogicalSession session) => _file.Regroup(session.Id, LogicalSession.MembershipsOf(session.Member));

    /// <inheritdoc/>
    public void Dispose()
    {
        _timer.Dispose();
        _restoring.Dispose();
    }

    private bool Attach(LogicalSession session, Session connection)
    {
        var before = connection.Bound;
        if (!session.TryAttach(connection))
            return false;
        if (before is not null && before.Client != session)
            Detach(before.Client, connection);
        _parked.TryRemove(session, out _);
        connection.Bound = before?.Client == session ? before : new BoundConnection(this, session);
        return true;
    }

    // Never fails: leaving groups does not.
    private async Task ForgetParkedAsync()
    {
        ForgetRestored();
        var surplus = Math.Max(0, _parked.Count - _options.MaxParkedSessions);
        var now = _clock.GetTimestamp();
        foreach (var session in _parked.Keys.OrderBy(static session => session.ParkedAt ?? long.MaxValue))
        {
            if (session.ParkedAt is not { } since || (surplus-- <= 0 && _clock.GetElapsedTime(since, now) < _options.SessionGrace))
                continue;
            if (session.End(onlyParked: true) is { } connections)
                await ForgetAsync(session, connections);
        }
    }

    private async Task ForgetAsync(LogicalSession session, Session[]? connections)
    {
        if (connections is null)
            return;
        _sessions.TryRemove(new(session.Id, session));
        _parked.TryRemove(session, out _);
        _file.Remove(session.Id);
        foreach (var connection in connections)
        {
            connection.Bound?.EndWaits();
            connection.Bound = null;
            connection.LogOut();
        }
        await _groups.EndAsync(session.Member);
        foreach (var connection in connections)
            connection.RenewMemberships();
    }
}
