using System.Data.Common;
using Microsoft.Data.Sqlite;

namespace Iggy.Grains.Metadata;

/// <summary>A connection whose every commit is on disk before it returns.</summary>
/// <remarks>SQLite keeps both settings per connection and not in the file, so each opening sets them: FULL syncs the write-ahead log at every commit
/// (a build of SQLite may default to less), and a writer that meets another waits in SQLite for milliseconds, not in the driver's 150 ms steps.</remarks>
internal sealed class MetadataConnection(string connectionString) : SqliteConnection(connectionString)
{
    public override void Open()
    {
        base.Open();
        Execute("PRAGMA synchronous = FULL; PRAGMA busy_timeout = 10000;");
    }

    /// <summary>Runs statements from this assembly; never text from outside.</summary>
    internal void Execute(string sql, SqliteTransaction? transaction = null)
    {
        using var command = new SqliteCommand(sql, this, transaction);
        command.ExecuteNonQuery();
    }

    internal long Number(string sql)
    {
        using var command = new SqliteCommand(sql, this);
        return (long)(command.ExecuteScalar() ?? 0L);
    }
}

/// <summary>What Orleans' grain storage opens its connections from.</summary>
internal sealed class MetadataDataSource(DataFolderHolder holder) : DbDataSource
{
    // Asked for at the first use, when the options have been validated and the folder is taken.
    public override string ConnectionString => field ??= MetadataStore.ConnectionString(holder.Open().MetadataPath);

    protected override DbConnection CreateDbConnection() => new MetadataConnection(ConnectionString);
}
