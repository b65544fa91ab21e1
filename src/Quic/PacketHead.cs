using System.Buffers.Binary;

namespace Iggy.Quic;

/// <summary>The part of a packet's head that is the same in every version of QUIC (RFC 8999): enough to find its connection.</summary>
internal readonly record struct PacketHead(bool IsLong, uint Version, int DestinationAt, int DestinationBytes, int SourceAt, int SourceBytes)
{
    /// <summary>Reads it.</summary>
    /// <returns>False when the packet ends before its head does, or could not be one for us.</returns>
    public static bool TryRead(ReadOnlySpan<byte> packet, out PacketHead head)
    {
        head = default;
        if (packet.IsEmpty)
            return false;
        if ((packet[0] & 0x80) == 0)
        {
            head = new(false, 0, 1, ConnectionId.OwnBytes, 0, 0); // a short header tells no length: all ids we give out have the same
            return packet.Length > 1 + ConnectionId.OwnBytes;
        }
        const int DestinationAt = 6;
        if (packet.Length < DestinationAt + 1)
            return false;
        var destinationBytes = packet[DestinationAt - 1];
        var sourceAt = DestinationAt + destinationBytes + 1;
        if (destinationBytes > ConnectionId.MaxBytes || packet.Length < sourceAt)
            return false;
        var sourceBytes = packet[sourceAt - 1];
        head = new(true, BinaryPrimitives.ReadUInt32BigEndian(packet[1..]), DestinationAt, destinationBytes, sourceAt, sourceBytes);
        return sourceBytes <= ConnectionId.MaxBytes && packet.Length >= sourceAt + sourceBytes;
    }
}
