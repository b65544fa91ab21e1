using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Globalization;
using Iggy.Grains.Interfaces.Hosting;
using Iggy.Grains.Interfaces.Topics;
using Iggy.Grains.Placement;
using Iggy.Links;
using Iggy.Replicas;
using Iggy.Storage.Replicas;
using Microsoft.Extensions.Logging;

namespace Iggy.Grains.Partitions;

/// <summary>The replicas of partitions on this server: open as long as the server runs, for whoever leads may send to them at any time.</summary>
/// <remarks>Each takes a seat among the open logs and keeps it, so a server holds no more replicas than logs may be open.</remarks>
internal sealed partial class NodeReplicas(
    PartitionPlaces places, PartitionLogs logs, OpenLogs open, ClosedLogs closed, NodeLinks links, ReplicaSettings settings, StorageHealth health, ReplicaHealth replicaHealth, IMeterFactory meters, IGrainFactory grains, TimeProvider clock,
    ILogger<PartitionReplica> replicaLogger, ILogger<NodeReplicas> logger) : IAsyncDisposable
{
    private const int OpenedAtOnce = 4; // at the start, beside whatever clients want
    private readonly ConcurrentDictionary<string, Place> _places = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, bool> _removed = new(StringComparer.Ordinal); // whose row may still be seen; one entry for each removed since the start
    private readonly CancellationTokenSource _stopping = new();
    private Task _opening = Task.CompletedTask;

    /// <summary>What the replicas are, by partition.</summary>
    public IEnumerable<(string Key, ReplicaReport Report)> Reports =>
        _places.Select(static one => (one.Key, one.Value.Replica?.Report)).Where(static one => one.Report is not null).Select(static one => (one.Key, one.Report!));

    /// <summary>Opens the links. Replicas follow once grains can be asked.</summary>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        if (!places.IsCluster)
            return;
        await links.StartAsync(cancellationToken);
        places.Changed = Follow;
        replicaHealth.Use(this);
        Measure(meters.Create(MeterNames.Partitions));
    }

    /// <summary>Opens what the register says is here, in the background.</summary>
    public void OpenAll()
    {
        if (places.IsCluster)
            _opening = Task.Run(() => OpenAllAsync(_stopping.Token));
    }

    /// <summary>Makes an empty replica of a partition that nobody has led yet; it is opened for the first claim, when its topic is there. May be repeated.</summary>
    public async Task CreateAsync(string key)
    {
        var place = await EnterAsync(key);
        try
        {
            _removed.TryRemove(key, out _);
            await logs.CreateReplicaAsync(key, isFirst: true);
        }
        finally
        {
            place.Turn.Release();
        }
    }

    /// <summary>The open replica of a partition; one that failed is opened again.</summary>
    /// <returns>Null when there is none here.</returns>
    /// <exception cref="IOException">It cannot be opened.</exception>
    public async Task<PartitionReplica?> OpenAsync(string key)
    {
        if (_stopping.IsCancellationRequested || _removed.ContainsKey(key) || !logs.IsReplica(key))
            return null;
        var place = await EnterAsync(key);
        try
        {
            if (place.Replica is { } present && present.Report.Role is not (ReplicaRole.Failed or ReplicaRole.Closed))
                return present;
            Close(key, place);
            if (_stopping.IsCancellationRequested || _removed.ContainsKey(key) || !logs.IsReplica(key))
                return null;
            var seat = await open.EnterAsync(key);
            try
            {
                place.Replica = await OpenAsync(key, await AskSettingsAsync(key));
                place.Seat = seat;
                return place.Replica;
            }
            finally
            {
                if (place.Replica is null)
                    open.Leave(seat);
            }
        }
        finally
        {
            place.Turn.Release();
        }
    }

    /// <summary>The open replica of a partition, if there is one.</summary>
    public PartitionReplica? Find(string key) => _places.TryGetValue(key, out var place) ? place.Replica : null;

    /// <summary>Closes a replica and opens it again under the topic's present settings.</summary>
    public async Task ReopenAsync(string key)
    {
        if (_places.TryGetValue(key, out var place))
        {
            await place.Turn.WaitAsync();
            await Task.Run(() => Close(key, place));
            place.Turn.Release();
        }
        await OpenAsync(key);
    }

    /// <summary>Removes a replica with its folder. May be repeated.</summary>
    public async Task DeleteAsync(string key)
    {
        _removed[key] = true;
        var place = await EnterAsync(key);
        try
        {
            await RemoveAsync(key, place);
        }
        finally
        {
            place.Turn.Release();
        }
    }

    // In the turn, to its end: nobody opens or makes what is being removed.
    private async Task RemoveAsync(string key, Place place)
    {
        await Task.Run(() => Close(key, place));
        await logs.DeleteAsync(key);
        closed.Forget(key);
        health.Forget(key);
        place.IsGone = true;
        _places.TryRemove(key, out _);
    }

    // The turn at a replica; whoever gets it releases it.
    private async Task<Place> EnterAsync(string key)
    {
        while (true)
        {
            var place = _places.GetOrAdd(key, static _ => new Place());
            await place.Turn.WaitAsync();
            if (!place.IsGone)
                return place;
            place.Turn.Release();
        }
    }

    /// <summary>Closes all in order, then the links. May be repeated.</summary>
    public async Task StopAsync()
    {
        places.Changed = null;
        await _stopping.CancelAsync();
        await _opening;
        foreach (var (key, place) in _places)
        {
            await place.Turn.WaitAsync();
            await Task.Run(() => Close(key, place));
            place.Turn.Release();
        }
        await links.StopAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _stopping.Dispose();
    }

    private Task<PartitionReplica> OpenAsync(string key, TopicSettings? topic) => Task.Run(() =>
    {
        if (topic is null && !logs.OpensWithoutSettings)
            throw new IOException($"The settings of partition {key} are not known, and its stream may have a key."); // it is tried again
        // As for a log that is alone: who does not know what was promised syncs.
        var (log, file) = logs.OpenReplica(key, topic is null || topic.Value.Tuning?.IsPersisted is true, topic?.StreamKey);
        PartitionReplica replica;
        try
        {
            replica = new PartitionReplica(log, file, new ReplicaIdentity(key, ChannelOf(key), PartitionRow.NumberOf(places.NodeId), MachineBoot.Current), links, settings.Options, clock, replicaLogger);
        }
        catch
        {
            log.Dispose();
            file.Dispose();
            throw;
        }
        links.Host.Add(replica);
        health.Note(key, log);
        return replica;
    });

    private void Close(string key, Place place)
    {
        if (place.Replica is not { } replica)
            return;
        links.Host.Remove(replica);
        try
        {
            replica.Dispose();
        }
        catch (IOException e) // the next opening tells what is left
        {
            LogNotClosed(logger, key, e);
        }
        place.Replica = null;
        open.Leave(place.Seat!);
    }

    private void Measure(Meter meter)
    {
        meter.CreateObservableGauge("iggy.replicas.here", () => Reports.Count(), "{partition}", "Replicas of partitions that are open on this server.");
        meter.CreateObservableGauge("iggy.replicas.leading", () => Reports.Count(static one => one.Report.Role is ReplicaRole.Leader), "{partition}", "Partitions with replicas that this server leads.");
        meter.CreateObservableGauge("iggy.replicas.alone", () => Reports.Count(static one => one.Report.IsWithoutMajority), "{partition}",
            "Partitions that this server leads and that take no messages, since a majority is away.");
        meter.CreateObservableGauge("iggy.replicas.behind", () => Reports.Sum(static one => one.Report.Followers.Count(static follower => !follower.IsInSync)), "{replica}",
            "Replicas of partitions that this server leads that lack something that is committed.");
    }

    // A row is newer: who led by an older one hears of it, and whoever leads now finds this replica open, should it have failed before.
    private void Follow(string key, PartitionRow row)
    {
        if (!row.IsKeptBy(places.NodeId))
        {
            if (_places.ContainsKey(key))
                _ = Task.Run(() => DropAsync(key));
        }
        else if (_places.TryGetValue(key, out var place) && place.Replica is { } replica)
            replica.Observe(row.ToRegister());
        else if (row.Epoch > 0)
            _ = Task.Run(() => JoinAsync(key, row));
    }

    // As a learner it begins with nothing; a voter without its replica was told of at the start.
    private async Task JoinAsync(string key, PartitionRow row)
    {
        if (row.Learners.Contains(places.NodeId))
            await TryAsync(key, () => CreateMissingAsync(key));
        await TryOpenAsync(key);
    }

    private async Task<bool> CreateMissingAsync(string key)
    {
        var place = await EnterAsync(key);
        try
        {
            if (_removed.ContainsKey(key) || logs.IsReplica(key))
                return false;
            await logs.CreateReplicaAsync(key, isFirst: false);
            return true;
        }
        finally
        {
            place.Turn.Release();
        }
    }

    // Others keep it now, unless the register has changed once more. One that promised more than the register knows is kept: then it is the register that is old, as out of a backup.
    private async Task DropAsync(string key)
    {
        try
        {
            var place = await EnterAsync(key);
            try
            {
                if (await places.ReadAsync(key) is not { IsReplicated: true } row || row.IsKeptBy(places.NodeId))
                    return;
                await Task.Run(() => Close(key, place));
                if (logs.PromisedOf(key) is { } promised && promised > row.Epoch)
                    LogKept(logger, key, promised, row.Epoch);
                else
                    await RemoveAsync(key, place);
            }
            finally
            {
                place.Turn.Release();
            }
        }
        catch (Exception e) // tried again at the next start
        {
            LogNotDropped(logger, key, e);
        }
    }

    private Task TryOpenAsync(string key) => TryAsync(key, () => OpenAsync(key));

    private async Task TryAsync(string key, Func<Task> work)
    {
        try
        {
            await work();
        }
        catch (Exception e) // the others of it go on, and the others here
        {
            LogNotOpened(logger, key, e);
            health.NoteUnwell(key);
        }
    }

    private async Task OpenAllAsync(CancellationToken cancellationToken)
    {
        try
        {
            foreach (var key in logs.ListReplicas())
            {
                if (places.Recall(key) is { IsReplicated: true } row && !row.IsKeptBy(places.NodeId))
                    await DropAsync(key);
            }
            await Parallel.ForEachAsync(places.ListOwnReplicas(), new ParallelOptions { MaxDegreeOfParallelism = OpenedAtOnce, CancellationToken = cancellationToken }, async (key, _) =>
            {
                if (await CreateMissingAsync(key))
                    LogMissing(logger, key);
                await TryOpenAsync(key);
            });
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The server stops.
        }
        catch (Exception e) // no folder can be made: the rest is opened when it is asked for
        {
            LogNotAllOpened(logger, e);
        }
    }

    private async Task<TopicSettings?> AskSettingsAsync(string key)
    {
        try
        {
            return await grains.GetGrain<ITopicGrain>(PartitionKey.TopicOf(key)).GetSettingsAsync();
        }
        catch (Exception e)
        {
            LogSettingsUnknown(logger, key, e);
            return null;
        }
    }

    private static LinkChannel ChannelOf(string key) =>
        new(PartitionKey.TopicOf(key), ulong.Parse(key.AsSpan(key.IndexOf('/', StringComparison.Ordinal) + 1), NumberStyles.None, CultureInfo.InvariantCulture));

    private sealed class Place
    {
        public SemaphoreSlim Turn { get; } = new(1); // one opening, closing, making or removing at a time

        public bool IsGone { get; set; } // removed while others waited for the turn

        public PartitionReplica? Replica { get; set; }

        public OpenLogs.Seat? Seat { get; set; }
    }

    [LoggerMessage(2160, LogLevel.Error, "The replica of partition {Partition} could not be opened; the others of it go on, and it is tried again when the partition is asked for here")]
    private static partial void LogNotOpened(ILogger logger, string partition, Exception exception);

    [LoggerMessage(2166, LogLevel.Error, "Not all replicas of this server could be opened at its start; the others are when somebody leads or asks for them")]
    private static partial void LogNotAllOpened(ILogger logger, Exception exception);

    [LoggerMessage(2167, LogLevel.Error, "The replica of partition {Partition}, which others keep now, could not be removed from this folder; it is tried again at the next start")]
    private static partial void LogNotDropped(ILogger logger, string partition, Exception exception);

    [LoggerMessage(2168, LogLevel.Error, "The replica of partition {Partition} promised epoch {Promised} and the register, which knows of {Epoch}, says that others keep it; it stays in the folder, closed: the register is older than the replica")]
    private static partial void LogKept(ILogger logger, string partition, ulong promised, ulong epoch);

    [LoggerMessage(2161, LogLevel.Warning, "The replica of partition {Partition} is gone from this folder; it begins empty and does not count until the leader has brought it level")]
    private static partial void LogMissing(ILogger logger, string partition);

    [LoggerMessage(2162, LogLevel.Warning, "The replica of partition {Partition} was not closed in order")]
    private static partial void LogNotClosed(ILogger logger, string partition, Exception exception);

    [LoggerMessage(2163, LogLevel.Warning, "The replica of partition {Partition} could not ask for its topic's settings; until it is opened anew it syncs before each answer")]
    private static partial void LogSettingsUnknown(ILogger logger, string partition, Exception exception);
}
