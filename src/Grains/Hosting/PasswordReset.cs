using System.Data.Common;
using Iggy.Grains.Metadata;
using Iggy.Grains.Metadata.PostgreSql;
using Iggy.Grains.Options;
using Iggy.Grains.Users;
using Microsoft.Data.Sqlite;
using Npgsql;

namespace Iggy.Grains.Hosting;

/// <summary>Gives a user another password in the data folder of a server that does not run: for one that nobody knows any more.</summary>
public static class PasswordReset
{
    /// <summary>Stores the hash. Sessions and tokens of logins with the old password end with it; personal access tokens stay.</summary>
    /// <param name="folder">Held, so no server runs on it.</param>
    /// <param name="username">Whose.</param>
    /// <param name="passwordHash">From <see cref="PasswordHasher"/>.</param>
    /// <param name="options">Where its metadata is.</param>
    /// <param name="cluster">Whether its server is one of several.</param>
    /// <param name="cancellationToken">Honoured before the work starts.</param>
    /// <returns>False when there is no such user; nothing was changed.</returns>
    /// <exception cref="MetadataStoreException">The metadata is missing or damaged.</exception>
    public static async Task<bool> RunAsync(DataFolder folder, string username, string passwordHash, MetadataOptions options, ClusterNodeOptions cluster, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(folder);
        ArgumentNullException.ThrowIfNull(options);
        if (options.Store is MetadataStoreKind.PostgreSql)
            return await RunOnPostgreSqlAsync(folder, username, passwordHash, options, cluster, cancellationToken);
        MovedMark.RefuseMoved(folder);
        if (!File.Exists(folder.MetadataPath))
            throw new MetadataStoreException($"There is no {folder.MetadataPath}: no server has kept users here.");
        try
        {
            MetadataCheck.RefuseMissing(folder);
            await MetadataStore.InitializeAsync(folder.MetadataPath, cancellationToken);
            await MetadataCheck.RunAsync(folder, cancellationToken);
            return await Task.Run(() => Store(folder.MetadataPath, username, passwordHash), cancellationToken);
        }
        catch (SqliteException e)
        {
            throw new MetadataStoreException($"{folder.MetadataPath} did not take the password: {e.Message}", e);
        }
        finally
        {
            MetadataStore.Close(folder.MetadataPath);
        }
    }

    private static async Task<bool> RunOnPostgreSqlAsync(DataFolder folder, string username, string passwordHash, MetadataOptions options, ClusterNodeOptions cluster, CancellationToken cancellationToken)
    {
        await using var store = new PostgreSqlStore(Microsoft.Extensions.Options.Options.Create(options), Microsoft.Extensions.Options.Options.Create(cluster));
        await store.OpenAsync(folder, cancellationToken);
        try
        {
            await using var connection = await store.Source.OpenConnectionAsync(cancellationToken);
            if (cluster.Enabled && await ClusterNodes.IsAnyRunningAsync(connection, cluster.Name, cancellationToken))
                throw new MetadataStoreException($"Servers of the cluster '{cluster.Name}' run, or ran a minute ago: stop them all first. Nothing was changed.");
            return Store(connection, username, passwordHash);
        }
        catch (NpgsqlException e)
        {
            throw new MetadataStoreException($"{PostgreSqlStore.Describe(options.ConnectionString)} did not take the password: {e.Message}", e);
        }
    }

    private static bool Store(string path, string username, string passwordHash)
    {
        using var connection = new MetadataConnection(MetadataStore.ConnectionString(path));
        connection.Open();
        return Store(connection, username, passwordHash);
    }

    private static bool Store(DbConnection connection, string username, string passwordHash)
    {
        using var transaction = connection.BeginTransaction();
        if (Read<UserDirectoryState>(connection, transaction, "users", 0) is not { } directory || Find(directory, username) is not (>= 0 and var index))
            return false;

        var entry = directory.Users[index];
        var user = Read<UserState>(connection, transaction, "user", entry.Id) ?? new UserState();
        Write(connection, transaction, "user", entry.Id, user with { PasswordHash = passwordHash });
        var entries = directory.Users.SetItem(index, entry with { Generation = entry.Generation + 1, KeptToken = null });
        Write(connection, transaction, "users", 0, directory with { Users = entries });
        transaction.Commit();
        return true;
    }

    private static int Find(UserDirectoryState directory, string username)
    {
        for (var i = 0; i < directory.Users.Length; i++)
        {
            if (directory.Users[i].Username == username) // ordinal: byte for byte
                return i;
        }
        return -1;
    }

    private static TState? Read<TState>(DbConnection connection, DbTransaction transaction, string name, uint key) where TState : StoredState
    {
        using var command = Command(connection, transaction, "SELECT Payload FROM GrainState", name, key);
        if (command.ExecuteScalar() is not byte[] row)
            return null;
        var state = new StateSerializer().Deserialize<TState>(new BinaryData(row));
        return state.IsUnreadable ? throw new MetadataStoreException($"The metadata row '{name}' of {key} is damaged: restore the metadata from a backup.") : state;
    }

    private static void Write<TState>(DbConnection connection, DbTransaction transaction, string name, uint key, TState state) where TState : StoredState
    {
        using var command = Command(connection, transaction, "UPDATE GrainState SET Version = Version + 1, Payload = @Payload", name, key);
        Add(command, "@Payload", new StateSerializer().Serialize(state).ToArray());
        if (command.ExecuteNonQuery() != 1)
            throw new MetadataStoreException($"The metadata has no row '{name}' of {key}.");
    }

    // The statements are those above; names and keys travel as parameters.
    private static DbCommand Command(DbConnection connection, DbTransaction transaction, string statement, string name, uint key)
    {
        var command = connection.CreateCommand();
        command.Transaction = transaction;
#pragma warning disable CA2100 // see above
        command.CommandText = statement + " WHERE StateName = @Name AND KeyHigh = 0 AND KeyLow = @Key AND KeyText = ''";
#pragma warning restore CA2100
        Add(command, "@Name", name);
        Add(command, "@Key", (long)key);
        return command;
    }

    private static void Add(DbCommand command, string name, object value)
    {
        var parameter = command.CreateParameter();
        (parameter.ParameterName, parameter.Value) = (name, value);
        command.Parameters.Add(parameter);
    }
}
