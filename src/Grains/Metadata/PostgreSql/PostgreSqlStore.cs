using System.Data.Common;
using Iggy.Grains.Options;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Iggy.Grains.Metadata.PostgreSql;

/// <summary>The PostgreSQL database with the state of streams, topics and users.</summary>
public sealed class PostgreSqlStore(IOptions<MetadataOptions> options, IOptions<ClusterNodeOptions> cluster) : IAsyncDisposable, IDisposable
{
    /// <summary>The ADO.NET invariant that Orleans resolves to Npgsql.</summary>
    internal const string Invariant = "Npgsql";

    private readonly Lazy<NpgsqlDataSource> _source = new(() => NpgsqlDataSource.Create(WithLimits(options.Value.ConnectionString ?? "")));

    /// <summary>Whether the metadata is kept here at all.</summary>
    internal bool IsChosen => options.Value.Store is MetadataStoreKind.PostgreSql;

    /// <summary>Which database, for messages.</summary>
    internal string Where => Describe(options.Value.ConnectionString);

    /// <summary>Where Orleans opens its connections from.</summary>
    internal NpgsqlDataSource Source => _source.Value;

    /// <summary>The number of this server in its cluster, from when it is open; 0 where it is alone.</summary>
    internal int Slot { get; private set; }

    /// <summary>Makes or updates the tables, claims them for the data folder, and reads every row once.</summary>
    /// <returns>The rows that are damaged, each of which hurts one stream, topic or user.</returns>
    /// <exception cref="MetadataStoreException">It cannot be reached, belongs to another folder, or does not fit what lies in this one.</exception>
    internal async Task<IReadOnlyList<string>> OpenAsync(DataFolder folder, CancellationToken cancellationToken)
    {
        var where = Where;
        try
        {
            await using var connection = await Source.OpenConnectionAsync(cancellationToken);
            await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
            var (nodeId, name) = (NodeIdFile.ReadOrCreate(folder.Root), cluster.Value.Enabled ? cluster.Value.Name : null);
            (var wasOurs, Slot) = await PostgreSqlSchema.ApplyAsync(connection, where, nodeId, name, cancellationToken);
            var place = MetadataPlace.PostgreSql(where);
            if (!wasOurs && name is null)
                MetadataCheck.RefusePartitionsWithout(place, folder);
            else if (!wasOurs)
                MetadataCheck.RefuseStranger(nodeId, name!, folder);
            var damaged = MetadataCheck.CheckRows(connection, place, folder);
            await transaction.CommitAsync(cancellationToken);
            return damaged;
        }
        catch (Exception e) when (e is NpgsqlException or TimeoutException or System.Net.Sockets.SocketException)
        {
            throw Unusable(where, e);
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_source.IsValueCreated)
            await _source.Value.DisposeAsync();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_source.IsValueCreated)
            _source.Value.Dispose();
    }

    /// <summary>Server, port and database of a connection string: never who, nor the password.</summary>
    internal static string Describe(string? connectionString)
    {
        var parts = new NpgsqlConnectionStringBuilder(connectionString);
        return $"PostgreSQL at {parts.Host}:{parts.Port}, database {parts.Database}";
    }

    internal static MetadataStoreException Unusable(string where, Exception reason) => new(
        $"{where} cannot be used as the metadata store: {reason.Message.ReplaceLineEndings(" ")} Look whether it runs and whether Iggy:Metadata:ConnectionString is right.", reason);

    // A call of a client must not hang for the defaults of 15 and 30 s when the database is away.
    internal static string WithLimits(string connectionString)
    {
        var (parts, said) = (new NpgsqlConnectionStringBuilder(connectionString), new DbConnectionStringBuilder { ConnectionString = connectionString });
        if (!said.ContainsKey("Timeout"))
            parts.Timeout = 5;
        if (!said.ContainsKey("Command Timeout") && !said.ContainsKey("CommandTimeout"))
            parts.CommandTimeout = 10;
        parts.ApplicationName ??= "iggy-server";
        return parts.ConnectionString;
    }
}
