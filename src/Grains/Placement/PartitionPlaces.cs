using System.Collections.Concurrent;
using Iggy.Grains.Interfaces;
using Iggy.Grains.Interfaces.Hosting;
using Iggy.Grains.Metadata;
using Iggy.Grains.Metadata.PostgreSql;
using Iggy.Grains.Options;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Iggy.Grains.Placement;

/// <summary>Which server keeps which partition: the register, remembered, so that nothing asks the database on the way to a partition.</summary>
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
    private ConcurrentDictionary<string, string> _holders = new(StringComparer.Ordinal); // partition -> node
    private Task _listening = Task.CompletedTask;
    private bool _isDisposed;

    /// <summary>Whether this server is one of several.</summary>
    public bool IsCluster => cluster.Value.Enabled;

    /// <summary>This server, in the register.</summary>
    public string NodeId { get; private set; } = "";

    /// <summary>Reads the register, after what lies in the folder was added to it: a server that was alone has no rows yet.</summary>
    public async Task OpenAsync(CancellationToken cancellationToken)
    {
        if (!IsCluster)
            return;
        var folder = folders.Open();
        NodeId = NodeIdFile.ReadOrCreate(folder.Root);
        string[] here = [.. Directory.EnumerateDirectories(folder.PartitionsPath).SelectMany(Directory.EnumerateDirectories)
            .Select(path => Path.GetRelativePath(folder.PartitionsPath, path).Replace('\\', '/')).Where(Partitions.PartitionKey.IsValid)];
        var holders = new string[here.Length];
        Array.Fill(holders, NodeId);
        await PartitionRegister.AddAsync(store.Source, here, holders, cancellationToken);
        await using var connection = await store.Source.OpenConnectionAsync(cancellationToken);
        await PartitionRegister.ReadAsync(connection, after: 0, (key, holder) => _holders[key] = holder, cancellationToken);
        _listening = Task.Run(ListenAsync, CancellationToken.None);
    }

    /// <summary>Whether a partition may be another server's: it is not known to be this one's.</summary>
    public bool IsElsewhere(string key) => IsCluster && !(Volatile.Read(ref _holders).TryGetValue(key, out var holder) && holder == NodeId);

    /// <summary>Who keeps a partition; null when nobody does.</summary>
    /// <exception cref="MetadataAwayException">It is not known, and the database cannot be asked.</exception>
    public async ValueTask<string?> FindAsync(string key)
    {
        if (Volatile.Read(ref _holders).TryGetValue(key, out var known))
            return known;
        try
        {
            if (await PartitionRegister.FindAsync(store.Source, key, CancellationToken.None) is not { } holder)
                return null;
            Volatile.Read(ref _holders)[key] = holder;
            return holder;
        }
        catch (Exception e) when (PostgreSqlFailures.IsAway(e))
        {
            throw new MetadataAwayException($"Which server keeps partition {key} cannot be asked: {store.Where} does not answer. Try again.", e);
        }
    }

    /// <summary>Gives new partitions to servers, each to one that has the fewest.</summary>
    /// <param name="keys">Of the partitions. Those that have a place keep it.</param>
    /// <param name="nodes">The servers that run.</param>
    /// <exception cref="RefusedException"><see cref="Refusal.Unavailable"/>.</exception>
    public async Task AssignAsync(string[] keys, IReadOnlyCollection<string> nodes)
    {
        if (!IsCluster)
            return;
        var counts = nodes.ToDictionary(static node => node, static _ => 0, StringComparer.Ordinal);
        foreach (var (_, holder) in Volatile.Read(ref _holders))
        {
            if (counts.TryGetValue(holder, out var count))
                counts[holder] = count + 1;
        }
        var queue = new PriorityQueue<string, (int, string)>(counts.Select(static node => (node.Key, (node.Value, node.Key))));
        var holders = new string[keys.Length];
        for (var i = 0; i < keys.Length; i++)
        {
            queue.TryDequeue(out var node, out var rank);
            holders[i] = node ?? NodeId;
            if (node is not null)
                queue.Enqueue(node, (rank.Item1 + 1, node));
        }
        await ChangeAsync(PartitionRegister.AddAsync(store.Source, keys, holders, CancellationToken.None));
        for (var i = 0; i < keys.Length; i++)
            Volatile.Read(ref _holders).TryAdd(keys[i], holders[i]);
    }

    /// <summary>Forgets partitions that are removed.</summary>
    /// <exception cref="RefusedException"><see cref="Refusal.Unavailable"/>.</exception>
    public async Task ForgetAsync(string[] keys)
    {
        if (!IsCluster)
            return;
        await ChangeAsync(PartitionRegister.RemoveAsync(store.Source, keys, CancellationToken.None));
        foreach (var key in keys)
            Volatile.Read(ref _holders).TryRemove(key, out _);
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
            var all = new ConcurrentDictionary<string, string>(StringComparer.Ordinal);
            var newest = await PartitionRegister.ReadAsync(connection, after: 0, (key, holder) => all[key] = holder, _stopping.Token);
            Volatile.Write(ref _holders, all);
            for (var beat = 0; beat < BeatsUntilWhole; beat++)
            {
                await connection.WaitAsync(s_beat, _stopping.Token);
                newest = await PartitionRegister.ReadAsync(connection, Math.Max(0, newest - Overlap), (key, holder) => all[key] = holder, _stopping.Token);
            }
        }
    }

    [LoggerMessage(2150, LogLevel.Warning, "The register of partitions cannot be read; what is known of it holds until it is back")]
    private static partial void LogAway(ILogger logger, Exception exception);
}
