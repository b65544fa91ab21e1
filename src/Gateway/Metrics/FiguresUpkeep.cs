using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Iggy.Gateway.Metrics;

/// <summary>Keeps the figures young where they are sent away by a timer, which cannot wait for a look.</summary>
internal sealed partial class FiguresUpkeep(ServerFigures figures, TimeSpan interval, TimeProvider clock, IHostApplicationLifetime lifetime, ILogger<FiguresUpkeep> logger) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var starting = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken, lifetime.ApplicationStarted);
        await Task.Delay(Timeout.InfiniteTimeSpan, clock, starting.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing); // nothing is open before
        using var timer = new PeriodicTimer(interval, clock);
        try
        {
            do
                await LookAsync();
            while (await timer.WaitForNextTickAsync(stoppingToken));
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The server stops.
        }
    }

    private async Task LookAsync()
    {
        try
        {
            await figures.LookAsync();
        }
        catch (Exception failed) // the next look may do better; until then the figures are the old ones
        {
            LogFailed(logger, failed.Message);
        }
    }

    [LoggerMessage(3250, LogLevel.Warning, "The figures could not be looked up: {Reason}; what is sent is older")]
    private static partial void LogFailed(ILogger logger, string reason);
}
