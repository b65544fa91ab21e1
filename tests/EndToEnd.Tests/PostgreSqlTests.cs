using Iggy.Testing;
using static Iggy.Testing.RawClient;

namespace Iggy.EndToEnd.Tests;

/// <summary>A server whose metadata is in PostgreSQL. Whole suites run on it with <c>IGGY_TEST_METADATA=postgresql</c>.</summary>
public sealed class PostgreSqlTests
{
    public PostgreSqlTests() => Assert.SkipUnless(PostgreSqlServer.Missing is null, PostgreSqlServer.Missing ?? "");

    // Goal: a node moves its metadata with one command and one setting, and cannot start by mistake with what is out of date.
    [Fact]
    public async Task MetadataCopy_OfAStoppedServer_IsWhatTheNextOneStartsWith()
    {
        var database = await (await PostgreSqlServer.SharedAsync()).NewDatabaseAsync();
        string folder;
        await using (var server = await ServerProcess.StartAsync(settings: OnSqlite))
        {
            folder = server.DataPath;
            using var client = await LogInAsync(server.Tcp);
            await client.DoAsync(202, Name("orders"));
            var (running, message) = await ServerProcess.RunToEndAsync(folder, OnSqlite, "metadata", "copy", "--to", database);
            Assert.True(running == 3, message); // another server holds the folder
            Assert.Equal(0, await server.StopAsync());
        }
        var (wrong, told) = await ServerProcess.RunToEndAsync(folder, OnSqlite, "metadata", "copy", "--to", "nonsense");
        Assert.True(wrong == 2 && told.Contains("allowed: Host=", StringComparison.Ordinal), told);
        var (copied, output) = await ServerProcess.RunToEndAsync(folder, OnSqlite, "metadata", "copy", "--to", database);
        Assert.True(copied == 0 && output.Contains("Iggy:Metadata:Store=PostgreSql", StringComparison.Ordinal), output);

        var (refused, reason) = await ServerProcess.RunToEndAsync(folder, OnSqlite);
        Assert.True(refused == 5 && reason.Contains("was copied to PostgreSQL", StringComparison.Ordinal), reason);
        var (fresh, why) = await ServerProcess.RunToEndAsync(folder, On(database), "--fresh");
        Assert.True(fresh == 2 && why.Contains("Nothing was removed", StringComparison.Ordinal), why);

        await using (var server = await ServerProcess.StartAsync(folder, On(database)))
        {
            using var client = await LogInAsync(server.Tcp);
            Assert.NotEmpty(await client.DoAsync(200, Id("orders")));
            await client.DoAsync(202, Name("later"));
            Assert.Equal(0, await server.StopAsync());
        }
        Directory.Delete(folder, recursive: true);
    }

    // Goal: what cannot be used is told in one line, without the password.
    [Fact]
    public async Task Start_WithPostgreSqlAway_LeavesWithOneLine()
    {
        var (code, output) = await ServerProcess.RunToEndAsync(settings: On("Host=127.0.0.1;Port=1;Database=iggy;Username=iggy;Password=geheim"));
        Assert.True(code == 5 && output.Contains("PostgreSQL at 127.0.0.1:1", StringComparison.Ordinal), output);
        Assert.DoesNotContain("geheim", output, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", output, StringComparison.Ordinal);
    }

    private static Dictionary<string, string> OnSqlite => new() { ["Iggy__Metadata__Store"] = "Sqlite" };

    private static Dictionary<string, string> On(string database) => new() { ["Iggy__Metadata__Store"] = "PostgreSql", ["Iggy__Metadata__ConnectionString"] = database };
}
