using Iggy.Grains.Hosting;
using Iggy.Grains.Options;
using Iggy.Storage;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Iggy.Grains.Partitions;

/// <summary>Makes, opens and removes partition folders. All of it is file work that may take long, so it runs on the thread pool.</summary>
internal sealed class PartitionLogs(DataFolderHolder data, IOptions<StorageOptions> options, TimeProvider clock, ILogger<PartitionLog> logger)
{
    private readonly PartitionLogOptions _options = new()
    {
        SegmentBytes = options.Value.SegmentBytes,
        Durability = options.Value.Durability,
        FlushInterval = options.Value.FlushInterval,
        MaxConsumers = options.Value.MaxConsumersPerPartition,
    };

    public Task CreateAsync(string key) => Task.Run(() => PartitionLog.Create(FolderOf(key)));

    /// <summary>Opens a partition: recovery runs here.</summary>
    /// <returns>Null when there is no such folder.</returns>
    /// <exception cref="IOException">Locked by another process, or unreadable.</exception>
    public Task<PartitionLog?> OpenAsync(string key) => Task.Run(() =>
    {
        var folder = FolderOf(key);
        return PartitionLog.Exists(folder) ? PartitionLog.Open(folder, _options, clock, logger) : null;
    });

    /// <summary>Removes a partition's folder, and its topic's when that was the last.</summary>
    public Task DeleteAsync(string key) => Task.Run(() =>
    {
        var folder = FolderOf(key);
        PartitionLog.Delete(folder);
        TryDeleteEmpty(Path.GetDirectoryName(folder)!);
    });

    private static void TryDeleteEmpty(string topicFolder)
    {
        try
        {
            Directory.Delete(topicFolder, recursive: false);
        }
        catch (IOException) when (!Directory.Exists(topicFolder) || Directory.EnumerateFileSystemEntries(topicFolder).GetEnumerator().MoveNext())
        {
            // Not the last partition, or another removal was faster: both are as they should be.
        }
    }

    private string FolderOf(string key) => PartitionKey.Folder(data.Open().Root, key);
}
