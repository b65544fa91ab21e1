using System.Globalization;
using System.IO.Hashing;
using System.Text;
using Microsoft.Data.Sqlite;

namespace Iggy.Grains.Metadata;

/// <summary>The SQLite file with the state of streams, topics and users.</summary>
public static class MetadataStore
{
    /// <summary>The grain storage provider that the grains name.</summary>
    public const string ProviderName = "metadata";

    /// <summary>The ADO.NET invariant that Orleans resolves to Microsoft.Data.Sqlite.</summary>
    internal const string Invariant = "System.Data.SQLite";

    /// <summary>Layout of <c>deploy/sql/sqlite.sql</c> that this server reads and writes.</summary>
    internal const long SchemaVersion = 2;

    /// <summary>Makes the file and its tables, or brings an older file up to date. To be called before the silo starts; may be repeated.</summary>
    /// <param name="path">Path of the database file; its folder must exist.</param>
    /// <param name="cancellationToken">Honoured before the work starts.</param>
    /// <exception cref="MetadataStoreException">Not a database, damaged, not writable, or from a newer server. The file is as it was.</exception>
    public static Task InitializeAsync(string path, CancellationToken cancellationToken = default) =>
        Task.Run(() => Initialize(path), cancellationToken); // SQLite has no asynchronous calls

    /// <summary>Folds what was written into the database file, so that the file alone is the whole and worth copying.</summary>
    /// <exception cref="SqliteException">The disk refused; nothing is lost.</exception>
    internal static void Checkpoint(string path)
    {
        if (new FileInfo(path + "-wal") is not { Exists: true, Length: > 0 })
            return;
        using var connection = new MetadataConnection(ConnectionString(path));
        connection.Open();
        connection.Execute("PRAGMA wal_checkpoint(TRUNCATE);");
    }

    /// <summary>Closes the idle connections to the file, so that its write-ahead log is folded in and the file can be moved.</summary>
    internal static void Close(string path)
    {
        using var connection = new MetadataConnection(ConnectionString(path));
        SqliteConnection.ClearPool(connection);
    }

    internal static string ConnectionString(string path) => new SqliteConnectionStringBuilder
    {
        DataSource = path,
        Mode = SqliteOpenMode.ReadWriteCreate,
        DefaultTimeout = 10, // seconds; a writer waits no longer for its turn
    }.ToString();

    private static void Initialize(string path)
    {
        try
        {
            using var connection = new MetadataConnection(ConnectionString(path));
            connection.Open();
            var version = connection.Number("PRAGMA user_version;");
            if (version > SchemaVersion)
                throw new MetadataStoreException($"{path} has layout {version}, written by a newer server; this one knows up to {SchemaVersion}.");

            connection.Execute("PRAGMA journal_mode = WAL;"); // kept in the file
            var script = ReadScript("sqlite.sql");
            var scriptNumber = (int)XxHash32.HashToUInt32(Encoding.UTF8.GetBytes(script));
            if (version == SchemaVersion && connection.Number("PRAGMA application_id;") == scriptNumber)
                return; // the usual start writes nothing, so a full disk does not mind it

            using var transaction = connection.BeginTransaction();
            connection.Execute(script, transaction);
            connection.Execute(string.Create(CultureInfo.InvariantCulture, $"PRAGMA application_id = {scriptNumber};"), transaction);
            transaction.Commit();
        }
        catch (SqliteException e)
        {
            throw new MetadataStoreException($"{path} cannot be used as the metadata store: {e.Message} {MetadataCheck.WhatToDo}", e);
        }
    }

    /// <summary>A script of <c>deploy/sql</c>.</summary>
    internal static string ReadScript(string name)
    {
        using var stream = typeof(MetadataStore).Assembly.GetManifestResourceStream("sql/" + name)
            ?? throw new InvalidOperationException($"deploy/sql/{name} is not embedded in this assembly.");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
