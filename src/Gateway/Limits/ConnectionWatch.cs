using System.Collections.Concurrent;
using Iggy.Gateway.Sessions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Iggy.Gateway.Limits;

/// <summary>Closes connections of any transport that do not log in, stall inside a large request or reply, or are silent for too long, and notices those
/// whose client left while its login waits.</summary>
/// <remarks>One look at all of them from time to time, so that a request costs nothing for it. A limit is therefore kept to an eighth of the
/// shortest one, or a second where that is less.</remarks>
internal sealed partial class ConnectionWatch : IDisposable
{
    private static readonly TimeSpan LongestInterval = TimeSpan.FromSeconds(1);

    // The slowest line that is worth serving. A reply is sent in one go, so its parts are not seen: a large one gets more time by it. A large request
    // that has its memory must come as fast once its grace is over, or a byte now and then would keep others waiting for hours.
    private const double SlowestBytesPerSecond = FrameLimits.SlowestBytesPerSecond;

    private readonly ConcurrentDictionary<Session, Watched> _watched = new();
    private readonly FrameLimits _limits;
    private readonly TimeProvider _clock;
    private readonly ILogger<ConnectionWatch> _logger;
    private readonly ITimer? _timer;
    private int _isLooking;

    /// <summary>Looks from here on, if there is a limit at all.</summary>
    public ConnectionWatch(IOptions<FrameLimits> limits, TimeProvider clock, ILogger<ConnectionWatch> logger)
    {
        (_limits, _clock, _logger) = (limits.Value, clock, logger);
        var interval = LongestInterval;
        var isNeeded = false;
        foreach (var limit in (ReadOnlySpan<TimeSpan>)[_limits.LoginTimeout, _limits.IdleTimeout, _limits.StallTimeout])
        {
            if (limit <= TimeSpan.Zero)
                continue;
            isNeeded = true;
            interval = limit / 8 < interval ? limit / 8 : interval;
        }
        if (interval < TimeSpan.FromMilliseconds(1))
            interval = TimeSpan.FromMilliseconds(1); // a timer's smallest step
        if (isNeeded)
            _timer = clock.CreateTimer(static state => ((ConnectionWatch)state!).Look(), this, interval, interval);
    }

    /// <summary>Watches a connection until <see cref="Remove"/>.</summary>
    /// <param name="session">Of the connection.</param>
    /// <param name="abort">Closes it at once, from any thread, and may come too late.</param>
    public void Add(Session session, Action abort) => _watched[session] = new Watched(abort, _clock.GetTimestamp(), session.Activity.Count);

    /// <summary>The connection is gone.</summary>
    public void Remove(Session session) => _watched.TryRemove(session, out _);

    /// <inheritdoc/>
    public void Dispose() => _timer?.Dispose();

    private void Look()
    {
        if (Interlocked.Exchange(ref _isLooking, 1) == 1)
            return; // the last look is not through
        try
        {
            var now = _clock.GetTimestamp();
            foreach (var (session, watched) in _watched)
                Judge(session, watched, now);
        }
        finally
        {
            Volatile.Write(ref _isLooking, 0);
        }
    }

    private void Judge(Session session, Watched watched, long now)
    {
        if (session.IsLoggingIn && session.HasLeft?.Invoke() is true)
            session.End(); // its place in the queue is free for others; the connection ends by itself

        var activity = session.Activity;
        var sendingBytes = activity.SendingBytes;
        if (session.IsLoggedIn)
            watched.StrangerSince = now; // where it logs out, the time starts again
        if (watched.Activity != activity.Count || (!activity.IsReceiving && sendingBytes == 0)) // a command that takes long is not the client's doing
            (watched.Activity, watched.SilentSince) = (activity.Count, now);

        var silent = _clock.GetElapsedTime(watched.SilentSince, now);
        if (IsOver(_limits.LoginTimeout, _clock.GetElapsedTime(watched.StrangerSince, now)))
            LogNotLoggedIn(_logger, session.ClientId, session.Address, _limits.LoginTimeout);
        else if (activity.IsInsideLargeRequest && IsOver(_limits.StallTimeout, silent))
            LogStalled(_logger, session.ClientId, session.Address, _limits.StallTimeout);
        else if (IsTooSlow(watched, activity, now))
            LogTooSlow(_logger, session.ClientId, session.Address, (long)SlowestBytesPerSecond, _limits.StallTimeout);
        else if (sendingBytes > 0 && IsOver(_limits.StallTimeout, silent - TimeSpan.FromSeconds(sendingBytes / SlowestBytesPerSecond)))
            LogNotRead(_logger, session.ClientId, session.Address, sendingBytes, silent);
        else if (IsOver(_limits.IdleTimeout, silent))
            LogIdle(_logger, session.ClientId, session.Address, _limits.IdleTimeout);
        else
            return;

        _watched.TryRemove(session, out _);
        watched.Abort();
    }

    private bool IsTooSlow(Watched watched, ConnectionActivity activity, long now)
    {
        var (request, receivedBytes) = (activity.LargeRequest, activity.ReceivedBytes);
        if (watched.LargeRequest != request)
            (watched.LargeRequest, watched.LargeSince, watched.BytesBefore) = (request, now, receivedBytes);
        var needed = (_clock.GetElapsedTime(watched.LargeSince, now) - _limits.StallTimeout).TotalSeconds;
        return activity.IsInsideLargeRequest && _limits.StallTimeout > TimeSpan.Zero && needed > 0
            && receivedBytes - watched.BytesBefore < (needed + _limits.StallTimeout.TotalSeconds) * SlowestBytesPerSecond;
    }

    private static bool IsOver(TimeSpan limit, TimeSpan passed) => limit > TimeSpan.Zero && passed > limit;

    /// <summary>What the last look saw. Belongs to whoever looks.</summary>
    private sealed class Watched(Action abort, long now, uint activity)
    {
        public Action Abort { get; } = abort;

        public long StrangerSince = now, SilentSince = now;

        public uint Activity = activity;

        public uint LargeRequest;

        public long LargeSince, BytesBefore;
    }

    [LoggerMessage(3050, LogLevel.Debug, "Client {ClientId} from {Address} is not logged in after {Limit} and is sent away (Iggy:Limits:LoginTimeout)")]
    private static partial void LogNotLoggedIn(ILogger logger, uint clientId, string address, TimeSpan limit);

    [LoggerMessage(3051, LogLevel.Debug, "Client {ClientId} from {Address} left a large request unfinished for {Limit} and is sent away (Iggy:Limits:StallTimeout)")]
    private static partial void LogStalled(ILogger logger, uint clientId, string address, TimeSpan limit);

    [LoggerMessage(3054, LogLevel.Debug, "Client {ClientId} from {Address} sends a large request at less than {Rate} B/s after {Limit} and is sent away (Iggy:Limits:StallTimeout)")]
    private static partial void LogTooSlow(ILogger logger, uint clientId, string address, long rate, TimeSpan limit);

    [LoggerMessage(3052, LogLevel.Debug, "Client {ClientId} from {Address} was silent for {Limit} and is sent away (Iggy:Limits:IdleTimeout)")]
    private static partial void LogIdle(ILogger logger, uint clientId, string address, TimeSpan limit);

    [LoggerMessage(3053, LogLevel.Debug, "Client {ClientId} from {Address} did not take its reply of {Bytes} B within {Time} and is sent away (Iggy:Limits:StallTimeout)")]
    private static partial void LogNotRead(ILogger logger, uint clientId, string address, int bytes, TimeSpan time);
}
