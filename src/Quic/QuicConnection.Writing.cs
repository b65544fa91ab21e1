using Iggy.Quic.Native;

namespace Iggy.Quic;

/// <summary>Turns what waits into packets. Packets of one size on one path go to the kernel in one call.</summary>
internal sealed unsafe partial class QuicConnection
{
    /// <summary>Writes at most one buffer full, so that connections take turns.</summary>
    /// <param name="batch">Where to; empty.</param>
    /// <param name="now">The time.</param>
    /// <returns>Whether there may be more to write at once.</returns>
    internal bool Write(SendBatch batch, ulong now)
    {
        var mayHaveMore = false;
        var packetRoom = (int)Ngtcp.ngtcp2_conn_get_max_tx_udp_payload_size(_native);
        // Pacing: what may leave in one go. The older release divides by a round trip that it does not know before the handshake is over.
        var quantum = IsEstablished ? (int)Math.Min(Ngtcp.ngtcp2_conn_get_send_quantum(_native), UdpSocket.MaxSendBytes) : UdpSocket.MaxSendBytes;
        var written = 0;
        while (true)
        {
            if (written >= quantum || !batch.HasRoomFor(packetRoom))
            {
                mayHaveMore = true;
                break;
            }
            var bytes = WritePacket(batch.Storage, batch.End, packetRoom, now, out var error);
            if (error != 0)
            {
                batch.Flush();
                EndAfter(error, now);
                return false;
            }
            if (bytes == 0)
                break;
            written += bytes;
            if (!batch.Add(bytes))
                break; // the kernel takes no more for now; the endpoint comes back when it does
        }
        batch.Flush();
        if (written > 0 && IsEstablished)
            Ngtcp.ngtcp2_conn_update_pkt_tx_time(_native, now);
        _endpoint.SetTimer(this, Ngtcp.ngtcp2_conn_get_expiry(_native));
        return mayHaveMore;
    }

    // One packet, with as much of as many streams as fits. 0 when there is nothing to send, or nothing may be sent now.
    private int WritePacket(byte* storage, byte* into, int room, ulong now, out int error)
    {
        var layout = NgtcpLibrary.Layout;
        var windowIsUsedUp = false;
        error = 0;
        while (true)
        {
            QuicStream? stream = null;
            NgtcpVector vector = default;
            uint flags = 0;
            var isLast = false;
            while (!windowIsUsedUp && _unacknowledged < _endpoint.Settings.SendWindow && _sendable.TryPeek(out stream))
            {
                if (!stream.IsClosed && !stream.Sender.IsBlocked && stream.Sender.TryPeek(out vector.Base, out var length, out isLast))
                {
                    vector.Bytes = (nuint)length;
                    flags = Ngtcp.MoreFlag | (isLast ? Ngtcp.FinFlag : 0);
                    break;
                }
                Unqueue();
                stream = null;
            }

            nint accepted = -1;
            var result = Ngtcp.ngtcp2_conn_writev_stream_versioned(_native, storage, 1, null, into, (nuint)room, &accepted, flags, stream?.Id ?? -1, &vector, vector.Bytes > 0 ? 1u : 0u, now);
            if (stream is not null && accepted >= 0)
                Advance(stream, (int)accepted, (int)vector.Bytes, isLast);
            if (result >= 0)
                return (int)result;
            if (result == layout.WriteMore)
                continue;
            if (stream is null || (result != layout.StreamDataBlocked && result != layout.StreamShut && result != layout.StreamNotFound))
            {
                error = (int)result;
                return 0;
            }
            if (result == layout.StreamDataBlocked && Ngtcp.ngtcp2_conn_get_max_data_left(_native) == 0)
                windowIsUsedUp = true; // streams keep their turn; more window comes with a packet
            else
            {
                stream.Sender.IsBlocked = result == layout.StreamDataBlocked;
                if (result == layout.StreamShut)
                    stream.Sender.Doom("The peer wants no more of the stream.");
                else if (result == layout.StreamNotFound)
                    stream.Sender.Break("The peer has not begun the stream."); // so ngtcp2 holds nothing of it
                Unqueue();
            }
        }
    }

    private void Advance(QuicStream stream, int accepted, int offered, bool isLast)
    {
        _unacknowledged += accepted;
        stream.Sender.Advance(accepted, isLast && accepted == offered);
        // One after the other: a stream that has more to send goes to the end of the queue.
        _sendable.Dequeue();
        stream.Sender.IsQueued = false;
        if (stream.Sender.TryPeek(out _, out _, out _))
            Queue(stream);
    }

    private void Unqueue() => _sendable.Dequeue().Sender.IsQueued = false;
}
