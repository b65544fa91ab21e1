using System.Globalization;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Hosting.Systemd;

namespace Iggy.Silo.Hosting;

/// <summary>Tells systemd when the server is ready, when it stops and, where the unit sets <c>WatchdogSec</c>, that it still lives.</summary>
/// <remarks>
/// Signals stay with <see cref="StopSignals"/>; only the words to the service manager are the library's. The sign of life comes from the thread pool, so
/// a server whose pool is stuck is silent and is started again.
/// </remarks>
internal sealed class ServiceNotices(ISystemdNotifier systemd, TimeProvider clock, ServiceNotices.Watchdog watchdog) : IHostedLifecycleService, IDisposable
{
    private static readonly ServiceState _alive = new("WATCHDOG=1");

    private ITimer? _heartbeat;

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken)
    {
        if (systemd.IsEnabled)
        {
            systemd.Notify(ServiceState.Ready);
            if (watchdog.Interval is { } interval)
                _heartbeat = clock.CreateTimer(_ => systemd.Notify(_alive), null, TimeSpan.Zero, interval);
        }
        return Task.CompletedTask;
    }

    public Task StoppingAsync(CancellationToken cancellationToken)
    {
        if (systemd.IsEnabled)
            systemd.Notify(ServiceState.Stopping);
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public void Dispose() => _heartbeat?.Dispose();

    /// <summary>How often systemd wants a sign of life, as it tells in the environment.</summary>
    /// <param name="Interval">A third of what the unit allows, so that two may be late; null without a watchdog.</param>
    internal sealed record Watchdog(TimeSpan? Interval)
    {
        private const long MinMicros = 1000;
        private const long MaxMicros = 24L * 3600 * 1_000_000;

        /// <summary>Reads <c>WATCHDOG_USEC</c> and <c>WATCHDOG_PID</c>; what is meant for another process, or is no such number, counts as none.</summary>
        public static Watchdog Read(Func<string, string?> variable, int processId) =>
            long.TryParse(variable("WATCHDOG_USEC"), NumberStyles.None, CultureInfo.InvariantCulture, out var micros) && micros is >= MinMicros and <= MaxMicros
            && (variable("WATCHDOG_PID") is not { Length: > 0 } pid || pid == processId.ToString(CultureInfo.InvariantCulture))
                ? new Watchdog(TimeSpan.FromMicroseconds(micros / 3))
                : new Watchdog((TimeSpan?)null);
    }
}
