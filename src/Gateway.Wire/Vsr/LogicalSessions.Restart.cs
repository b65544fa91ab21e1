using System.Collections.Concurrent;
using System.Security.Cryptography;
using Iggy.Gateway.Errors;
using Iggy.Gateway.Sessions;
using Iggy.Grains.Interfaces;
using Microsoft.Extensions.Logging;

namespace Iggy.Gateway.Wire.Vsr;

// Sessions of the server before.
internal sealed partial class LogicalSessions
{
    private readonly ConcurrentDictionary<UInt128, KeptSession> _restored = new(); // whose clients have not come back yet
    private readonly SemaphoreSlim _restoring = new(1); // a client comes back over several connections at once
    private readonly Lock _beginning = new();
    private long _begunAt;
    private volatile bool _hasBegun;

    /// <summary>Sessions of before a restart whose clients have not come back yet.</summary>
    public int AwaitedCount => _restored.Count;

    // With the first client, when the folder of the data is the server's for sure.
    private void BeginAfterRestart()
    {
        if (_hasBegun)
            return;
        lock (_beginning)
        {
            if (_hasBegun)
                return;
            var kept = _file.Open();
            for (var i = 0; i < kept.Length; i++)
            {
                if (_options.SessionGrace > TimeSpan.Zero && i < _options.MaxParkedSessions)
                    _restored[kept[i].Client] = kept[i];
                else
                    _file.Remove(kept[i].Client);
            }
            _begunAt = _clock.GetTimestamp();
            _hasBegun = true;
        }
    }

    // Nobody knows which numbers its client has used, so one that logs in anew begins anew.
    private bool TryReplaceRestored(UInt128 id, uint userId, byte[] secretHash)
    {
        BeginAfterRestart();
        if (_restored.TryGetValue(id, out var kept) && (kept.UserId != userId || !CryptographicOperations.FixedTimeEquals(secretHash, kept.SecretHash)))
            return false;
        _restored.TryRemove(id, out _);
        return true;
    }

    private async ValueTask RestoreAsync(UInt128 id, ulong number, byte[] secretHash, Session connection, ulong request)
    {
        await _restoring.WaitAsync();
        try
        {
            if (!_restored.TryGetValue(id, out var kept) || (number != 0 && number != kept.Number) || request == 0)
                return;
            connection.MaxReplyBytes = kept.MaxReplyBytes;
            var session = new LogicalSession(id, kept.UserId, kept.Number, kept.SecretHash, connection);
            if (!session.Knows(secretHash) || !_restored.TryRemove(id, out _))
                return;
            session.Replies.ForgetTo(request);
            session.Sent.ForgetTo(request);
            if (connection.Bound is not null)
                connection.RenewMemberships(); // those of the session before stay with it
            connection.LogIn(kept.UserId);
            if (!_sessions.TryAdd(id, session) || !Attach(session, connection))
                return;
            foreach (var group in kept.Groups)
                await JoinAgainAsync(connection, group);
            KeepGroups(session);
        }
        finally
        {
            _restoring.Release();
        }
    }

    // A group that is gone, or does not answer, is one that the client hears it is not in.
    private async Task JoinAgainAsync(Session member, KeptMembership group)
    {
        try
        {
            await _groups.JoinAsync(member, group.StreamId, group.TopicId, group.Topic, group.Group);
        }
        catch (Exception refused) when (refused is RefusedException || Unreachable.Is(refused))
        {
            LogNotJoined(_logger, member.ClientId, group.Group.Name, refused.Message);
        }
    }

    private void ForgetRestored()
    {
        if (_restored.IsEmpty || _clock.GetElapsedTime(_begunAt) < _options.SessionGrace)
            return;
        foreach (var id in _restored.Keys)
        {
            if (_restored.TryRemove(id, out _))
                _file.Remove(id);
        }
    }

    [LoggerMessage(3415, LogLevel.Debug, "Client {ClientId} is not back in group {Group} after a restart: {Reason}")]
    private static partial void LogNotJoined(ILogger logger, uint clientId, string group, string reason);
}
