using System.IO.Hashing;
using System.Text;
using Npgsql;

namespace Iggy.Grains.Metadata.PostgreSql;

/// <summary>The tables of <c>deploy/sql/postgresql.sql</c>.</summary>
internal static class PostgreSqlSchema
{
    /// <summary>The layout that this server reads and writes.</summary>
    public const long Layout = 1;

    private const long LockKey = 0x49676779_4D657461; // any number that nobody else in the database takes

    /// <summary>Makes the tables or brings them up to date, and claims them for a data folder. Within the caller's transaction, one caller at a time.</summary>
    /// <param name="connection">In a transaction.</param>
    /// <param name="where">For messages.</param>
    /// <param name="nodeId">Of the data folder.</param>
    /// <param name="cluster">The cluster that the folder's server is in; null where it is alone.</param>
    /// <param name="cancellationToken">Until the caller commits.</param>
    /// <returns>Whether the tables belonged to the folder before, and its slot in the cluster.</returns>
    /// <exception cref="MetadataStoreException">They are a newer server's, or another folder's.</exception>
    public static async Task<(bool WasOurs, int Slot)> ApplyAsync(
        NpgsqlConnection connection, string where, string nodeId, string? cluster, CancellationToken cancellationToken)
    {
        await ExecuteAsync(connection, "SELECT pg_advisory_xact_lock(@Key)", ("Key", LockKey), cancellationToken);
        var script = MetadataStore.ReadScript("postgresql.sql");
        var scriptNumber = (long)XxHash32.HashToUInt32(Encoding.UTF8.GetBytes(script));
        var (layout, number) = await ReadVersionAsync(connection, cancellationToken);
        if (layout > Layout)
            throw new MetadataStoreException($"{where} has layout {layout}, written by a newer server; this one knows up to {Layout}.");
        if (layout != Layout || number != scriptNumber)
        {
            await ExecuteAsync(connection, script, null, cancellationToken);
            await ExecuteAsync(connection, $"INSERT INTO IggyMetadata (Layout, ScriptNumber) VALUES ({Layout}, {scriptNumber}) ON CONFLICT (Single) DO UPDATE SET Layout = excluded.Layout, ScriptNumber = excluded.ScriptNumber", null, cancellationToken);
        }
        var (owner, present) = await ReadOwnerAsync(connection, cancellationToken);
        return cluster is null
            ? (await TakeAloneAsync(connection, where, nodeId, owner, present, cancellationToken), 0)
            : await ClusterNodes.JoinAsync(connection, where, nodeId, cluster, owner, present, cancellationToken);
    }

    private static async Task<bool> TakeAloneAsync(NpgsqlConnection connection, string where, string nodeId, string? owner, string? cluster, CancellationToken cancellationToken)
    {
        if (cluster is not null)
            throw new MetadataStoreException($"{where} belongs to the cluster '{cluster}': start with Iggy:Cluster:Enabled=true and Iggy:Cluster:Name={cluster}.");
        if (owner is not null && owner != nodeId)
        {
            throw new MetadataStoreException($"{where} belongs to another data folder: its node.id is {owner}, this folder's is {nodeId}. Choose the folder or the database "
                + "that belong together. If node.id itself was lost, put the first number into it.");
        }
        if (owner is null)
            await ExecuteAsync(connection, "UPDATE IggyMetadata SET NodeId = @NodeId", ("NodeId", nodeId), cancellationToken);
        return owner is not null;
    }

    private static async Task<(long Layout, long Number)> ReadVersionAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using (var exists = new NpgsqlCommand("SELECT to_regclass('iggymetadata') IS NOT NULL", connection))
        {
            if (await exists.ExecuteScalarAsync(cancellationToken) is not true)
                return default;
        }
        await using var command = new NpgsqlCommand("SELECT Layout, ScriptNumber FROM IggyMetadata", connection);
        await using var row = await command.ExecuteReaderAsync(cancellationToken);
        return await row.ReadAsync(cancellationToken) ? (row.GetInt64(0), row.GetInt64(1)) : default;
    }

    private static async Task<(string? Owner, string? Cluster)> ReadOwnerAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("SELECT NodeId, Cluster FROM IggyMetadata", connection);
        await using var row = await command.ExecuteReaderAsync(cancellationToken);
        return await row.ReadAsync(cancellationToken) ? (row.IsDBNull(0) ? null : row.GetString(0), row.IsDBNull(1) ? null : row.GetString(1)) : default;
    }

    // Texts of this assembly, never from outside; what varies travels as a parameter.
    internal static async Task ExecuteAsync(NpgsqlConnection connection, string sql, (string Name, object Value)? parameter, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        if (parameter is var (name, value))
            command.Parameters.AddWithValue(name, value);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }
}
