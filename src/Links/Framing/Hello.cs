using System.Runtime.InteropServices;

namespace Iggy.Links.Framing;

/// <summary>First words of either side: 64 bytes, little-endian. Who connects speaks first.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 1, Size = SizeInBytes)]
internal struct Hello
{
    public const int SizeInBytes = 64;
    public const ulong ExpectedMagic = 0x4B4E_494C_5947_4749; // "IGGYLINK"
    public const ushort Version = 1;

    public ulong Magic;                       // @0
    public ushort OldestVersion, NewestVersion; // @8  that the node speaks; the greatest that both do is spoken
    private readonly uint _reserved;          // @12
    public Guid ClusterId;                    // @16
    public ulong NodeId;                      // @32
    public ulong ExpectedNodeId;              // @40  whom it believes to talk to
    public uint ChannelWindowBytes;           // @48  what it takes
    public uint TotalWindowBytes;             // @52
    public uint MaxFrameBytes;                // @56
    private readonly uint _reserved1;         // @60

    public static Hello Of(LinkOptions options, ulong expected) => new()
    {
        Magic = ExpectedMagic,
        OldestVersion = Version,
        NewestVersion = Version,
        ClusterId = options.ClusterId,
        NodeId = options.NodeId,
        ExpectedNodeId = expected,
        ChannelWindowBytes = (uint)options.ChannelWindowBytes,
        TotalWindowBytes = (uint)options.TotalWindowBytes,
        MaxFrameBytes = (uint)options.MaxFrameBytes,
    };

    /// <summary>Why a node is not talked to; null when it is.</summary>
    /// <param name="own">This node's settings.</param>
    /// <param name="isDialed">Whether the other side connected to this one.</param>
    public readonly string? Refusal(LinkOptions own, bool isDialed)
    {
        if (Magic != ExpectedMagic)
            return "This is a port for links between nodes of a cluster, and what came is no such node.";
        if (ClusterId != own.ClusterId)
            return $"Node {NodeId:x16} belongs to cluster {ClusterId:D}, this node to cluster {own.ClusterId:D}: give both the same cluster, or the address of another node.";
        if (OldestVersion > Version || NewestVersion < Version)
            return $"Node {NodeId:x16} speaks versions {OldestVersion} to {NewestVersion} of links, this node version {Version}: upgrade the older one.";
        if (NodeId == own.NodeId)
            return $"Two nodes have the number {own.NodeId:x16}: a data folder was copied, or a node was given its own address.";
        if (isDialed && ExpectedNodeId != own.NodeId)
            return $"Node {ExpectedNodeId:x16} was meant, and this is node {own.NodeId:x16}: the address is another node's.";
        if (isDialed && NodeId > own.NodeId)
            return $"Node {NodeId:x16} is to wait until this node, {own.NodeId:x16}, connects to it.";
        if (ChannelWindowBytes < 1 << 10 || TotalWindowBytes < ChannelWindowBytes || MaxFrameBytes is < 1 << 10 or > LinkOptions.LargestFrameBytes)
            return $"Node {NodeId:x16} takes frames of {MaxFrameBytes} bytes and windows of {ChannelWindowBytes} and {TotalWindowBytes}, which cannot be.";
        return null;
    }
}
