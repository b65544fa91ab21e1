using System.Collections.Immutable;

namespace Iggy.Protocol.Classic;

/// <summary>A node of the cluster. Clients may compare <c>ip:port</c> as text with the address they connected to, and move when it differs.</summary>
/// <param name="Name">The node's name.</param>
/// <param name="Ip">An address as text; may be a host name.</param>
/// <param name="TcpPort">0 when off, as for the others.</param>
/// <param name="QuicPort">UDP.</param>
/// <param name="HttpPort">TCP.</param>
/// <param name="WebSocketPort">TCP.</param>
/// <param name="Role">At most one leader.</param>
/// <param name="Status">How it is.</param>
public readonly record struct ClusterNode(
    string Name,
    string Ip,
    ushort TcpPort,
    ushort QuicPort,
    ushort HttpPort,
    ushort WebSocketPort,
    ClusterNodeRole Role,
    ClusterNodeStatus Status) : IWireValue<ClusterNode>
{
    /// <summary>Two empty texts, four ports, two bytes.</summary>
    internal const int MinSizeInBytes = 18;

    /// <inheritdoc/>
    public static ClusterNode Read(ref WireReader reader) => new(
        reader.Str32(),
        reader.Str32(),
        reader.U16(),
        reader.U16(),
        reader.U16(),
        reader.U16(),
        (ClusterNodeRole)reader.U8(),
        (ClusterNodeStatus)reader.U8());

    /// <inheritdoc/>
    public void Write(WireWriter writer)
    {
        writer.Str32(Name);
        writer.Str32(Ip);
        writer.U16(TcpPort);
        writer.U16(QuicPort);
        writer.U16(HttpPort);
        writer.U16(WebSocketPort);
        writer.U8((byte)Role);
        writer.U8((byte)Status);
    }
}

/// <summary>Reply to <see cref="CommandCode.GetClusterMetadata"/>. A single server reports exactly one node, so that no client moves.</summary>
/// <param name="Name">The cluster's name.</param>
/// <param name="Nodes">At least one; one SDK refuses more than 64.</param>
public sealed record ClusterReply(string Name, ImmutableArray<ClusterNode> Nodes) : IWireValue<ClusterReply>
{
    /// <inheritdoc/>
    public static ClusterReply Read(ref WireReader reader)
    {
        var name = reader.Str32();
        return new(name, WireRecords.Read<ClusterNode>(ref reader, reader.U32(), ClusterNode.MinSizeInBytes));
    }

    /// <inheritdoc/>
    public void Write(WireWriter writer)
    {
        writer.Str32(Name);
        writer.U32((uint)Nodes.Length);
        writer.Records(Nodes.AsSpan());
    }
}
