using System.Runtime.InteropServices;

namespace Iggy.Links.Framing;

/// <summary>What a frame is. Numbers are never reused.</summary>
internal enum LinkFrameKind : byte
{
    /// <summary>A payload of a channel follows.</summary>
    Payload = 1,

    /// <summary>The receiver has handed on so many bytes of a channel.</summary>
    Credit = 2,

    /// <summary>Nothing but a sign of life.</summary>
    Heartbeat = 3,
}

/// <summary>Head of a frame: 32 bytes, little-endian.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 1, Size = SizeInBytes)]
internal readonly struct LinkHeader(LinkFrameKind kind, uint amount, LinkChannel channel)
{
    public const int SizeInBytes = 32;

    /// <summary>What a frame counts beside its payload: what it costs to hold it.</summary>
    public const int CountedBytes = 256;

    private readonly uint _amount = amount;           // @0   bytes of the payload, or of the credit
    private readonly LinkFrameKind _kind = kind;      // @4
    private readonly byte _reserved0 = 0;             // @5
    private readonly ushort _reserved1 = 0;           // @6
    private readonly Guid _group = channel.Group;     // @8
    private readonly ulong _number = channel.Number;  // @24

    public uint Amount => _amount;

    public LinkFrameKind Kind => _kind;

    public LinkChannel Channel => new(_group, _number);

    /// <summary>Judged before memory is taken for what follows.</summary>
    /// <exception cref="LinkProtocolException">No build of ours writes this.</exception>
    public void Check(int maxFrameBytes)
    {
        if (_reserved0 != 0 || _reserved1 != 0 || _kind is < LinkFrameKind.Payload or > LinkFrameKind.Heartbeat)
            throw new LinkProtocolException($"A frame of kind {(byte)_kind}, which is not known.");
        if (_kind is LinkFrameKind.Payload && _amount > (uint)maxFrameBytes)
            throw new LinkProtocolException($"A frame of {_amount} bytes; allowed: {maxFrameBytes}.");
        if (_kind is LinkFrameKind.Heartbeat && _amount != 0)
            throw new LinkProtocolException("A heartbeat with a payload.");
    }
}
