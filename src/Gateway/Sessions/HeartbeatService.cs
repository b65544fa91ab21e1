using System.Collections.Frozen;
using Iggy.Protocol;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Iggy.Gateway.Sessions;

/// <summary>Sends silent clients away: out of their groups at once, so that others get their partitions, and off the line.</summary>
/// <remarks>Clients with a connection only where heartbeats are asked for, only members of groups, and only once in each interval: who is in no group keeps
/// nothing from anybody. Sessions over HTTP always, for nothing else tells that such a client is gone.</remarks>
internal sealed partial class HeartbeatService(
    SessionRegistry sessions, IOptions<HeartbeatOptions> options, IEnumerable<SilenceLimit> limits, TimeProvider clock, ILogger<HeartbeatService> logger) : BackgroundService
{
    private const double Patience = 1.2; // intervals, as Apache Iggy has it
    private const int LooksPerLimit = 6; // of which five are an interval

    private readonly TimeSpan _interval = options.Value.Interval;

    private readonly TimeSpan? _connected = options.Value.Enabled ? options.Value.Interval * Patience : null;
    private readonly FrozenDictionary<TransportKind, TimeSpan> _ownLimits = limits
        .Where(static own => own.Limit is not null).ToFrozenDictionary(static own => own.Transport, static own => own.Limit!.Value);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var shortest = _ownLimits.Values.Append(_connected ?? TimeSpan.MaxValue).Min();
        if (shortest == TimeSpan.MaxValue)
            return;
        var look = shortest / LooksPerLimit;
        using var timer = new PeriodicTimer(look, clock);
        var checkedAt = clock.GetTimestamp();
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                // Half a look: the timer is not exact, and one look more would be a fifth of the interval.
                var isCheck = clock.GetElapsedTime(checkedAt) > _interval - (look / 2);
                if (isCheck)
                    checkedAt = clock.GetTimestamp();
                await Task.WhenAll(Array.ConvertAll(FindSilent(isCheck), EvictAsync));
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The way out of the loop when the server stops.
        }
    }

    private TimeSpan? LimitOf(Session session) => _ownLimits.TryGetValue(session.Transport, out var own) ? own : _connected;

    private Session[] FindSilent(bool isCheck) => Array.FindAll(sessions.List(), session =>
    {
        var silent = session.Life.LookForSilence(clock); // at every look: that is how it is measured
        return LimitOf(session) is { } limit && silent > limit && (_ownLimits.ContainsKey(session.Transport) || (isCheck && session.Groups.All.Length > 0));
    });

    private Task EvictAsync(Session session)
    {
        LogSilent(logger, session.ClientId, LimitOf(session) ?? default);
        return sessions.EvictAsync(session);
    }

    [LoggerMessage(3031, LogLevel.Information, "Client {ClientId} was silent for more than {Limit}; it loses its connection and its places in groups")]
    private static partial void LogSilent(ILogger logger, uint clientId, TimeSpan limit);
}
