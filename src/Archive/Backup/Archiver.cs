using System.Globalization;
using Iggy.Archive.Layout;
using Iggy.Archive.Manifests;
using Iggy.Archive.Stores;
using Iggy.Archive.Tiering;
using Iggy.Grains.Metadata;
using Iggy.Primitives;
using Iggy.Storage;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Iggy.Archive.Backup;

/// <summary>Keeps a bucket up to date with the data folder, beside the writers and out of the files as they lie. Off while no bucket is named.</summary>
/// <remarks>Whatever fails is tried again with the next round, for as long as the server runs: sends go on meanwhile, the lag grows and is shown. Only a later epoch ends it.</remarks>
internal sealed partial class Archiver(
    IOptions<ArchiveOptions> options, Func<ArchiveOptions, IArchiveStore> open, DataFolderHolder holder, ColdTier tier, ArchiveMetrics metrics, TimeProvider clock, ILogger<Archiver> logger)
    : BackgroundService
{
    private static readonly TimeSpan _retentionEvery = TimeSpan.FromHours(1), _lastRound = TimeSpan.FromSeconds(5);

    private readonly ArchiveOptions _options = options.Value;
    private string? _told; // a failure is told when it begins and when it becomes another

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (!_options.IsOn)
            return;
        metrics.NoteStart();
        try
        {
            using var store = await RetryAsync(() => Task.FromResult(open(_options)), stoppingToken);
            await RunAsync(store, stoppingToken);
        }
        catch (FencedException fenced)
        {
            tier.Withdraw();
            (metrics.IsFenced, metrics.Trouble) = (true, fenced.Message);
            LogFenced(logger, fenced.Message);
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The server stops.
        }
    }

    private async Task RunAsync(IArchiveStore store, CancellationToken stoppingToken)
    {
        var keys = new ArchiveKeys(_options.Prefix, _options.Server);
        var dataPath = holder.Open().Root;
        if (!await RetryAsync(() => StoreProbe.HoldsAsync(store, keys.Probe(Guid.NewGuid()), stoppingToken), stoppingToken))
            LogNotFencing(logger, S3Errors.Place(_options));
        var who = string.Create(CultureInfo.InvariantCulture, $"process {Environment.ProcessId} on {Environment.MachineName}, {clock.GetUtcNow():yyyy-MM-dd HH:mm:ss}Z");
        var claim = await RetryAsync(() => EpochClaim.TakeAsync(store, keys, who, stoppingToken), stoppingToken);
        var state = await RetryAsync(() => LoadAsync(store, keys, stoppingToken), stoppingToken);
        LogStarted(logger, S3Errors.Place(_options), keys.Root, claim.Epoch);

        var round = new BackupRound(store, keys, claim, dataPath, _options, metrics, clock);
        var cleaned = clock.GetTimestamp();
        while (!stoppingToken.IsCancellationRequested)
        {
            var started = clock.GetTimestamp();
            try
            {
                await RetryAsync(() => RoundAsync(round, state, stoppingToken), stoppingToken);
                if (_options.Retention > TimeSpan.Zero && clock.GetElapsedTime(cleaned) >= Min(_retentionEvery, _options.Retention / 4))
                {
                    await CleanAsync(store, keys, claim, state, stoppingToken);
                    cleaned = clock.GetTimestamp();
                }
                // Twice as often as it must: a round takes its time as well.
                var pause = (_options.MaxLag / 2) - clock.GetElapsedTime(started);
                if (pause > TimeSpan.Zero)
                    await Task.Delay(pause, clock, stoppingToken);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                break;
            }
        }
        await LastRoundAsync(round, state);
    }

    private async Task<bool> RoundAsync(BackupRound round, ArchiveState state, CancellationToken cancellationToken)
    {
        var takenAt = clock.GetTimestamp();
        var point = await round.RunAsync(state, cancellationToken);
        metrics.NotePoint(takenAt);
        tier.Confirm(new Dictionary<string, PartitionEntry>(state.Listing.Partitions, StringComparer.Ordinal)); // the listing goes on changing
        LogPoint(logger, PointTime.Show(point.Micros), point.Manifest.Sequence);
        return true;
    }

    // What was sent in the last seconds goes along, if the store is quick; if not, it is in the files and the next start takes it.
    private async Task LastRoundAsync(BackupRound round, ArchiveState state)
    {
        using var limit = new CancellationTokenSource(_lastRound, clock);
        try
        {
            await RoundAsync(round, state, limit.Token);
        }
        catch (Exception failure) when (IsForeseen(failure) || failure is OperationCanceledException)
        {
            LogLastRound(logger, failure.Message);
        }
    }

    private async Task<ArchiveState> LoadAsync(IArchiveStore store, ArchiveKeys keys, CancellationToken cancellationToken)
    {
        var reader = new PointReader(store, keys);
        var points = await reader.PointsAsync(cancellationToken);
        if (points.Count == 0)
            return new ArchiveState();
        var state = new ArchiveState { TakenMicros = points[^1].Micros };
        try
        {
            return new ArchiveState { Listing = (await reader.ReadAsync(points[^1], cancellationToken)).Listing, TakenMicros = state.TakenMicros };
        }
        catch (ArchiveDamagedException damaged)
        {
            LogAnew(logger, damaged.Message); // a backup that needs nothing of what is spoilt is better than none
            return state;
        }
    }

    private async Task CleanAsync(IArchiveStore store, ArchiveKeys keys, EpochClaim claim, ArchiveState state, CancellationToken cancellationToken)
    {
        try
        {
            await claim.RequireAsync(cancellationToken);
            var deleted = await new BucketRetention(store, keys).RunAsync(state.Listing, (clock.GetUtcNow() - _options.Retention).UnixMicros(), cancellationToken);
            if (deleted > 0)
                LogCleaned(logger, deleted);
        }
        catch (Exception failure) when (IsForeseen(failure))
        {
            Tell(failure.Message); // the next one goes on
        }
    }

    private async Task<T> RetryAsync<T>(Func<Task<T>> step, CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                var done = await step();
                if (_told is not null)
                    LogGoesOn(logger);
                _told = null;
                return done;
            }
            catch (Exception failure) when (IsForeseen(failure))
            {
                metrics.NoteFailure(failure.Message);
                Tell(failure.Message);
            }
            catch (Exception failure) when (failure is not (FencedException or OperationCanceledException))
            {
                // Nobody foresaw it. It would stop the host, and with it sends and polls, for the sake of the backup.
                metrics.NoteFailure(failure.Message);
                LogUnforeseen(logger, failure);
            }
            await Task.Delay(Min(_options.MaxLag / 2, TimeSpan.FromSeconds(30)), clock, cancellationToken);
        }
    }

    private void Tell(string message)
    {
        if (_told == message)
            return;
        _told = message;
        LogFailed(logger, message);
    }

    private static bool IsForeseen(Exception failure) =>
        failure is ArchiveStoreException or ArchiveDamagedException or MetadataStoreException or UnknownFormatException or IOException or UnauthorizedAccessException;

    private static TimeSpan Min(TimeSpan one, TimeSpan other) => one < other ? one : other;
}
