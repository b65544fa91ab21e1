using Npgsql;

namespace Iggy.Grains.Placement;

/// <summary>The table that says which server keeps a partition, asked directly. What it answers may be remembered: see <see cref="PartitionPlaces"/>.</summary>
internal static class PartitionRegister
{
    /// <summary>The channel on which changes are told.</summary>
    public const string Channel = "iggy_partitions";

    /// <summary>Adds rows for partitions that have none; others stay as they are.</summary>
    public static async Task AddAsync(NpgsqlDataSource source, string[] keys, string[] holders, CancellationToken cancellationToken)
    {
        await using var command = source.CreateCommand(
            "INSERT INTO PartitionRegister (PartitionKey, Epoch, Leader, LeaderGeneration, Voters, Version) "
            + "SELECT key, 1, holder, 0, ARRAY[holder], 1 FROM unnest(@Keys, @Holders) AS new (key, holder) ON CONFLICT DO NOTHING");
        command.Parameters.AddWithValue("Keys", keys);
        command.Parameters.AddWithValue("Holders", holders);
        if (await command.ExecuteNonQueryAsync(cancellationToken) > 0)
            await TellAsync(source, cancellationToken);
    }

    /// <summary>Forgets partitions that are removed.</summary>
    public static async Task RemoveAsync(NpgsqlDataSource source, string[] keys, CancellationToken cancellationToken)
    {
        await using var command = source.CreateCommand("DELETE FROM PartitionRegister WHERE PartitionKey = ANY(@Keys)");
        command.Parameters.AddWithValue("Keys", keys);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>Who keeps a partition; null when nobody does.</summary>
    public static async Task<string?> FindAsync(NpgsqlDataSource source, string key, CancellationToken cancellationToken)
    {
        await using var command = source.CreateCommand("SELECT Leader FROM PartitionRegister WHERE PartitionKey = @Key");
        command.Parameters.AddWithValue("Key", key);
        return await command.ExecuteScalarAsync(cancellationToken) as string;
    }

    /// <summary>Rows that changed after a change.</summary>
    /// <param name="connection">Open.</param>
    /// <param name="after">The number of that change; 0 for all rows.</param>
    /// <param name="take">Gets key and holder of each.</param>
    /// <param name="cancellationToken">Stops the reading.</param>
    /// <returns>The number of the newest change.</returns>
    public static async Task<long> ReadAsync(NpgsqlConnection connection, long after, Action<string, string> take, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("SELECT PartitionKey, Leader, Change FROM PartitionRegister WHERE Change > @After", connection);
        command.Parameters.AddWithValue("After", after);
        await using var rows = await command.ExecuteReaderAsync(cancellationToken);
        var newest = after;
        while (await rows.ReadAsync(cancellationToken))
        {
            take(rows.GetString(0), rows.GetString(1));
            newest = Math.Max(newest, rows.GetInt64(2));
        }
        return newest;
    }

    private static async Task TellAsync(NpgsqlDataSource source, CancellationToken cancellationToken)
    {
        await using var command = source.CreateCommand("NOTIFY " + Channel);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }
}
