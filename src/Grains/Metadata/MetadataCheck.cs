using System.Data.Common;
using System.Text.Json;
using Microsoft.Data.Sqlite;

namespace Iggy.Grains.Metadata;

/// <summary>Proves at the start that the metadata belongs to the partitions beside it: a server must not begin empty over existing data.</summary>
internal static class MetadataCheck
{
    internal const string WhatToDo =
        "Restore metadata.db from a backup. To begin without what it knew, move the folder partitions away, or start with --fresh, which removes it.";

    /// <summary>Refuses partitions without a metadata file. To be called before the file is opened, for that would make one.</summary>
    /// <exception cref="MetadataStoreException">It is missing or empty. Nothing was changed.</exception>
    public static void RefuseMissing(DataFolder folder)
    {
        if (new FileInfo(folder.MetadataPath) is { Exists: true, Length: > 0 })
            return;
        RefusePartitionsWithout(MetadataPlace.Sqlite(folder.MetadataPath), folder);
    }

    /// <summary>Refuses partitions beside a store that is not there yet.</summary>
    /// <exception cref="MetadataStoreException">There are some. Nothing was changed.</exception>
    public static void RefusePartitionsWithout(MetadataPlace place, DataFolder folder)
    {
        var partitions = Directory.EnumerateDirectories(folder.PartitionsPath).SelectMany(Directory.EnumerateDirectories).Count();
        if (partitions > 0)
        {
            throw new MetadataStoreException(
                $"The metadata is missing: {place.Name} is not there or empty, but {folder.PartitionsPath} holds {partitions} partitions. {place.WhatToDo} Nothing was changed.");
        }
    }

    /// <summary>Refuses a folder with partitions that comes into a cluster which does not know it.</summary>
    /// <exception cref="MetadataStoreException">It holds some. Nothing was changed.</exception>
    public static void RefuseStranger(string nodeId, string cluster, DataFolder folder)
    {
        if (!Directory.EnumerateDirectories(folder.PartitionsPath).SelectMany(Directory.EnumerateDirectories).Any())
            return;
        throw new MetadataStoreException($"{folder.Root} holds partitions, but the cluster '{cluster}' does not know its node.id {nodeId}: it is another cluster's or server's folder. "
            + "Start with an empty folder, or with the database that belongs to it. Nothing was changed.");
    }

    /// <summary>Reads every row once.</summary>
    /// <returns>The rows that are damaged, each of which hurts one stream, topic or user.</returns>
    /// <exception cref="MetadataStoreException">What is damaged or missing hurts all.</exception>
    public static Task<IReadOnlyList<string>> RunAsync(DataFolder folder, CancellationToken cancellationToken) =>
        Task.Run<IReadOnlyList<string>>(() => Run(folder), cancellationToken); // SQLite has no asynchronous calls

    /// <summary>Reads every row once, and looks whether all topics with messages are known.</summary>
    /// <returns>The rows that are damaged, each of which hurts one stream, topic or user.</returns>
    /// <exception cref="MetadataStoreException">What is damaged or missing hurts all.</exception>
    public static List<string> CheckRows(DbConnection connection, MetadataPlace place, DataFolder folder)
    {
        var (topics, damaged) = ReadRows(connection, place);
        RefuseForgotten(connection, place, folder, topics);
        return damaged;
    }

    private static List<string> Run(DataFolder folder)
    {
        try
        {
            using var connection = new MetadataConnection(MetadataStore.ConnectionString(folder.MetadataPath));
            connection.Open();
            RefuseBroken(connection, folder.MetadataPath);
            return CheckRows(connection, MetadataPlace.Sqlite(folder.MetadataPath), folder);
        }
        catch (SqliteException e)
        {
            throw new MetadataStoreException($"{folder.MetadataPath} cannot be used as the metadata store: {e.Message} {WhatToDo}", e);
        }
    }

    private static void RefuseBroken(MetadataConnection connection, string path)
    {
        using var command = new SqliteCommand("PRAGMA quick_check(1);", connection);
        if (command.ExecuteScalar() is string found and not "ok")
            throw new MetadataStoreException($"The metadata is damaged: {path}: {found.ReplaceLineEndings(" ")} {WhatToDo}");
    }

    private static (HashSet<Guid> Topics, List<string> Damaged) ReadRows(DbConnection connection, MetadataPlace place)
    {
        var (topics, damaged) = (new HashSet<Guid>(), new List<string>());
        using var command = connection.CreateCommand();
        command.CommandText = "SELECT StateName, KeyHigh, KeyLow, Payload FROM GrainState";
        using var rows = command.ExecuteReader();
        while (rows.Read())
        {
            var (name, key) = (rows.GetString(0), KeyOf(rows.GetInt64(1), rows.GetInt64(2)));
            if (name == "topic")
                topics.Add(key);
            if (rows.IsDBNull(3) || (rows.GetValue(3) is byte[] row && IsIntact(row)))
                continue;
            if (name is "streams" or "users")
                throw new MetadataStoreException($"The metadata is damaged: the row '{name}' of {place.Name}, which lists them all, is not as it was written. {place.WhatToDo}");
            damaged.Add(rows.GetInt64(1) == 0 ? $"{name}/{rows.GetInt64(2)}" : $"{name}/{key:N}");
        }
        return (topics, damaged);
    }

    // A folder that no row knows may be left by a creation that a crash cut short; but what has been opened was listed once.
    private static void RefuseForgotten(DbConnection connection, MetadataPlace place, DataFolder folder, HashSet<Guid> topics)
    {
        var forgotten = new List<string>();
        foreach (var path in Directory.EnumerateDirectories(folder.PartitionsPath))
        {
            if (Guid.TryParseExact(Path.GetFileName(path), "N", out var topic) && !topics.Contains(topic)
                && Directory.EnumerateFiles(path, "*.log", SearchOption.AllDirectories).Any() && !IsNamed(connection, place, topic))
            {
                forgotten.Add(path);
            }
        }
        if (forgotten.Count == 0)
            return;
        throw new MetadataStoreException(
            $"The metadata is older than the data: {place.Name} knows nothing of {forgotten.Count} topics with messages, among them {forgotten[0]}. {place.Restore}");
    }

    // As something to be removed, in a row of somebody else.
    private static bool IsNamed(DbConnection connection, MetadataPlace place, Guid topic)
    {
        using var command = connection.CreateCommand();
        command.CommandText = place.IsNamed;
        var parameter = command.CreateParameter();
        (parameter.ParameterName, parameter.Value) = ("@Topic", topic.ToString("D"));
        command.Parameters.Add(parameter);
        return command.ExecuteScalar() is 1L or true;
    }

    private static bool IsIntact(ReadOnlySpan<byte> row)
    {
        if (!RowChecksum.TryRemove(row, out var json))
            return false;
        try
        {
            var reader = new Utf8JsonReader(json);
            return reader.Read() && reader.TrySkip();
        }
        catch (JsonException)
        {
            return false;
        }
    }

    // As Orleans splits a GUID into two numbers.
    private static Guid KeyOf(long high, long low)
    {
        Span<byte> bytes = stackalloc byte[16];
        System.Buffers.Binary.BinaryPrimitives.WriteInt64LittleEndian(bytes, high);
        System.Buffers.Binary.BinaryPrimitives.WriteInt64LittleEndian(bytes[8..], low);
        return new Guid(bytes);
    }
}
