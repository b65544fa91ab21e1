using Iggy.Gateway.Http;
using Iggy.Protocol;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Iggy.Gateway.Sessions;

/// <summary>Sends silent clients away: out of their groups at once, so that others get their partitions, and off the line.</summary>
/// <remarks>Clients with a connection only where heartbeats are asked for; sessions over HTTP always, for nothing else tells that such a client is gone.</remarks>
internal sealed partial class HeartbeatService(
    SessionRegistry sessions, IOptions<HeartbeatOptions> options, IOptions<HttpOptions> http, TimeProvider clock, ILogger<HeartbeatService> logger) : BackgroundService
{
    private const double Patience = 1.2; // intervals, as Apache Iggy has it
    private const int LooksPerLimit = 6;

    private readonly TimeSpan? _connected = options.Value.Enabled ? options.Value.Interval * Patience : null;
    private readonly TimeSpan? _http = http.Value.Enabled ? http.Value.SessionTimeout : null;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if ((_connected < _http ? _connected : _http ?? _connected) is not { } shortest)
            return;
        using var timer = new PeriodicTimer(shortest / LooksPerLimit, clock);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
                await Task.WhenAll(Array.ConvertAll(FindSilent(), EvictAsync));
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The way out of the loop when the server stops.
        }
    }

    private TimeSpan? LimitOf(Session session) => session.Transport is TransportKind.Http ? _http : _connected;

    private Session[] FindSilent() => Array.FindAll(sessions.List(), session => LimitOf(session) is { } limit && session.Life.LookForSilence(clock) > limit);

    private Task EvictAsync(Session session)
    {
        LogSilent(logger, session.ClientId, LimitOf(session) ?? default);
        return sessions.EvictAsync(session);
    }

    [LoggerMessage(3031, LogLevel.Information, "Client {ClientId} was silent for more than {Limit}; it loses its connection and its places in groups")]
    private static partial void LogSilent(ILogger logger, uint clientId, TimeSpan limit);
}
