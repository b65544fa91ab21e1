using Npgsql;

namespace Iggy.Grains.Metadata.PostgreSql;

/// <summary>Which data folders are in the cluster whose the database is.</summary>
internal static class ClusterNodes
{
    /// <summary>Takes a folder into the cluster, with the least slot that is free. Within the caller's transaction, under the lock of the tables.</summary>
    /// <returns>Whether it was in before, and its slot.</returns>
    /// <exception cref="MetadataStoreException">The database is another cluster's, or that of one server with another folder.</exception>
    public static async Task<(bool WasIn, int Slot)> JoinAsync(
        NpgsqlConnection connection, string where, string nodeId, string cluster, string? owner, string? present, CancellationToken cancellationToken)
    {
        if (present is not null && present != cluster)
            throw new MetadataStoreException($"{where} belongs to the cluster '{present}', not to '{cluster}' (Iggy:Cluster:Name).");
        if (present is null && owner is not null && owner != nodeId)
        {
            throw new MetadataStoreException($"{where} belongs to one server, with the node.id {owner}; this folder's is {nodeId}. Start that server first with "
                + "Iggy:Cluster:Enabled=true, so that its data comes into the cluster; then this one.");
        }
        if (present is null)
            await PostgreSqlSchema.ExecuteAsync(connection, "UPDATE IggyMetadata SET Cluster = @Cluster", ("Cluster", cluster), cancellationToken);

        if (await SlotOfAsync(connection, nodeId, cancellationToken) is { } slot)
            return (true, slot);
        await PostgreSqlSchema.ExecuteAsync(connection,
            "INSERT INTO IggyNode (NodeId, Slot) SELECT @NodeId, (SELECT min(slot) FROM generate_series(0, 254) AS slot WHERE slot NOT IN (SELECT Slot FROM IggyNode))",
            ("NodeId", nodeId), cancellationToken);
        return (owner == nodeId && present is null, await SlotOfAsync(connection, nodeId, cancellationToken) ?? 0);
    }

    /// <summary>Whether any server of the cluster runs, or was killed less than a minute ago.</summary>
    public static async Task<bool> IsAnyRunningAsync(NpgsqlConnection connection, string cluster, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            "SELECT EXISTS (SELECT 1 FROM ClusterMember WHERE DeploymentId = @Cluster AND Status = 3 AND IAmAliveTime > now() - interval '1 minute')", connection); // 3: active
        command.Parameters.AddWithValue("Cluster", cluster);
        return await command.ExecuteScalarAsync(cancellationToken) is true;
    }

    private static async Task<int?> SlotOfAsync(NpgsqlConnection connection, string nodeId, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("SELECT Slot FROM IggyNode WHERE NodeId = @NodeId", connection);
        command.Parameters.AddWithValue("NodeId", nodeId);
        return await command.ExecuteScalarAsync(cancellationToken) is short slot ? slot : null;
    }
}
