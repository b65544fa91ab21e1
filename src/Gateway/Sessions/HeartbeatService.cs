using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Iggy.Gateway.Sessions;

/// <summary>Sends silent clients away: out of their groups at once, so that others get their partitions, and off the line.</summary>
internal sealed partial class HeartbeatService(
    SessionRegistry sessions, IOptions<HeartbeatOptions> options, TimeProvider clock, ILogger<HeartbeatService> logger) : BackgroundService
{
    private const double Patience = 1.2; // intervals, as Apache Iggy has it
    private const int LooksPerInterval = 5;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (!options.Value.Enabled)
            return;
        using var timer = new PeriodicTimer(options.Value.Interval / LooksPerInterval, clock);
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

    private Session[] FindSilent() =>
        Array.FindAll(sessions.List(), session => session.Life.LookForSilence(clock) > options.Value.Interval * Patience);

    private Task EvictAsync(Session session)
    {
        LogSilent(logger, session.ClientId, options.Value.Interval);
        return sessions.EvictAsync(session);
    }

    [LoggerMessage(3031, LogLevel.Information, "Client {ClientId} was silent for more than 1.2 times {Interval}; its connection is closed")]
    private static partial void LogSilent(ILogger logger, uint clientId, TimeSpan interval);
}
