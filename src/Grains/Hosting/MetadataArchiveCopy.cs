using System.Collections.Immutable;
using Iggy.Grains.Interfaces.Streams;
using Iggy.Grains.Interfaces.Topics;
using Iggy.Grains.Metadata;
using Iggy.Grains.Streams;
using Iggy.Grains.Topics;
using Iggy.Grains.Users;
using Microsoft.Data.Sqlite;

namespace Iggy.Grains.Hosting;

/// <summary>Copies of the metadata file: made while a server writes it, and read and changed while nobody does.</summary>
public static class MetadataArchiveCopy
{
    /// <summary>Writes a copy as of one moment. The server goes on meanwhile.</summary>
    /// <param name="databasePath">The file of a server.</param>
    /// <param name="copyPath">The copy, replaced if it is there.</param>
    /// <exception cref="MetadataStoreException">It could not be read or written.</exception>
    public static void Write(string databasePath, string copyPath)
    {
        foreach (var left in (string[])["", "-journal", "-wal", "-shm"]) // by a death on the way
            File.Delete(copyPath + left);
        Guard(databasePath, () =>
        {
            using var source = Open(databasePath, SqliteOpenMode.ReadOnly);
            using var copy = Open(copyPath, SqliteOpenMode.ReadWriteCreate);
            source.BackupDatabase(copy);
            copy.Execute("PRAGMA journal_mode = DELETE;"); // the copy alone is the whole, and reading it makes no files beside it
        });
    }

    /// <summary>Keys of all partitions that a copy lists, in no order.</summary>
    /// <exception cref="MetadataStoreException">It cannot be read. A damaged row hides the partitions of its topic.</exception>
    public static IReadOnlyList<string> ListPartitions(string copyPath) => Guard(copyPath, () =>
    {
        using var copy = Open(copyPath, SqliteOpenMode.ReadOnly);
        var partitions = new List<string>();
        foreach (var (topic, state) in Rows<TopicState>(copy, "topic"))
            partitions.AddRange(PartitionRuns.Entries(topic, state.Partitions).Select(static partition => partition.Key));
        return partitions;
    });

    /// <summary>Takes all streams but one out of a copy, with what users may do in them.</summary>
    /// <param name="copyPath">The copy.</param>
    /// <param name="stream">Its name, or its number.</param>
    /// <returns>False when there is no such stream; nothing was changed.</returns>
    /// <exception cref="MetadataStoreException">It cannot be read or written.</exception>
    public static bool KeepStream(string copyPath, string stream) => Guard(copyPath, () =>
    {
        using var copy = Open(copyPath, SqliteOpenMode.ReadWrite);
        using var transaction = copy.BeginTransaction();
        var directory = Directories<StreamDirectoryState, StreamEntry>(copy, "streams").Select(static row => row.State).FirstOrDefault() ?? new StreamDirectoryState();
        var kept = directory.Streams.Where(one => one.Name == stream).ToImmutableArray();
        if (kept.IsEmpty && uint.TryParse(stream, out var id))
            kept = [.. directory.Streams.Where(one => one.Id == id)];
        if (kept is not [var only])
            return false;

        var others = directory.Streams.Where(one => one.Id != only.Id).Select(static one => one.Id).Concat(directory.RemovingIds).ToArray();
        foreach (var (key, state) in Directories<StreamState, TopicEntry>(copy, "stream").ToArray())
        {
            if (key == only.Incarnation)
                continue;
            foreach (var topic in state.Topics.Select(static topic => topic.Incarnation).Concat(state.Removing))
                DeleteDirectory(copy, "topic", topic);
            DeleteDirectory(copy, "stream", key);
        }
        foreach (var (key, state) in Rows<UserState>(copy, "user").ToArray())
        {
            if (state.Permissions is { } permissions)
                Write(copy, "user", MetadataCheck.NumbersOf(key).Low, state with { Permissions = others.Aggregate(permissions, static (left, other) => left.Without(other, null)) });
        }
        DeletePages(copy, "streams", MetadataCheck.KeyOf(0, 0));
        Write(copy, "streams", 0, directory with { Pages = 0, Streams = [only], Removing = [], RemovingIds = [] }); // a list in its row, which the server moves into pages
        transaction.Commit();
        return true;
    });

    private static MetadataConnection Open(string path, SqliteOpenMode mode)
    {
        var connection = new MetadataConnection(new SqliteConnectionStringBuilder { DataSource = path, Mode = mode, Pooling = false, DefaultTimeout = 10 }.ToString());
        connection.Open();
        return connection;
    }

    private static IEnumerable<(Guid Key, T State)> Rows<T>(MetadataConnection copy, string name) where T : StoredState
    {
        using var command = Command(copy, "SELECT KeyHigh, KeyLow, Payload FROM GrainState WHERE StateName = @Name AND Payload IS NOT NULL", name);
        using var rows = command.ExecuteReader();
        while (rows.Read())
        {
            var state = new StateSerializer().Deserialize<T>(new BinaryData((byte[])rows.GetValue(2)));
            if (!state.IsUnreadable)
                yield return (MetadataCheck.KeyOf(rows.GetInt64(0), rows.GetInt64(1)), state);
        }
    }

    // With the lists that lie in pages beside the rows.
    private static IEnumerable<(Guid Key, TState State)> Directories<TState, TEntry>(MetadataConnection copy, string name) where TState : DirectoryState<TEntry>
    {
        var directories = Rows<TState>(copy, name).ToArray();
        var pages = new List<Dictionary<Guid, ImmutableArray<TEntry>>>();
        for (var most = directories.Select(static one => one.State.Pages).DefaultIfEmpty().Max(); pages.Count < most;)
            pages.Add(Rows<DirectoryPage<TEntry>>(copy, $"{name}.{pages.Count}").ToDictionary(static page => page.Key, static page => page.State.Entries));
        foreach (var (key, state) in directories)
        {
            var own = pages.Take(state.Pages).Select(page => page.TryGetValue(key, out var some) ? some : []);
            yield return (key, state.Pages == 0 ? state : (TState)state.WithPages(own));
        }
    }

    private static void DeleteDirectory(MetadataConnection copy, string name, Guid key)
    {
        Delete(copy, "DELETE FROM GrainState WHERE StateName = @Name AND KeyHigh = @High AND KeyLow = @Low", name, key);
        DeletePages(copy, name, key);
    }

    private static void DeletePages(MetadataConnection copy, string name, Guid key) =>
        Delete(copy, "DELETE FROM GrainState WHERE StateName GLOB @Name || '.[0-9]*' AND KeyHigh = @High AND KeyLow = @Low", name, key);

    private static void Delete(MetadataConnection copy, string statement, string name, Guid key)
    {
        using var command = Command(copy, statement, name);
        var (high, low) = MetadataCheck.NumbersOf(key);
        command.Parameters.AddWithValue("@High", high);
        command.Parameters.AddWithValue("@Low", low);
        command.ExecuteNonQuery();
    }

    private static void Write<T>(MetadataConnection copy, string name, long key, T state) where T : StoredState
    {
        using var command = Command(
            copy, "UPDATE GrainState SET Version = Version + 1, Payload = @Payload WHERE StateName = @Name AND KeyHigh = 0 AND KeyLow = @Key AND KeyText = ''", name);
        command.Parameters.AddWithValue("@Key", key);
        command.Parameters.AddWithValue("@Payload", new StateSerializer().Serialize(state).ToArray());
        command.ExecuteNonQuery();
    }

    // The statements are those above; names and keys travel as parameters.
    private static SqliteCommand Command(MetadataConnection copy, string statement, string name)
    {
        var command = copy.CreateCommand(); // in the transaction of the connection, if there is one
        command.CommandText = statement;
        command.Parameters.AddWithValue("@Name", name);
        return command;
    }

    private static void Guard(string path, Action work) => Guard(path, () =>
    {
        work();
        return true;
    });

    private static T Guard<T>(string path, Func<T> work)
    {
        try
        {
            return work();
        }
        catch (SqliteException wrong)
        {
            throw new MetadataStoreException($"{path} cannot be copied or read: {wrong.Message}", wrong);
        }
    }
}
