using System.Collections.Immutable;
using Iggy.Protocol.Classic;

namespace Iggy.Protocol.Vsr12;

/// <summary>A node by the number that routes name it by.</summary>
/// <param name="ReplicaId">Unique among the nodes; need not be the place in the list.</param>
/// <param name="Node">The node.</param>
public readonly record struct NumberedNode(byte ReplicaId, ClusterNode Node) : IWireValue<NumberedNode>
{
    internal const int MinSizeInBytes = 1 + ClusterNode.MinSizeInBytes;

    /// <inheritdoc/>
    public static NumberedNode Read(ref WireReader reader) => new(reader.U8(), ClusterNode.Read(ref reader));

    /// <inheritdoc/>
    public void Write(WireWriter writer)
    {
        writer.U8(ReplicaId);
        Node.Write(writer);
    }
}

/// <summary>Reply to <see cref="CommandCode.GetClusterMetadata"/>. With one node clients stay at the address that they were given.</summary>
/// <param name="Name">The cluster's name.</param>
/// <param name="Nodes">At least one.</param>
public sealed record Roster(string Name, ImmutableArray<NumberedNode> Nodes) : IWireValue<Roster>
{
    /// <inheritdoc/>
    public static Roster Read(ref WireReader reader)
    {
        var name = reader.Str32();
        return new(name, WireRecords.Read<NumberedNode>(ref reader, reader.U32(), NumberedNode.MinSizeInBytes));
    }

    /// <inheritdoc/>
    public void Write(WireWriter writer)
    {
        writer.Str32(Name);
        writer.U32((uint)Nodes.Length);
        writer.Records(Nodes.AsSpan());
    }
}
