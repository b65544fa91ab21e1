using System.Net.Sockets;
using Iggy.Gateway.Wire.Transports;

namespace Iggy.Gateway.Wire.Tcp;

/// <summary>A TCP connection as a stream of bytes. Owns the socket.</summary>
internal sealed class TcpByteStream(Socket socket) : IByteStream
{
    private volatile bool _stopped;

    public ValueTask<int> ReceiveAsync(Memory<byte> into) => _stopped ? new(0) : socket.ReceiveAsync(into, SocketFlags.None);

    public async ValueTask SendAsync(ReadOnlyMemory<byte> bytes, bool isEnd = true)
    {
        // A reply goes out in one call; only a full socket buffer takes the loop.
        for (var sent = 0; sent < bytes.Length;)
            sent += await socket.SendAsync(bytes[sent..], SocketFlags.None);
    }

    public bool HasPeerLeft => SocketPeer.HasLeft(socket);

    public void AcknowledgeNow() => QuickAck.Send(socket);

    public void StopReceiving()
    {
        _stopped = true;
        Shutdown(SocketShutdown.Receive);
    }

    public void FinishSending() => Shutdown(SocketShutdown.Send);

    public ValueTask DisposeAsync()
    {
        socket.Dispose();
        return default;
    }

    private void Shutdown(SocketShutdown how)
    {
        try
        {
            socket.Shutdown(how);
        }
        catch (Exception gone) when (gone is SocketException or ObjectDisposedException)
        {
            // The peer was faster: the connection is already what we want it to be.
        }
    }
}
