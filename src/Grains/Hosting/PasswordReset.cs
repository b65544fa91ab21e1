using Iggy.Grains.Metadata;
using Iggy.Grains.Users;
using Microsoft.Data.Sqlite;

namespace Iggy.Grains.Hosting;

/// <summary>Gives a user another password in the data folder of a server that does not run: for one that nobody knows any more.</summary>
public static class PasswordReset
{
    /// <summary>Stores the hash. Sessions and tokens of logins with the old password end with it; personal access tokens stay.</summary>
    /// <param name="folder">Held, so no server runs on it.</param>
    /// <param name="username">Whose.</param>
    /// <param name="passwordHash">From <see cref="PasswordHasher"/>.</param>
    /// <param name="cancellationToken">Honoured before the work starts.</param>
    /// <returns>False when there is no such user; nothing was changed.</returns>
    /// <exception cref="MetadataStoreException">The metadata is missing or damaged.</exception>
    public static async Task<bool> RunAsync(DataFolder folder, string username, string passwordHash, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(folder);
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

    private static bool Store(string path, string username, string passwordHash)
    {
        using var connection = new MetadataConnection(MetadataStore.ConnectionString(path));
        connection.Open();
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

    private static TState? Read<TState>(MetadataConnection connection, SqliteTransaction transaction, string name, uint key) where TState : StoredState
    {
        using var command = Command(connection, transaction, "SELECT Payload FROM GrainState", name, key);
        if (command.ExecuteScalar() is not byte[] row)
            return null;
        var state = new StateSerializer().Deserialize<TState>(new BinaryData(row));
        return state.IsUnreadable ? throw new MetadataStoreException($"The metadata row '{name}' of {key} is damaged: restore metadata.db from a backup.") : state;
    }

    private static void Write<TState>(MetadataConnection connection, SqliteTransaction transaction, string name, uint key, TState state) where TState : StoredState
    {
        using var command = Command(connection, transaction, "UPDATE GrainState SET Version = Version + 1, Payload = @Payload", name, key);
        command.Parameters.AddWithValue("@Payload", new StateSerializer().Serialize(state).ToArray());
        if (command.ExecuteNonQuery() != 1)
            throw new MetadataStoreException($"The metadata has no row '{name}' of {key}.");
    }

    // The statements are those above; names and keys travel as parameters.
    private static SqliteCommand Command(MetadataConnection connection, SqliteTransaction transaction, string statement, string name, uint key)
    {
        var command = new SqliteCommand(statement + " WHERE StateName = @Name AND KeyHigh = 0 AND KeyLow = @Key AND KeyText = ''", connection, transaction);
        command.Parameters.AddWithValue("@Name", name);
        command.Parameters.AddWithValue("@Key", (long)key);
        return command;
    }
}
