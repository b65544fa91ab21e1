using Iggy.Grains.Metadata;
using Iggy.Grains.Options;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Iggy.Grains.Hosting;

/// <summary>At a fixed interval: checkpoints the metadata's write-ahead log into its file, and takes the spare space again once there is room.</summary>
internal sealed class MetadataUpkeep(DataFolderHolder holder, SpareSpace spare, IOptions<StorageOptions> options, TimeProvider clock, ILogger<MetadataUpkeep> logger)
    : IDisposable
{
    private readonly CancellationTokenSource _stopping = new();
    private Task _beating = Task.CompletedTask;

    public void Start() => _beating = Task.Run(BeatAsync);

    public async Task StopAsync()
    {
        await _stopping.CancelAsync();
        await _beating;
    }

    public void Dispose()
    {
        _stopping.Cancel(); // a silo that was not stopped: the folder must not be taken again
        _stopping.Dispose();
    }

    private async Task BeatAsync()
    {
        using var timer = new PeriodicTimer(options.Value.MetadataCheckpointInterval, clock);
        try
        {
            do
                Beat(); // file work on a thread of the pool: SQLite has no asynchronous calls
            while (await timer.WaitForNextTickAsync(_stopping.Token));
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
            // The way out of the loop when the server stops.
        }
    }

    private void Beat()
    {
        try
        {
            MetadataStore.Checkpoint(holder.Open().MetadataPath);
            spare.TakeIfRoom();
        }
        catch (Exception e) when (e is SqliteException or IOException or UnauthorizedAccessException)
        {
            logger.CheckpointFailed(e); // every commit is durable without it
        }
    }
}
