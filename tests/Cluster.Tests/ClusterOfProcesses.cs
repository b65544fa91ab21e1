using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Iggy.Testing;

namespace Iggy.Cluster.Tests;

/// <summary>Servers of one cluster as processes of their own, with folders that outlive them, and a PostgreSQL for them alone.</summary>
internal sealed class ClusterOfProcesses : IAsyncDisposable
{
    private readonly PostgreSqlServer _store;
    private readonly List<(ServerProcess Server, string Folder, IReadOnlyDictionary<string, string> Settings)> _servers = [];
    private readonly string _database;
    private readonly IReadOnlyDictionary<string, string> _settings;

    private ClusterOfProcesses(PostgreSqlServer store, string database, IReadOnlyDictionary<string, string>? settings) => (_store, _database, _settings) = (store, database, settings ?? new Dictionary<string, string>());

    /// <summary>The database server.</summary>
    public PostgreSqlServer Store => _store;

    /// <summary>Its connection string.</summary>
    public string Database => _database;

    /// <summary>A server, from 0.</summary>
    public ServerProcess this[int number] => _servers[number].Server;

    /// <summary>Starts PostgreSQL, the first server, which makes the tables, and then the others together.</summary>
    public static async Task<ClusterOfProcesses> StartAsync(
        int count = 3, string? firstFolder = null, PostgreSqlServer? store = null, string? database = null, IReadOnlyDictionary<string, string>? settings = null)
    {
        store ??= await PostgreSqlServer.StartAsync();
        var cluster = new ClusterOfProcesses(store, database ?? await store.NewDatabaseAsync(), settings);
        try
        {
            await cluster.AddAsync(firstFolder);
            for (var i = 1; i < count; i++)
                await cluster.AddAsync();
            return cluster;
        }
        catch
        {
            await cluster.DisposeAsync();
            throw;
        }
    }

    /// <summary>Starts one more.</summary>
    public async Task AddAsync(string? folder = null)
    {
        folder ??= Directory.CreateTempSubdirectory("iggy-cluster-").FullName;
        var settings = new Dictionary<string, string>(_settings)
        {
            ["Iggy__Metadata__Store"] = "PostgreSql",
            ["Iggy__Metadata__ConnectionString"] = _database + ";Timeout=3;Command Timeout=3",
            ["Iggy__Cluster__Enabled"] = "true",
            ["Iggy__Cluster__Address"] = string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{FreePort()}"),
            ["IGGY_HTTP_ENABLED"] = "true",
            ["IGGY_HTTP_ADDRESS"] = "127.0.0.1:0",
        };
        _servers.Add((await ServerProcess.StartAsync(folder, settings), folder, settings));
    }

    /// <summary>Starts one again that was killed or stopped; its ports for clients are others.</summary>
    public async Task StartAgainAsync(int number)
    {
        var (server, folder, settings) = _servers[number];
        await server.DisposeAsync();
        _servers[number] = (await ServerProcess.StartAsync(folder, settings), folder, settings);
    }

    /// <summary>Which server keeps a partition.</summary>
    /// <param name="partition">Its folder's last name; there is one topic only.</param>
    public int HolderOf(uint partition)
    {
        for (var i = 0; i < _servers.Count; i++)
        {
            if (Directory.EnumerateDirectories(Path.Combine(_servers[i].Folder, "partitions")).Any(
                topic => Directory.Exists(Path.Combine(topic, partition.ToString(CultureInfo.InvariantCulture)))))
            {
                return i;
            }
        }
        throw new InvalidOperationException($"No server has a folder for partition {partition}.");
    }

    /// <summary>Waits until the register names so many voters for each partition.</summary>
    /// <param name="partitions">How many partitions there are.</param>
    /// <param name="voters">How many each is to have.</param>
    /// <param name="are">Whether the servers, by their numbers, are the right ones.</param>
    public async Task UntilVotersAsync(int partitions, int voters, Func<int[], bool> are)
    {
        string[] ids = [.. _servers.Select(static one => File.ReadAllText(Path.Combine(one.Folder, "node.id")).Trim())];
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(120));
        while (true)
        {
            var rows = (await _store.QueryAsync(_database, "SELECT array_to_string(Voters, ',') FROM PartitionRegister")).Split('\n').Select(static row => row.Split(',')).ToArray();
            if (rows.Length == partitions && rows.All(row => row.Length == voters && are([.. row.Select(id => Array.IndexOf(ids, id))])))
                return;
            Assert.False(patience.IsCancellationRequested, $"after two minutes the voters are {string.Join("; ", rows.Select(row => string.Join(",", row.Select(id => Array.IndexOf(ids, id)))))}");
            await Task.Delay(200, TestContext.Current.CancellationToken);
        }
    }

    /// <summary>Waits until a server has no folder of any partition.</summary>
    public async Task UntilEmptyAsync(int server)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (FoldersOf(server) > 0)
        {
            Assert.False(patience.IsCancellationRequested, $"after a minute there are {FoldersOf(server)} folders");
            await Task.Delay(200, TestContext.Current.CancellationToken);
        }
    }

    /// <summary>How many partitions a server has a folder of.</summary>
    public int FoldersOf(int server) => Directory.EnumerateDirectories(Path.Combine(_servers[server].Folder, "partitions")).SelectMany(Directory.EnumerateDirectories).Count();

    public async ValueTask DisposeAsync()
    {
        foreach (var (server, folder, _) in _servers)
        {
            await server.DisposeAsync();
            Directory.Delete(folder, recursive: true);
        }
        await _store.DisposeAsync();
    }

    private static int FreePort()
    {
        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        return ((IPEndPoint)probe.LocalEndpoint).Port;
    }
}
