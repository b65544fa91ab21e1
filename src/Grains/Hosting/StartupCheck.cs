using Iggy.Grains.Interfaces;
using Iggy.Grains.Interfaces.Partitions;
using Iggy.Grains.Interfaces.Streams;
using Iggy.Grains.Interfaces.Topics;
using Iggy.Grains.Metadata;
using Iggy.Grains.Partitions;
using Iggy.Grains.Placement;
using Iggy.Storage;
using Iggy.Storage.Log;
using Microsoft.Extensions.Logging;

namespace Iggy.Grains.Hosting;

/// <summary>Walks the catalog once, in the background, after the server is up: so unfinished removals go on, and partition folders
/// that no topic lists, listed ones that are not there and files missing in them are reported. Partitions that were not closed in order are
/// opened once, so that their figures are known. It never deletes anything.</summary>
internal sealed partial class StartupCheck(IGrainFactory grains, OpenLogs open, MetadataOpening metadata, PartitionPlaces places, StorageHealth health, ILogger<StartupCheck> logger) : IDisposable
{
    private const int AtOnce = 4; // beside whatever clients want of a server that has just started
    private readonly HashSet<string> _unlisted = new(StringComparer.Ordinal); // keys of the folders found, until the walk meets them
    private readonly List<string> _unknown = []; // keys of partitions to look into
    private readonly CancellationTokenSource _stopping = new();
    private string _path = "";

    /// <summary>Ends with the walk.</summary>
    public Task Walk { get; private set; } = Task.CompletedTask;

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
        Walk = Task.Run(() => WalkAsync(_stopping.Token));
        return Task.CompletedTask;
    }

    public async Task StopAsync()
    {
        await _stopping.CancelAsync();
        await Walk;
    }

    public void Dispose() => _stopping.Dispose();

    private async Task WalkAsync(CancellationToken cancellationToken)
    {
        try
        {
            await grains.GetGrain<IStreamDirectoryGrain>(0).RenewKeysAsync();
            // Listing a grain activates it, and an activation goes on with the removals that its last one left.
            var isWhole = metadata.DamagedRows.Count == 0;
            foreach (var stream in await grains.GetGrain<IStreamDirectoryGrain>(0).ListAsync())
                isWhole &= await WalkAsync(stream.Incarnation, cancellationToken);

            foreach (var key in _unlisted)
            {
                if (isWhole && Directory.Exists(Path.Combine(_path, key))) // or it may belong to what could not be read
                    LogUnlisted(logger, Path.Combine(_path, key));
            }

            await Parallel.ForEachAsync(_unknown, new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = cancellationToken },
                async (key, _) => await LookIntoAsync(grains.GetGrain<IPartitionGrain>(key)));
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
        _unknown.Clear();
    }

    private static async Task LookIntoAsync(IPartitionGrain partition)
    {
        await partition.FlushAsync(toDisk: false); // opens it; one that cannot be opened says so in the log itself
        await partition.CloseLogAsync();
    }

    private async Task<bool> WalkAsync(Guid stream, CancellationToken cancellationToken)
    {
        try
        {
            cancellationToken.ThrowIfCancellationRequested();
            await grains.GetGrain<IStreamGrain>(stream).ConfigureTopicsAsync(); // renews keys of streams, and wakes the retention of those with a limit
            foreach (var topic in await grains.GetGrain<IStreamGrain>(stream).ListAsync())
            {
                cancellationToken.ThrowIfCancellationRequested();
                await CheckFoldersAsync(grains.GetGrain<ITopicGrain>(topic.Incarnation));
            }
            return true;
        }
        catch (RefusedException refused) // damaged, which its own grain tells: the others go on
        {
            LogPassedOver(logger, stream, refused.Message);
            return false;
        }
    }

    private async Task CheckFoldersAsync(ITopicGrain topic)
    {
        List<string>? missing = null;
        foreach (var partition in await topic.ListPartitionsAsync())
        {
            if (places.IsReplicated(partition.Key))
            {
                _unlisted.Remove(partition.Key); // opened by itself, which tells what is wrong with it
                continue;
            }
            if (places.IsElsewhere(partition.Key))
                continue; // its own server looks at it; a folder here is none of it
            _unlisted.Remove(partition.Key);
            var folder = Path.Combine(_path, partition.Key);
            var state = PartitionLog.Look(folder);
            if (state is FolderState.Incomplete)
            {
                LogIncomplete(logger, folder);
                health.NoteUnwell(partition.Key);
            }
            if (state is FolderState.Missing)
                (missing ??= []).Add(partition.Key);
            else if (!open.TryGetClosed(partition.Key, out _))
                _unknown.Add(partition.Key);
        }

        if (missing is null)
            return;
        foreach (var partition in await topic.ListPartitionsAsync()) // again: it may have been removed while this looked
        {
            if (!missing.Contains(partition.Key))
                continue;
            LogMissing(logger, Path.Combine(_path, partition.Key));
            health.NoteUnwell(partition.Key);
        }
    }

    [LoggerMessage(2137, LogLevel.Warning, "The start-up check passed over stream {Stream}: {Reason}")]
    private static partial void LogPassedOver(ILogger logger, Guid stream, string reason);

    [LoggerMessage(2133, LogLevel.Error, "{Folder} is gone, or the lock file in it, but a topic lists the partition")]
    private static partial void LogMissing(ILogger logger, string folder);

    [LoggerMessage(2134, LogLevel.Error, "{Folder}: files are missing or cut; what is lost is told when the partition is opened")]
    private static partial void LogIncomplete(ILogger logger, string folder);

    [LoggerMessage(2130, LogLevel.Warning, "{Folder} belongs to no topic: left by a crash, or a removal is still under way. It is left alone")]
    private static partial void LogUnlisted(ILogger logger, string folder);

    [LoggerMessage(2131, LogLevel.Debug, "The server stopped before the start-up check was through")]
    private static partial void LogCut(ILogger logger);

    [LoggerMessage(2132, LogLevel.Warning, "The start-up check could not read the whole catalog")]
    private static partial void LogFailed(ILogger logger, Exception exception);
}
