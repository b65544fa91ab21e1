using System.Data.Common;
using Iggy.Grains.Hosting;
using Iggy.Grains.Interfaces;
using Iggy.Grains.Interfaces.Catalog;
using Iggy.Grains.Interfaces.Partitions;
using Iggy.Grains.Interfaces.Streams;
using Iggy.Grains.Interfaces.Topics;
using Iggy.Grains.Interfaces.Users;
using Iggy.Grains.Options;
using Iggy.Testing;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Npgsql;
using Orleans.TestingHost;

namespace Iggy.Grains.Tests.Setup;

/// <summary>A silo on a folder of its own, called as the gateway calls it: from inside the same process.</summary>
internal sealed class Server : IAsyncDisposable
{
    /// <summary>How long a test waits for an event that must come; it takes milliseconds.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly InProcessTestCluster _cluster;
    private readonly bool _ownsFolder;
    private readonly string? _database; // null for SQLite

    private Server(InProcessTestCluster cluster, LogCapture log, string folder, bool ownsFolder, string? database)
    {
        (_cluster, Log, Folder, _ownsFolder, _database) = (cluster, log, folder, ownsFolder, database);
        Services = cluster.GetSiloServiceProvider();
        Grains = Services.GetRequiredService<IGrainFactory>();
    }

    public string Folder { get; }
    public LogCapture Log { get; }
    public IServiceProvider Services { get; }
    public IGrainFactory Grains { get; }
    public IStreamDirectoryGrain Streams => Grains.GetGrain<IStreamDirectoryGrain>(0);
    public IUserDirectoryGrain Users => Grains.GetGrain<IUserDirectoryGrain>(0);
    public ICatalogFeedGrain Feed => Grains.GetGrain<ICatalogFeedGrain>(0);
    public string Partitions => Path.Combine(Folder, "partitions");
    public string Metadata => Path.Combine(Folder, "metadata.db");

    /// <summary>Topic settings that ask the server for everything.</summary>
    public static TopicSettings Defaults { get; } = new(TopicSettings.ServerDefault, TopicSettings.ServerDefault, Compression: 1, ReplicationFactor: 0);

    public static string NewFolder() => Directory.CreateTempSubdirectory("iggy-grains-").FullName;

    /// <param name="folder">An existing folder, which stays; null for a new one, which goes with the server.</param>
    /// <param name="configure">On top of small, fast options.</param>
    public static async Task<Server> StartAsync(string? folder = null, Action<ISiloBuilder>? configure = null)
    {
        var (path, log) = (folder ?? NewFolder(), new LogCapture());
        var database = TestStore.IsPostgreSql ? await TestStore.DatabaseOfAsync(path) : null;
        var builder = new InProcessTestClusterBuilder(1);
        builder.Options.ServiceId = "iggy"; // part of every metadata key, so it must outlive a restart
        builder.ConfigureSilo((_, silo) =>
        {
            silo.Services.AddLogging(logging => logging.ClearProviders().AddProvider(log).SetMinimumLevel(LogLevel.Debug).AddFilter("Orleans", LogLevel.Error));
            silo.AddIggyGrains();
            silo.Services.Configure<StorageOptions>(options => (options.DataPath, options.SegmentBytes) = (path, 5 * 1024));
            silo.Services.Configure<CatalogOptions>(options => options.RemovalWait = Patience); // what is deleted is gone, however busy the machine is
            silo.Services.Configure<UserOptions>(options => options.PasswordWorkFactor = 4);
            if (database is not null)
                silo.Services.Configure<MetadataOptions>(options => (options.Store, options.ConnectionString) = (MetadataStoreKind.PostgreSql, database));
            configure?.Invoke(silo);
        });
        var cluster = builder.Build();
        try
        {
            await cluster.DeployAsync();
        }
        catch
        {
            await cluster.DisposeAsync();
            if (folder is null)
                Directory.Delete(path, recursive: true);
            throw;
        }

        return new Server(cluster, log, path, folder is null, database);
    }

    public IStreamGrain Stream(Guid stream) => Grains.GetGrain<IStreamGrain>(stream);

    public ITopicGrain Topic(Guid topic) => Grains.GetGrain<ITopicGrain>(topic);

    public IPartitionGrain Partition(string key) => Grains.GetGrain<IPartitionGrain>(key);

    /// <summary>A stream of that name, with one topic.</summary>
    public async Task<(StreamEntry Stream, TopicEntry Topic)> MakeTopicAsync(string name, uint partitions = 1)
    {
        var stream = await Streams.CreateAsync(name);
        return (stream, await Stream(stream.Incarnation).CreateTopicAsync("topic", Defaults, partitions));
    }

    /// <summary>A stream of that name, with one topic, with one partition.</summary>
    public async Task<IPartitionGrain> MakePartitionAsync(string name)
    {
        var (_, topic) = await MakeTopicAsync(name);
        return Partition((await Topic(topic.Incarnation).ListPartitionsAsync())[0].Key);
    }

    /// <summary>Ends the activation of a grain and waits until it is gone.</summary>
    public Task DeactivateAsync(IAddressable grain) => _cluster.DeactivateAsync(grain);

    /// <summary>Runs SQL on the metadata store, beside the server.</summary>
    public void Sql(string sql)
    {
        using var connection = OpenStore();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    /// <summary>Kinds of the rows in the metadata store.</summary>
    public string[] StoredStates()
    {
        using var connection = OpenStore();
        using var command = connection.CreateCommand();
        command.CommandText = "SELECT StateName FROM GrainState ORDER BY StateName";
        using var reader = command.ExecuteReader();
        var names = new List<string>();
        while (reader.Read())
            names.Add(reader.GetString(0));
        return [.. names];
    }

    /// <summary>From now on the metadata store refuses to change rows of one kind.</summary>
    public void BreakWrites(string stateName)
    {
        if (_database is not null)
        {
            Sql($"""
                CREATE FUNCTION broken() RETURNS trigger LANGUAGE plpgsql AS $$
                BEGIN
                    IF coalesce(NEW.StateName, OLD.StateName) = '{stateName}' THEN RAISE EXCEPTION 'broken by a test'; END IF;
                    RETURN coalesce(NEW, OLD);
                END $$;
                CREATE TRIGGER broken BEFORE INSERT OR UPDATE OR DELETE ON GrainState FOR EACH ROW EXECUTE FUNCTION broken();
                """);
            return;
        }
        foreach (var (change, row) in new[] { ("INSERT", "NEW"), ("UPDATE", "NEW"), ("DELETE", "OLD") })
            Sql($"CREATE TRIGGER broken_{change} BEFORE {change} ON GrainState WHEN {row}.StateName = '{stateName}' BEGIN SELECT RAISE(ABORT, 'broken by a test'); END;");
    }

    public void MendWrites() => Sql(_database is null
        ? "DROP TRIGGER broken_INSERT; DROP TRIGGER broken_UPDATE; DROP TRIGGER broken_DELETE;"
        : "DROP TRIGGER broken ON GrainState; DROP FUNCTION broken();");

    private DbConnection OpenStore()
    {
        DbConnection connection = _database is null ? new SqliteConnection($"Data Source={Metadata};Pooling=False") : new NpgsqlConnection(_database);
        connection.Open();
        return connection;
    }

    /// <summary>Folders of partitions, as keys.</summary>
    public string[] PartitionFolders() =>
        [.. Directory.EnumerateDirectories(Partitions).SelectMany(Directory.EnumerateDirectories).Select(path => Path.GetRelativePath(Partitions, path))];

    public async ValueTask DisposeAsync()
    {
        await _cluster.StopAllSilosAsync();
        await _cluster.DisposeAsync();
        if (_ownsFolder)
            Directory.Delete(Folder, recursive: true);
    }

    /// <summary>Asserts that a call is refused for a reason.</summary>
    public static async Task RefusedAsync(Refusal reason, Func<Task> call)
    {
        var refused = await Assert.ThrowsAsync<RefusedException>(call);
        Assert.Equal(reason, refused.Reason);
    }
}

/// <summary>One server for a class of tests that use names of their own.</summary>
public sealed class SharedServer : IAsyncLifetime
{
    internal Server Server { get; private set; } = null!;

    public async ValueTask InitializeAsync() => Server = await Server.StartAsync();

    public ValueTask DisposeAsync() => Server.DisposeAsync();
}
