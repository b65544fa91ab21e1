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
        var partitions = Directory.EnumerateDirectories(folder.PartitionsPath).SelectMany(Directory.EnumerateDirectories).Count();
        if (partitions > 0)
        {
            throw new MetadataStoreException(
                $"The metadata is missing: {folder.MetadataPath} is not there or empty, but {folder.PartitionsPath} holds {partitions} partitions. {WhatToDo} Nothing was changed.");
        }
    }

    /// <summary>Reads every row once.</summary>
    /// <returns>The rows that are damaged, each of which hurts one stream, topic or user.</returns>
    /// <exception cref="MetadataStoreException">What is damaged or missing hurts all.</exception>
    public static Task<IReadOnlyList<string>> RunAsync(DataFolder folder, CancellationToken cancellationToken) =>
        Task.Run<IReadOnlyList<string>>(() => Run(folder), cancellationToken); // SQLite has no asynchronous calls

    private static List<string> Run(DataFolder folder)
    {
        try
        {
            using var connection = new MetadataConnection(MetadataStore.ConnectionString(folder.MetadataPath));
            connection.Open();
            RefuseBroken(connection, folder.MetadataPath);
            var (topics, damaged) = ReadRows(connection, folder.MetadataPath);
            RefuseForgotten(connection, folder, topics);
            return damaged;
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

    private static (HashSet<Guid> Topics, List<string> Damaged) ReadRows(MetadataConnection connection, string path)
    {
        var (topics, damaged) = (new HashSet<Guid>(), new List<string>());
        using var command = new SqliteCommand("SELECT StateName, KeyHigh, KeyLow, Payload FROM GrainState", connection);
        using var rows = command.ExecuteReader();
        while (rows.Read())
        {
            var (name, key) = (rows.GetString(0), KeyOf(rows.GetInt64(1), rows.GetInt64(2)));
            if (name == "topic")
                topics.Add(key);
            if (rows.IsDBNull(3) || (rows.GetValue(3) is byte[] row && IsIntact(row)))
                continue;
            if (name is "streams" or "users")
                throw new MetadataStoreException($"The metadata is damaged: the row '{name}' of {path}, which lists them all, is not as it was written. {WhatToDo}");
            damaged.Add(rows.GetInt64(1) == 0 ? $"{name}/{rows.GetInt64(2)}" : $"{name}/{key:N}");
        }
        return (topics, damaged);
    }

    // A folder that no row knows may be left by a creation that a crash cut short; but what has been opened was listed once.
    private static void RefuseForgotten(MetadataConnection connection, DataFolder folder, HashSet<Guid> topics)
    {
        var forgotten = new List<string>();
        foreach (var path in Directory.EnumerateDirectories(folder.PartitionsPath))
        {
            if (Guid.TryParseExact(Path.GetFileName(path), "N", out var topic) && !topics.Contains(topic)
                && Directory.EnumerateFiles(path, "*.log", SearchOption.AllDirectories).Any() && !IsNamed(connection, topic))
            {
                forgotten.Add(path);
            }
        }
        if (forgotten.Count == 0)
            return;
        throw new MetadataStoreException(
            $"The metadata is older than the data: {folder.MetadataPath} knows nothing of {forgotten.Count} topics with messages, among them {forgotten[0]}. "
            + "Restore metadata.db from a later backup, or move these folders out of partitions to start without them.");
    }

    // As something to be removed, in a row of somebody else.
    private static bool IsNamed(MetadataConnection connection, Guid topic)
    {
        using var command = new SqliteCommand("SELECT EXISTS (SELECT 1 FROM GrainState WHERE instr(CAST(Payload AS TEXT), @Topic))", connection);
        command.Parameters.AddWithValue("@Topic", topic.ToString("D"));
        return command.ExecuteScalar() is 1L;
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
    internal static Guid KeyOf(long high, long low)
    {
        Span<byte> bytes = stackalloc byte[16];
        System.Buffers.Binary.BinaryPrimitives.WriteInt64LittleEndian(bytes, high);
        System.Buffers.Binary.BinaryPrimitives.WriteInt64LittleEndian(bytes[8..], low);
        return new Guid(bytes);
    }
    /// <summary>The two numbers of a GUID.</summary>
    internal static (long High, long Low) NumbersOf(Guid key)
    {
        Span<byte> bytes = stackalloc byte[16];
        key.TryWriteBytes(bytes);
        return (System.Buffers.Binary.BinaryPrimitives.ReadInt64LittleEndian(bytes), System.Buffers.Binary.BinaryPrimitives.ReadInt64LittleEndian(bytes[8..]));
    }
}
