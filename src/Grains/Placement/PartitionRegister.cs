using Npgsql;

namespace Iggy.Grains.Placement;

/// <summary>The table that says which servers keep a partition, asked directly. What it answers may be remembered: see <see cref="PartitionPlaces"/>.</summary>
internal static class PartitionRegister
{
    /// <summary>The channel on which changes are told.</summary>
    public const string Channel = "iggy_partitions";

    private const string Columns = "Leader, Epoch, LeaderGeneration, Voters, Learners, PurgeEpoch, Version";

    /// <summary>Adds rows for partitions that have none; others stay as they are.</summary>
    public static async Task AddAsync(NpgsqlDataSource source, string[] keys, PartitionRow[] rows, CancellationToken cancellationToken)
    {
        await using var command = source.CreateCommand(
            "INSERT INTO PartitionRegister (PartitionKey, Epoch, Leader, LeaderGeneration, Voters, Version) "
            + "SELECT key, epoch, leader, generation, string_to_array(voters, ','), 1 FROM unnest(@Keys, @Epochs, @Leaders, @Generations, @Voters) "
            + "AS new (key, epoch, leader, generation, voters) ON CONFLICT DO NOTHING");
        command.Parameters.AddWithValue("Keys", keys);
        command.Parameters.AddWithValue("Epochs", rows.Select(static row => (long)row.Epoch).ToArray());
        command.Parameters.AddWithValue("Leaders", rows.Select(static row => row.Leader).ToArray());
        command.Parameters.AddWithValue("Generations", rows.Select(static row => (long)row.Generation).ToArray());
        command.Parameters.AddWithValue("Voters", rows.Select(static row => string.Join(',', row.Voters)).ToArray());
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

    /// <summary>What is known of a partition; null when nobody keeps it.</summary>
    public static async Task<PartitionRow?> FindAsync(NpgsqlDataSource source, string key, CancellationToken cancellationToken)
    {
        await using var command = source.CreateCommand($"SELECT {Columns} FROM PartitionRegister WHERE PartitionKey = @Key");
        command.Parameters.AddWithValue("Key", key);
        await using var rows = await command.ExecuteReaderAsync(cancellationToken);
        return await rows.ReadAsync(cancellationToken) ? Read(rows, 0) : null;
    }

    /// <summary>Puts a row in place of the one before it, if nobody else has changed that.</summary>
    /// <param name="source">The database.</param>
    /// <param name="key">Of the partition.</param>
    /// <param name="next">Its version is one above that of the row that was seen.</param>
    /// <param name="cancellationToken">Ends the wait; whether it went through is not known then.</param>
    public static async Task<bool> TrySetAsync(NpgsqlDataSource source, string key, PartitionRow next, CancellationToken cancellationToken)
    {
        await using var command = source.CreateCommand(
            "UPDATE PartitionRegister SET Leader = @Leader, Epoch = @Epoch, LeaderGeneration = @Generation, Voters = @Voters, Learners = @Learners, PurgeEpoch = @PurgeEpoch, "
            + "Version = @Version, Change = nextval('PartitionRegisterChange') WHERE PartitionKey = @Key AND Version = @Version - 1");
        command.Parameters.AddWithValue("Key", key);
        command.Parameters.AddWithValue("Leader", next.Leader);
        command.Parameters.AddWithValue("Epoch", (long)next.Epoch);
        command.Parameters.AddWithValue("Generation", (long)next.Generation);
        command.Parameters.AddWithValue("Voters", next.Voters.ToArray());
        command.Parameters.AddWithValue("Learners", next.Learners.ToArray());
        command.Parameters.AddWithValue("PurgeEpoch", (long)next.PurgeEpoch);
        command.Parameters.AddWithValue("Version", (long)next.Version);
        if (await command.ExecuteNonQueryAsync(cancellationToken) == 0)
            return false;
        await TellAsync(source, cancellationToken);
        return true;
    }

    /// <summary>Rows that changed after a change.</summary>
    /// <param name="connection">Open.</param>
    /// <param name="after">The number of that change; 0 for all rows.</param>
    /// <param name="take">Gets key and row of each.</param>
    /// <param name="cancellationToken">Stops the reading.</param>
    /// <returns>The number of the newest change.</returns>
    public static async Task<long> ReadAsync(NpgsqlConnection connection, long after, Action<string, PartitionRow> take, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand($"SELECT PartitionKey, Change, {Columns} FROM PartitionRegister WHERE Change > @After", connection);
        command.Parameters.AddWithValue("After", after);
        await using var rows = await command.ExecuteReaderAsync(cancellationToken);
        var newest = after;
        while (await rows.ReadAsync(cancellationToken))
        {
            take(rows.GetString(0), Read(rows, 2));
            newest = Math.Max(newest, rows.GetInt64(1));
        }
        return newest;
    }

    /// <summary>Has the servers look what changed.</summary>
    public static async Task TellAsync(NpgsqlDataSource source, CancellationToken cancellationToken)
    {
        await using var command = source.CreateCommand("NOTIFY " + Channel);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private static PartitionRow Read(NpgsqlDataReader rows, int at) => new(
        rows.GetString(at), (ulong)rows.GetInt64(at + 1), (ulong)rows.GetInt64(at + 2), [.. rows.GetFieldValue<string[]>(at + 3)], [.. rows.GetFieldValue<string[]>(at + 4)],
        (ulong)rows.GetInt64(at + 5), (ulong)rows.GetInt64(at + 6));
}
