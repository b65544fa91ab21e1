using System.Net;
using Npgsql;

namespace Iggy.Grains.Placement;

/// <summary>Where the servers of a cluster reach each other's links, in the table of the servers: each says it at its start.</summary>
internal static class NodeLinkAddresses
{
    /// <summary>Writes this server's down.</summary>
    public static async Task SetAsync(NpgsqlDataSource source, string nodeId, IPEndPoint address, CancellationToken cancellationToken)
    {
        await using var command = source.CreateCommand("UPDATE IggyNode SET LinkAddress = @Address WHERE NodeId = @NodeId");
        command.Parameters.AddWithValue("NodeId", nodeId);
        command.Parameters.AddWithValue("Address", address.ToString());
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>Those of all servers that have one, by their ids; there are 255 servers at most.</summary>
    public static async Task<IReadOnlyDictionary<string, EndPoint>> ReadAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("SELECT NodeId, LinkAddress FROM IggyNode WHERE LinkAddress IS NOT NULL", connection);
        await using var rows = await command.ExecuteReaderAsync(cancellationToken);
        var addresses = new Dictionary<string, EndPoint>(StringComparer.Ordinal);
        while (await rows.ReadAsync(cancellationToken))
        {
            if (IPEndPoint.TryParse(rows.GetString(1), out var address))
                addresses[rows.GetString(0)] = address;
        }
        return addresses;
    }
}
