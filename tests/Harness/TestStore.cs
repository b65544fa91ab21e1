using System.Collections.Concurrent;

namespace Iggy.Testing;

/// <summary>Which metadata store servers of the tests use: <c>IGGY_TEST_METADATA=postgresql</c> runs any suite on the other one.</summary>
public static class TestStore
{
    private static readonly ConcurrentDictionary<string, Lazy<Task<string>>> s_databases = new(StringComparer.Ordinal);

    /// <summary>Whether the suite runs on PostgreSQL.</summary>
    public static bool IsPostgreSql => Environment.GetEnvironmentVariable("IGGY_TEST_METADATA") == "postgresql";

    /// <summary>The database of a data folder, the same for each server on it.</summary>
    public static Task<string> DatabaseOfAsync(string dataPath) =>
        s_databases.GetOrAdd(dataPath, static _ => new(static async () => await (await PostgreSqlServer.SharedAsync()).NewDatabaseAsync())).Value;
}
