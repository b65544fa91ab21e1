using Iggy.Grains.Interfaces.Streams;
using Iggy.Grains.Interfaces.Topics;
using Microsoft.Extensions.Logging;

namespace Iggy.Grains.Hosting;

/// <summary>Walks the catalog once, in the background, after the server is up: so unfinished removals go on, and partition folders
/// that no topic lists are reported. It never deletes anything.</summary>
internal sealed partial class StartupCheck(IGrainFactory grains, ILogger<StartupCheck> logger) : IDisposable
{
    private readonly HashSet<string> _unlisted = new(StringComparer.Ordinal); // keys of the folders found, until the walk meets them
    private readonly CancellationTokenSource _stopping = new();
    private string _path = "";
    private Task _walk = Task.CompletedTask;

    /// <summary>Notes which folders there are, before any can be made.</summary>
    public void NoteFolders(string partitionsPath)
    {
        _path = partitionsPath;
        foreach (var topic in Directory.EnumerateDirectories(partitionsPath))
        {
            foreach (var partition in Directory.EnumerateDirectories(topic))
                _unlisted.Add($"{Path.GetFileName(topic)}/{Path.GetFileName(partition)}");
        }
    }

    public Task StartAsync()
    {
        _walk = Task.Run(() => WalkAsync(_stopping.Token));
        return Task.CompletedTask;
    }

    public async Task StopAsync()
    {
        await _stopping.CancelAsync();
        await _walk;
    }

    public void Dispose() => _stopping.Dispose();

    private async Task WalkAsync(CancellationToken cancellationToken)
    {
        try
        {
            // Listing a grain activates it, and an activation goes on with the removals that its last one left.
            foreach (var stream in await grains.GetGrain<IStreamDirectoryGrain>(0).ListAsync())
            {
                cancellationToken.ThrowIfCancellationRequested();
                await grains.GetGrain<IStreamGrain>(stream.Incarnation).ConfigureTopicsAsync(); // wakes the retention of those with a limit
                foreach (var topic in await grains.GetGrain<IStreamGrain>(stream.Incarnation).ListAsync())
                {
                    cancellationToken.ThrowIfCancellationRequested();
                    foreach (var partition in await grains.GetGrain<ITopicGrain>(topic.Incarnation).ListPartitionsAsync())
                        _unlisted.Remove(partition.Key);
                }
            }

            foreach (var key in _unlisted)
            {
                if (Directory.Exists(Path.Combine(_path, key)))
                    LogUnlisted(logger, Path.Combine(_path, key));
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            LogCut(logger); // the next start walks again
        }
        catch (Exception e) // a check only: the server works without it, and what failed here is answered to whoever asks for it
        {
            LogFailed(logger, e);
        }

        _unlisted.Clear();
    }

    [LoggerMessage(2130, LogLevel.Warning, "{Folder} belongs to no topic: left by a crash, or a removal is still under way. It is left alone")]
    private static partial void LogUnlisted(ILogger logger, string folder);

    [LoggerMessage(2131, LogLevel.Debug, "The server stopped before the start-up check was through")]
    private static partial void LogCut(ILogger logger);

    [LoggerMessage(2132, LogLevel.Warning, "The start-up check could not read the whole catalog")]
    private static partial void LogFailed(ILogger logger, Exception exception);
}
