using System.Collections.Concurrent;
using System.Net;
using Iggy.Grains.Interfaces;
using Iggy.Grains.Interfaces.Hosting;
using Iggy.Grains.Metadata;
using Iggy.Grains.Metadata.PostgreSql;
using Iggy.Grains.Options;
using Iggy.Storage.Replicas;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Iggy.Grains.Placement;

/// <summary>Which servers keep which partition: the register, remembered, so that nothing asks the database on the way to a partition.</summary>
/// <remarks>Told of changes by the database and reading them every five seconds besides; who is asked for a partition that it does not know asks the database.
/// Where a server is alone every partition is here and nothing is asked at all.</remarks>
internal sealed partial class PartitionPlaces(
    IOptions<ClusterNodeOptions> cluster, DataFolderHolder folders, PostgreSqlStore store, TimeProvider clock, ILogger<PartitionPlaces> logger)
    : IPartitionPlaces, IAsyncDisposable
{
    private const long Overlap = 1_000; // numbers are given before their rows are seen, so the last ones are read again
    private const int BeatsUntilWhole = 60; // then all rows are read anew, and those of removed partitions forgotten
    private static readonly TimeSpan s_beat = TimeSpan.FromSeconds(5), s_retryAfter = TimeSpan.FromSeconds(1);

    private readonly CancellationTokenSource _stopping = new();
    private readonly ConcurrentDictionary<string, PartitionRow> _alone = new(StringComparer.Ordinal); // one row for all partitions that a server keeps alone
    private ConcurrentDictionary<string, PartitionRow> _rows = new(StringComparer.Ordinal); // by partition
    private Task _listening = Task.CompletedTask;
    private bool _isDisposed;

    /// <summary>Whether this server is one of several.</summary>
    public bool IsCluster => cluster.Value.Enabled;

    /// <summary>This server, in the register.</summary>
    public string NodeId { get; private set; } = "";

    /// <summary>Called when the row of a partition with replicas was seen to be newer, on any thread.</summary>
    public Action<string, PartitionRow>? Changed { get; set; }

    /// <summary>Called with the addresses of all servers' links, by their ids, whenever they were read.</summary>
    public Action<IReadOnlyDictionary<string, EndPoint>>? LinksRead { get; set; }

    /// <summary>Reads the register, after what lies in the folder was added to it: a server that was alone has no rows yet.</summary>
    public async Task OpenAsync(CancellationToken cancellationToken)
    {
        if (!IsCluster)
            return;
        var folder = folders.Open();
        NodeId = NodeIdFile.ReadOrCreate(folder.Root);
        string[] here = [.. Directory.EnumerateDirectories(folder.PartitionsPath).SelectMany(Directory.EnumerateDirectories)
            .Where(static path => !ReplicaFile.Exists(path)) // a replica without a row is one of a partition that was removed
            .Select(path => Path.GetRelativePath(folder.PartitionsPath, path).Replace('\\', '/')).Where(Partitions.PartitionKey.IsValid)];
        var rows = new PartitionRow[here.Length];
        Array.Fill(rows, AloneAt(NodeId));
        await PartitionRegister.AddAsync(store.Source, here, rows, cancellationToken);
        await using var connection = await store.Source.OpenConnectionAsync(cancellationToken);
        await PartitionRegister.ReadAsync(connection, after: 0, (key, row) => Take(_rows, key, row), cancellationToken);
        _listening = Task.Run(ListenAsync, CancellationToken.None);
    }

    /// <summary>Whether another server may be the one to ask for a partition: it is not known to be this one.</summary>
    public bool IsElsewhere(string key) => IsCluster && !(Volatile.Read(ref _rows).TryGetValue(key, out var row) && row.Leader == NodeId);

    /// <summary>Whether a partition is known to have replicas.</summary>
    public bool IsReplicated(string key) => IsCluster && Volatile.Read(ref _rows).TryGetValue(key, out var row) && row.IsReplicated;

    /// <summary>The partitions with replicas of which this server keeps one.</summary>
    public string[] ListOwnReplicas() => [.. Volatile.Read(ref _rows).Where(one => one.Value.IsReplicated && one.Value.IsKeptBy(NodeId)).Select(static one => one.Key)];

    /// <summary>The partitions that this server is to lead.</summary>
    public (string Key, PartitionRow Row)[] ListLed() => [.. Volatile.Read(ref _rows).Where(one => one.Value.Leader == NodeId).Select(static one => (one.Key, one.Value))];

    /// <summary>The server among some that keeps the fewest partitions; null for none.</summary>
    public string? LeastLoaded(IEnumerable<string> nodes) => new NodeLoads([.. nodes], Volatile.Read(ref _rows).Values).Least;

    /// <summary>What is remembered of a partition.</summary>
    public PartitionRow? Recall(string key) => Volatile.Read(ref _rows).GetValueOrDefault(key);

    /// <summary>What is known of a partition; null when nobody keeps it.</summary>
    /// <exception cref="MetadataAwayException">It is not known, and the database cannot be asked.</exception>
    public async ValueTask<PartitionRow?> FindAsync(string key) => Volatile.Read(ref _rows).TryGetValue(key, out var known) ? known : await ReadAsync(key);

    /// <summary>The row of a partition as it is now; null when there is none.</summary>
    /// <exception cref="MetadataAwayException">The database cannot be asked.</exception>
    public async Task<PartitionRow?> ReadAsync(string key)
    {
        try
        {
            if (await PartitionRegister.FindAsync(store.Source, key, CancellationToken.None) is not { } row)
                return null;
            return Take(Volatile.Read(ref _rows), key, row);
        }
        catch (Exception e) when (PostgreSqlFailures.IsAway(e))
        {
            throw new MetadataAwayException($"Which server keeps partition {key} cannot be asked: {store.Where} does not answer. Try again.", e);
        }
    }

    /// <summary>Puts a row in place of the one before it.</summary>
    /// <returns>Whether it is there now; false where somebody else was faster.</returns>
    /// <exception cref="MetadataAwayException">The database cannot be asked; whether the row is there is not known.</exception>
    public async Task<bool> TrySetAsync(string key, PartitionRow next)
    {
        try
        {
            if (!await PartitionRegister.TrySetAsync(store.Source, key, next, CancellationToken.None))
                return false;
            Take(Volatile.Read(ref _rows), key, next);
            return true;
        }
        catch (Exception e) when (PostgreSqlFailures.IsAway(e))
        {
            throw new MetadataAwayException($"Who leads partition {key} cannot be written down: {store.Where} does not answer. Try again.", e);
        }
    }

    /// <summary>Says where the others reach the links of this server.</summary>
    public async Task PublishLinksAsync(IPEndPoint address, CancellationToken cancellationToken)
    {
        await NodeLinkAddresses.SetAsync(store.Source, NodeId, address, cancellationToken);
        await PartitionRegister.TellAsync(store.Source, cancellationToken);
    }

    /// <summary>Gives new partitions to servers, each to those that have the fewest.</summary>
    /// <param name="keys">Of the partitions. Those that have a place keep it.</param>
    /// <param name="nodes">The servers that run.</param>
    /// <param name="factor">How many servers are to keep each, as far as there are so many.</param>
    /// <exception cref="RefusedException"><see cref="Refusal.Unavailable"/>.</exception>
    public async Task AssignAsync(string[] keys, IReadOnlyCollection<string> nodes, int factor)
    {
        if (!IsCluster)
            return;
        var rows = new PartitionRow[keys.Length];
        var loads = new NodeLoads(nodes, Volatile.Read(ref _rows).Values);
        for (var i = 0; i < keys.Length; i++)
        {
            var voters = loads.Take(Math.Max(1, factor));
            rows[i] = voters.Length > 1 ? PartitionRow.New(voters) : AloneAt(voters.IsEmpty ? NodeId : voters[0]);
        }
        await ChangeAsync(PartitionRegister.AddAsync(store.Source, keys, rows, CancellationToken.None));
        for (var i = 0; i < keys.Length; i++)
            Volatile.Read(ref _rows).TryAdd(keys[i], rows[i]);
    }

    /// <summary>Forgets partitions that are removed.</summary>
    /// <exception cref="RefusedException"><see cref="Refusal.Unavailable"/>.</exception>
    public async Task ForgetAsync(string[] keys)
    {
        if (!IsCluster)
            return;
        await ChangeAsync(PartitionRegister.RemoveAsync(store.Source, keys, CancellationToken.None));
        foreach (var key in keys)
            Volatile.Read(ref _rows).TryRemove(key, out _);
    }

    /// <summary>Ends the listening. May be repeated.</summary>
    public async Task CloseAsync()
    {
        await _stopping.CancelAsync();
        await _listening;
    }

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _isDisposed, true))
            return; // registered under two names, so it is disposed twice
        await CloseAsync();
        _stopping.Dispose();
    }

    // What is newer wins: a row that was read before a change may come after it.
    private PartitionRow Take(ConcurrentDictionary<string, PartitionRow> rows, string key, PartitionRow row)
    {
        if (!row.IsReplicated)
            return rows.AddOrUpdate(key, static (_, alone) => alone, static (_, known, alone) => known.IsReplicated ? known : alone, AloneAt(row.Leader)); // never back to one copy
        while (true)
        {
            if (!rows.TryGetValue(key, out var known))
            {
                if (!rows.TryAdd(key, row))
                    continue;
            }
            else if (known.IsReplicated && known.Version >= row.Version)
            {
                return known;
            }
            else if (!rows.TryUpdate(key, row, known))
            {
                continue;
            }
            Changed?.Invoke(key, row);
            return row;
        }
    }

    private PartitionRow AloneAt(string holder) => _alone.GetOrAdd(holder, PartitionRow.Alone);

    private async Task ChangeAsync(Task change)
    {
        try
        {
            await change;
        }
        catch (Exception e) when (PostgreSqlFailures.IsAway(e))
        {
            throw new RefusedException(Refusal.Unavailable, $"The register of partitions is away: {store.Where} does not answer ({e.Message.ReplaceLineEndings(" ")}). Try again.");
        }
    }

    private async Task ListenAsync()
    {
        var isTold = false; // that the register is away: once until it is back
        while (!_stopping.IsCancellationRequested)
        {
            try
            {
                await using var connection = await store.Source.OpenConnectionAsync(_stopping.Token);
                await using (var listen = new NpgsqlCommand("LISTEN " + PartitionRegister.Channel, connection))
                    await listen.ExecuteNonQueryAsync(_stopping.Token);
                isTold = false;
                await FollowAsync(connection);
            }
            catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e) // what is remembered holds meanwhile
            {
                if (!isTold)
                    LogAway(logger, e);
                isTold = true;
                await Task.Delay(s_retryAfter, clock, _stopping.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private async Task FollowAsync(NpgsqlConnection connection)
    {
        while (true)
        {
            var all = new ConcurrentDictionary<string, PartitionRow>(StringComparer.Ordinal);
            var newest = await PartitionRegister.ReadAsync(connection, after: 0, (key, row) => Take(all, key, Known(key, row)), _stopping.Token);
            Volatile.Write(ref _rows, all);
            for (var beat = 0; beat < BeatsUntilWhole; beat++)
            {
                LinksRead?.Invoke(await NodeLinkAddresses.ReadAsync(connection, _stopping.Token));
                await connection.WaitAsync(s_beat, _stopping.Token);
                newest = await PartitionRegister.ReadAsync(connection, Math.Max(0, newest - Overlap), (key, row) => Take(all, key, row), _stopping.Token);
            }
        }
    }

    // Not read as one: what was set meanwhile is remembered in the former rows only.
    private PartitionRow Known(string key, PartitionRow row) =>
        Volatile.Read(ref _rows).TryGetValue(key, out var known) && known.IsReplicated && (!row.IsReplicated || known.Version > row.Version) ? known : row;

    [LoggerMessage(2150, LogLevel.Warning, "The register of partitions cannot be read; what is known of it holds until it is back")]
    private static partial void LogAway(ILogger logger, Exception exception);
}
