using Iggy.Grains.Hosting;
using Iggy.Grains.Interfaces;
using Iggy.Grains.Interfaces.Partitions;
using Iggy.Grains.Interfaces.Streams;
using Iggy.Grains.Interfaces.Users;
using Iggy.Grains.Metadata;
using Iggy.Grains.Options;
using Iggy.Grains.Tests.Setup;
using Iggy.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace Iggy.Grains.Tests;

/// <summary>Metadata in PostgreSQL. The suites that hold for both stores run on it with <c>IGGY_TEST_METADATA=postgresql</c>.</summary>
[Trait("kind", "process")]
public sealed class PostgreSqlTests
{
    public PostgreSqlTests() => Assert.SkipUnless(PostgreSqlServer.Missing is null, PostgreSqlServer.Missing ?? "");

    // Goal: what was stored is there after a restart, and nothing lies in the folder's file.
    [Fact]
    public async Task Restart_OnPostgreSql_KeepsStreamsAndMessages()
    {
        var postgreSql = await PostgreSqlServer.SharedAsync();
        var (database, folder) = (await postgreSql.NewDatabaseAsync(), Server.NewFolder());
        string key;
        await using (var server = await Server.StartAsync(folder, On(database)))
        {
            var (_, topic) = await server.MakeTopicAsync("orders");
            key = (await server.Topic(topic.Incarnation).ListPartitionsAsync())[0].Key;
            await server.Partition(key).AppendAsync(Messages.Batch("one"));
        }
        Assert.False(File.Exists(Path.Combine(folder, "metadata.db")));
        await using (var server = await Server.StartAsync(folder, On(database)))
        {
            Assert.Equal("orders", Assert.Single(await server.Streams.ListAsync()).Name);
            Assert.Equal(["one"], await ReadAsync(server.Partition(key)));
            await server.Streams.DeleteAsync((await server.Streams.ListAsync())[0].Incarnation);
        }
        Assert.Equal("0", await postgreSql.QueryAsync(database, "SELECT count(*) FROM GrainState WHERE StateName IN ('stream', 'topic')"));
        Directory.Delete(folder, recursive: true);
    }

    // Goal: a writer that another one overtook is refused, as in SQLite. Method: the version of a row is changed behind the grain's back.
    [Fact]
    public async Task Store_OverAnotherVersion_IsRefusedAndReadAgain()
    {
        var postgreSql = await PostgreSqlServer.SharedAsync();
        var database = await postgreSql.NewDatabaseAsync();
        await using var server = await Server.StartAsync(configure: On(database));
        await server.Streams.CreateAsync("first");
        await postgreSql.QueryAsync(database, "UPDATE GrainState SET Version = Version + 1 WHERE StateName = 'streams'");
        await Server.RefusedAsync(Refusal.StorageFailed, () => server.Streams.CreateAsync("second").AsTask());
        await server.Streams.CreateAsync("third");
        Assert.Equal(["first", "third"], (await server.Streams.ListAsync()).Select(stream => stream.Name));
    }

    // Goal: two folders never share a database.
    [Fact]
    public async Task Start_WithTheDatabaseOfAnotherFolder_IsRefused()
    {
        var database = await (await PostgreSqlServer.SharedAsync()).NewDatabaseAsync();
        await using (await Server.StartAsync(configure: On(database)))
        {
        }
        var refused = await RefusedStartAsync(Server.NewFolder(), On(database));
        Assert.Contains("belongs to another data folder", refused, StringComparison.Ordinal);
    }

    // Goal: an empty database does not stand beside existing partitions.
    [Fact]
    public async Task Start_WithPartitionsAndAnEmptyDatabase_IsRefused()
    {
        var postgreSql = await PostgreSqlServer.SharedAsync();
        var folder = await FolderWithAStreamAsync();
        Assert.Contains("The metadata is missing", await RefusedStartAsync(folder, On(await postgreSql.NewDatabaseAsync())), StringComparison.Ordinal);
        await using (await Server.StartAsync(folder)) // its own metadata is as it was
        {
        }
        Directory.Delete(folder, recursive: true);
    }

    // Goal: a wrong address is told in one line.
    [Fact]
    public async Task Start_WithoutPostgreSql_SaysWhatToLookFor()
    {
        var refused = await RefusedStartAsync(Server.NewFolder(), On("Host=127.0.0.1;Port=1;Database=iggy;Username=iggy;Password=geheim"));
        Assert.Contains("PostgreSQL at 127.0.0.1:1, database iggy", refused, StringComparison.Ordinal);
        Assert.DoesNotContain("geheim", refused, StringComparison.Ordinal);
    }

    // Goal: a damaged row hurts one stream, as in SQLite.
    [Fact]
    public async Task Start_WithADamagedRow_RefusesThatStreamOnly()
    {
        var postgreSql = await PostgreSqlServer.SharedAsync();
        var (database, folder) = (await postgreSql.NewDatabaseAsync(), Server.NewFolder());
        StreamEntry hurt, whole;
        await using (var server = await Server.StartAsync(folder, On(database)))
        {
            hurt = (await server.MakeTopicAsync("hurt")).Stream;
            whole = await server.Streams.CreateAsync("whole");
        }
        await postgreSql.QueryAsync(database, "UPDATE GrainState SET Payload = set_byte(Payload, 3, 7) WHERE StateName = 'topic'");
        await using (var server = await Server.StartAsync(folder, On(database)))
        {
            var topic = Assert.Single(await server.Stream(hurt.Incarnation).ListAsync());
            await Server.RefusedAsync(Refusal.StorageFailed, async () => await server.Topic(topic.Incarnation).ListPartitionsAsync());
            Assert.Empty(await server.Stream(whole.Incarnation).ListAsync());
        }
        Directory.Delete(folder, recursive: true);
    }

    // Goal: while the database is away messages go on, changes are refused with the reason; when it is back all is well.
    [Fact]
    public async Task PostgreSql_AwayAndBack_StopsChangesOnly()
    {
        await using var postgreSql = await PostgreSqlServer.StartAsync();
        var database = await postgreSql.NewDatabaseAsync();
        await using var server = await Server.StartAsync(configure: On(database + ";Timeout=2;Command Timeout=2"));
        var (stream, topic) = await server.MakeTopicAsync("orders");
        var partition = server.Partition((await server.Topic(topic.Incarnation).ListPartitionsAsync())[0].Key);
        await partition.AppendAsync(Messages.Batch("zero")); // its log is open
        await postgreSql.StopAsync();
        await partition.AppendAsync(Messages.Batch("one"));
        Assert.Equal(["zero", "one"], await ReadAsync(partition));
        var refused = await Assert.ThrowsAsync<RefusedException>(() => server.Streams.CreateAsync("second").AsTask());
        Assert.Equal(Refusal.Unavailable, refused.Reason);
        Assert.Contains("The metadata store is away: PostgreSQL at ", refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("Username", refused.Message, StringComparison.Ordinal);
        await Server.RefusedAsync(Refusal.Unavailable, () => server.Users.CreateAsync(new NewUser("alice", "secret", Inactive: false, Permissions: null)).AsTask());
        await server.DeactivateAsync(server.Stream(stream.Incarnation)); // the next one has to read its row
        await Server.RefusedAsync(Refusal.Unavailable, () => server.Stream(stream.Incarnation).ListAsync().AsTask());
        await partition.AppendAsync(Messages.Batch("two"));
        await postgreSql.ResumeAsync();
        while (true) // what refused its caller has ended and is activated anew
        {
            try
            {
                await server.Streams.CreateAsync("second");
                break;
            }
            catch (RefusedException e) when (e.Reason is Refusal.Unavailable)
            {
                await Task.Delay(20, TestContext.Current.CancellationToken);
            }
        }
        Assert.Single(await server.Stream(stream.Incarnation).ListAsync());
        Assert.Equal(["zero", "one", "two"], await ReadAsync(partition));
        Assert.Equal(["orders", "second"], (await server.Streams.ListAsync()).Select(stream => stream.Name));
    }

    // Goal: a node's data comes along: the copy has every row, and the old file is not started by mistake.
    [Fact]
    public async Task Copy_OfAFolder_BringsEverythingAndLeavesAMark()
    {
        var postgreSql = await PostgreSqlServer.SharedAsync();
        var (database, folder) = (await postgreSql.NewDatabaseAsync(), await FolderWithAStreamAsync());
        using (var held = DataFolder.Open(folder, TimeProvider.System))
        {
            var (rows, where) = await MetadataCopy.RunAsync(held, database, TestContext.Current.CancellationToken);
            Assert.True(rows >= 3);
            Assert.DoesNotContain("Username", where, StringComparison.Ordinal);
            Assert.Equal(rows, (await MetadataCopy.RunAsync(held, database, TestContext.Current.CancellationToken)).Rows); // as after a crash before the mark
        }
        Assert.Contains("was copied to PostgreSQL", await RefusedStartAsync(folder, null), StringComparison.Ordinal);
        await using (var server = await Server.StartAsync(folder, On(database)))
        {
            Assert.Equal("orders", Assert.Single(await server.Streams.ListAsync()).Name);
            await server.Streams.CreateAsync("later");
        }
        using (var held = DataFolder.Open(folder, TimeProvider.System))
        {
            var refused = await Assert.ThrowsAsync<MetadataStoreException>(() => MetadataCopy.RunAsync(held, database, TestContext.Current.CancellationToken));
            Assert.Contains("holds other metadata", refused.Message, StringComparison.Ordinal);
        }
        Directory.Delete(folder, recursive: true);
    }

    // Goal: a copy that fails changes neither side.
    [Fact]
    public async Task Copy_IntoTheDatabaseOfAnotherFolder_IsRefused()
    {
        var database = await (await PostgreSqlServer.SharedAsync()).NewDatabaseAsync();
        await using (await Server.StartAsync(configure: On(database)))
        {
        }
        var folder = await FolderWithAStreamAsync();
        using (var held = DataFolder.Open(folder, TimeProvider.System))
            await Assert.ThrowsAsync<MetadataStoreException>(() => MetadataCopy.RunAsync(held, database, TestContext.Current.CancellationToken));
        await using (var server = await Server.StartAsync(folder))
            Assert.Single(await server.Streams.ListAsync());
        Directory.Delete(folder, recursive: true);
    }

    // Goal: no folder and no database comes into a cluster, or out of one, by mistake.
    [Fact]
    public async Task Start_OfAnotherClusterOrServer_IsRefused()
    {
        var postgreSql = await PostgreSqlServer.SharedAsync();
        var (database, folder) = (await postgreSql.NewDatabaseAsync(), await FolderWithAStreamAsync());
        using (var held = DataFolder.Open(folder, TimeProvider.System))
            await MetadataCopy.RunAsync(held, database, TestContext.Current.CancellationToken);
        Assert.Contains("Start that server first", await RefusedStartAsync(Server.NewFolder(), InCluster(database, "blue")), StringComparison.Ordinal);
        await using (await Server.StartAsync(folder, InCluster(database, "blue"))) // its own folder brings its data along
        {
        }
        Assert.Equal("1", await postgreSql.QueryAsync(database, "SELECT count(*) FROM PartitionRegister"));
        Assert.Contains("belongs to the cluster 'blue': start with", await RefusedStartAsync(folder, On(database)), StringComparison.Ordinal);
        Assert.Contains("belongs to the cluster 'blue', not to 'red'", await RefusedStartAsync(folder, InCluster(database, "red")), StringComparison.Ordinal);
        await using (await Server.StartAsync(configure: InCluster(database, "blue"))) // an empty one joins
        {
        }
        Assert.Equal("0 1", await postgreSql.QueryAsync(database, "SELECT string_agg(Slot::text, ' ' ORDER BY Slot) FROM IggyNode"));
        var stranger = await FolderWithAStreamAsync();
        Assert.Contains("does not know its node.id", await RefusedStartAsync(stranger, InCluster(database, "blue")), StringComparison.Ordinal);
        foreach (var path in new[] { folder, stranger })
            Directory.Delete(path, recursive: true);
    }

    // Goal: servers of a cluster share their metadata, so the file of one is refused before anything is done.
    [Fact]
    public async Task Start_OfAClusterOnSqlite_IsRefused()
    {
        var failure = await Assert.ThrowsAnyAsync<Exception>(async () => await (await Server.StartAsync(configure: silo => silo.Services
            .Configure<MetadataOptions>(options => (options.Store, options.ConnectionString) = (MetadataStoreKind.Sqlite, null))
            .Configure<ClusterNodeOptions>(options => options.Enabled = true))).DisposeAsync());
        Assert.Contains("Iggy:Metadata:Store is Sqlite; allowed: PostgreSql", failure.ToString(), StringComparison.Ordinal);
    }

    // Goal: a user's password can be set there too.
    [Fact]
    public async Task PasswordReset_OnPostgreSql_StoresTheHash()
    {
        var postgreSql = await PostgreSqlServer.SharedAsync();
        var (database, folder) = (await postgreSql.NewDatabaseAsync(), Server.NewFolder());
        await using (var server = await Server.StartAsync(folder, On(database)))
            await server.Users.CreateAsync(new NewUser("alice", "secret", Inactive: false, Permissions: null));
        using (var held = DataFolder.Open(folder, TimeProvider.System))
        {
            var options = new MetadataOptions { Store = MetadataStoreKind.PostgreSql, ConnectionString = database };
            Assert.True(await PasswordReset.RunAsync(held, "alice", "a hash", options, new ClusterNodeOptions(), TestContext.Current.CancellationToken));
            Assert.False(await PasswordReset.RunAsync(held, "bob", "a hash", options, new ClusterNodeOptions(), TestContext.Current.CancellationToken));
        }
        Assert.Equal("1", await postgreSql.QueryAsync(database, "SELECT count(*) FROM GrainState WHERE StateName = 'user' AND position(convert_to('a hash', 'UTF8') in Payload) > 0"));
        Directory.Delete(folder, recursive: true);
    }

    private static Action<ISiloBuilder> On(string database) =>
        silo => silo.Services.Configure<MetadataOptions>(options => (options.Store, options.ConnectionString) = (MetadataStoreKind.PostgreSql, database));

    private static Action<ISiloBuilder> InCluster(string database, string name) => silo =>
    {
        On(database)(silo);
        silo.Services.Configure<ClusterNodeOptions>(options => (options.Enabled, options.Name) = (true, name));
    };

    private static async Task<string[]> ReadAsync(IPartitionGrain partition) =>
        [.. Messages.Read(await partition.PollAsync(Messages.Poll(PollFrom.Offset))).Select(message => message.Payload)];

    private static async Task<string> FolderWithAStreamAsync()
    {
        var folder = Server.NewFolder();
        await using var server = await Server.StartAsync(folder);
        await server.MakeTopicAsync("orders");
        return folder;
    }

    private static async Task<string> RefusedStartAsync(string folder, Action<ISiloBuilder>? configure)
    {
        var failure = await Assert.ThrowsAnyAsync<Exception>(async () => await (await Server.StartAsync(folder, configure)).DisposeAsync());
        while (failure is not MetadataStoreException && failure.InnerException is { } inner)
            failure = inner;
        return Assert.IsType<MetadataStoreException>(failure).Message;
    }
}
