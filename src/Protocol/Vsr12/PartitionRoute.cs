namespace Iggy.Protocol.Vsr12;

/// <summary>Asks who serves a partition, and in which history. Reply: <see cref="PartitionRouteReply"/>.</summary>
/// <param name="Stream">The stream.</param>
/// <param name="Topic">The topic.</param>
/// <param name="PartitionId">From 0.</param>
public readonly record struct PartitionRouteRequest(Identifier Stream, Identifier Topic, uint PartitionId) : IWireRequest<PartitionRouteRequest>
{
    /// <inheritdoc/>
    public static CommandCode Code => CommandCode.GetPartitionRoute;

    /// <inheritdoc/>
    public static PartitionRouteRequest Read(ref WireReader reader) => new(reader.Identifier(), reader.Identifier(), reader.U32());

    /// <inheritdoc/>
    public void Write(WireWriter writer)
    {
        writer.Identifier(Stream);
        writer.Identifier(Topic);
        writer.U32(PartitionId);
    }
}

/// <summary>Who serves a partition. Exactly 25 bytes: SDKs take no other length.</summary>
/// <param name="Incarnation">What requests for the partition must carry.</param>
/// <param name="MetadataOp">At least every position that was answered so far.</param>
/// <param name="View">May only grow.</param>
/// <param name="PartitionsCount">Of the topic.</param>
/// <param name="PrimaryReplica">As <see cref="NumberedNode.ReplicaId"/>.</param>
public readonly record struct PartitionRouteReply(ulong Incarnation, ulong MetadataOp, uint View, uint PartitionsCount, byte PrimaryReplica)
    : IWireValue<PartitionRouteReply>
{
    /// <inheritdoc/>
    public static PartitionRouteReply Read(ref WireReader reader) => new(reader.U64(), reader.U64(), reader.U32(), reader.U32(), reader.U8());

    /// <inheritdoc/>
    public void Write(WireWriter writer)
    {
        writer.U64(Incarnation);
        writer.U64(MetadataOp);
        writer.U32(View);
        writer.U32(PartitionsCount);
        writer.U8(PrimaryReplica);
    }
}
