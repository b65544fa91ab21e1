using Iggy.Grains.Metadata;
using Iggy.Grains.Metadata.PostgreSql;
using Microsoft.Data.Sqlite;
using Npgsql;

namespace Iggy.Grains.Hosting;

/// <summary>Brings the metadata of a server that does not run from SQLite to PostgreSQL.</summary>
/// <remarks>All rows in one transaction, read back before it is committed; then a mark in the folder, which a start with SQLite refuses. A crash between
/// the two leaves a whole copy without the mark: the next run finds the same rows and only sets it.</remarks>
public static class MetadataCopy
{
    /// <summary>Copies. The file stays as it is.</summary>
    /// <param name="folder">Held, so no server runs on it.</param>
    /// <param name="connectionString">Of an empty database, or of one with this very copy.</param>
    /// <param name="cancellationToken">Until the transaction is committed.</param>
    /// <returns>How many rows there are, and where.</returns>
    /// <exception cref="MetadataStoreException">The file or the database cannot be used, or holds something else. Neither was changed.</exception>
    public static async Task<(int Rows, string Where)> RunAsync(DataFolder folder, string connectionString, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(folder);
        if (!File.Exists(folder.MetadataPath))
            throw new MetadataStoreException($"There is no {folder.MetadataPath}: nothing to copy.");
        var where = PostgreSqlStore.Describe(connectionString);
        var rows = await ReadFileAsync(folder, cancellationToken);
        try
        {
            await using var source = NpgsqlDataSource.Create(PostgreSqlStore.WithLimits(connectionString));
            await using var connection = await source.OpenConnectionAsync(cancellationToken);
            await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
            await PostgreSqlSchema.ApplyAsync(connection, where, NodeIdFile.ReadOrCreate(folder.Root), cluster: null, cancellationToken);
            if ((await ReadDatabaseAsync(connection, cancellationToken)).Count == 0)
            {
                foreach (var row in rows)
                    await InsertAsync(connection, row, cancellationToken);
            }
            if (!(await ReadDatabaseAsync(connection, cancellationToken)).SetEquals(rows))
                throw new MetadataStoreException($"{where} holds other metadata than {folder.MetadataPath}. Take an empty database. Nothing was changed.");
            await transaction.CommitAsync(cancellationToken);
        }
        catch (Exception e) when (e is NpgsqlException or TimeoutException or System.Net.Sockets.SocketException)
        {
            throw new MetadataStoreException($"{where} did not take the metadata: {e.Message.ReplaceLineEndings(" ")} {folder.MetadataPath} is as it was.", e);
        }
        MovedMark.Write(folder, where);
        return (rows.Count, where);
    }

    private static async Task<HashSet<Row>> ReadFileAsync(DataFolder folder, CancellationToken cancellationToken)
    {
        try
        {
            MetadataCheck.RefuseMissing(folder);
            await MetadataStore.InitializeAsync(folder.MetadataPath, cancellationToken);
            await MetadataCheck.RunAsync(folder, cancellationToken); // rows that are damaged go along as they are
            return await Task.Run(() => ReadFile(folder.MetadataPath), cancellationToken);
        }
        catch (SqliteException e)
        {
            throw new MetadataStoreException($"{folder.MetadataPath} cannot be read: {e.Message} Nothing was changed.", e);
        }
        finally
        {
            MetadataStore.Close(folder.MetadataPath);
        }
    }

    private static HashSet<Row> ReadFile(string path)
    {
        using var connection = new MetadataConnection(MetadataStore.ConnectionString(path));
        connection.Open();
        using var command = new SqliteCommand(Row.Select, connection);
        using var reader = command.ExecuteReader();
        var rows = new HashSet<Row>();
        while (reader.Read())
            rows.Add(Row.Read(reader));
        return rows;
    }

    private static async Task<HashSet<Row>> ReadDatabaseAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(Row.Select, connection);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var rows = new HashSet<Row>();
        while (await reader.ReadAsync(cancellationToken))
            rows.Add(Row.Read(reader));
        return rows;
    }

    private static async Task InsertAsync(NpgsqlConnection connection, Row row, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            "INSERT INTO GrainState (ServiceId, StateName, KeyHigh, KeyLow, KeyText, Version, Payload) VALUES (@Service, @Name, @High, @Low, @Text, @Version, @Payload)", connection);
        command.Parameters.AddWithValue("Service", row.Service);
        command.Parameters.AddWithValue("Name", row.Name);
        command.Parameters.AddWithValue("High", row.High);
        command.Parameters.AddWithValue("Low", row.Low);
        command.Parameters.AddWithValue("Text", row.Text);
        command.Parameters.AddWithValue("Version", checked((int)row.Version));
        command.Parameters.AddWithValue("Payload", row.Payload is null ? DBNull.Value : Convert.FromHexString(row.Payload));
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    // The payload as text, so that two rows are equal when their bytes are.
    private sealed record Row(string Service, string Name, long High, long Low, string Text, long Version, string? Payload)
    {
        public const string Select = "SELECT ServiceId, StateName, KeyHigh, KeyLow, KeyText, Version, Payload FROM GrainState";

        public static Row Read(System.Data.Common.DbDataReader reader) => new(reader.GetString(0), reader.GetString(1), reader.GetInt64(2), reader.GetInt64(3),
            reader.GetString(4), reader.GetInt64(5), reader.IsDBNull(6) ? null : Convert.ToHexString((byte[])reader.GetValue(6)));
    }
}
