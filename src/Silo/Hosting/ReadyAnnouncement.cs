using Iggy.Gateway.Listeners;
using Iggy.Grains.Options;
using Iggy.Silo.Configuration;
using Iggy.Silo.Options;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Iggy.Silo.Hosting;

/// <summary>Tells, before anything starts, what was noticed in the configuration, and, when all listeners are bound,
/// that the server is ready.</summary>
internal sealed partial class ReadyAnnouncement(
    ConfigurationNotes notes, IConfiguration configuration, IOptions<LoggingOptions> logging, IOptions<StorageOptions> storage,
    GatewayEndpoints endpoints, ILogger<ReadyAnnouncement> logger) : IHostedLifecycleService
{
    public Task StartingAsync(CancellationToken cancellationToken)
    {
        LogVersion(logger, ServerVersion.Text);
        foreach (var warning in notes.Warnings)
            LogWarning(logger, warning);
        foreach (var detail in notes.Details)
            LogDetail(logger, detail);
        if (logging.Value.ShowConfiguration)
        {
            foreach (var line in ConfigurationReport.Write(configuration).Split('\n', StringSplitOptions.RemoveEmptyEntries))
                LogSetting(logger, line);
        }
        return Task.CompletedTask;
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Runs after every hosted service has started.</summary>
    public Task StartedAsync(CancellationToken cancellationToken)
    {
        RuntimeConfigFile.Write(storage.Value.DataPath, endpoints);
        if (ContainerCheck.IsContainer && string.Join(", ", ContainerCheck.Unreachable(endpoints)) is { Length: > 0 } unreachable)
            LogUnreachable(logger, unreachable);
        LogReady(logger, (long)ProgramStart.Elapsed.TotalMilliseconds, storage.Value.DataPath);
        return Task.CompletedTask;
    }

    public Task StoppingAsync(CancellationToken cancellationToken)
    {
        LogStopping(logger);
        ProgramStart.NoteStopping();
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    [LoggerMessage(1900, LogLevel.Information, "{Version}")]
    private static partial void LogVersion(ILogger logger, string version);

    [LoggerMessage(1901, LogLevel.Warning, "{Note}")]
    private static partial void LogWarning(ILogger logger, string note);

    [LoggerMessage(1902, LogLevel.Debug, "{Note}")]
    private static partial void LogDetail(ILogger logger, string note);

    [LoggerMessage(1903, LogLevel.Information, "{Setting}")]
    private static partial void LogSetting(ILogger logger, string setting);

    [LoggerMessage(1904, LogLevel.Information, "Iggy.NET is ready after {Milliseconds} ms, data in {DataPath}")]
    private static partial void LogReady(ILogger logger, long milliseconds, string dataPath);

    [LoggerMessage(1906, LogLevel.Warning, "This is a container, and nobody outside of it reaches {Listeners}; an address such as 0.0.0.0 is reached")]
    private static partial void LogUnreachable(ILogger logger, string listeners);

    [LoggerMessage(1905, LogLevel.Information, "Iggy.NET is stopping")]
    private static partial void LogStopping(ILogger logger);
}
