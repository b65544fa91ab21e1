using System.Net.Sockets;
using Iggy.Gateway.Limits;
using Iggy.Gateway.Wire.Transports;

namespace Iggy.Gateway.Wire.Tcp;

/// <summary>An accepted connection, from before its first byte is understood to its end.</summary>
internal sealed class TcpConnection(Socket socket, ConnectionPlace place)
{
    private readonly Lock _lock = new();
    private IByteStream? _stream;
    private bool _stopped;

    /// <summary>What was accepted. Owned by the stream as soon as there is one.</summary>
    public Socket Socket => socket;

    /// <summary>Its place among all. Belongs to whoever serves it.</summary>
    public ConnectionPlace Place => place;

    /// <summary>From here on the client can be told of a stop.</summary>
    public void Attach(IByteStream stream)
    {
        lock (_lock)
        {
            _stream = stream;
            if (_stopped)
                stream.StopReceiving();
        }
    }

    /// <summary>Ends it after the request that is being served; at once where no request can have come yet.</summary>
    public void StopReceiving()
    {
        lock (_lock)
        {
            _stopped = true;
            if (_stream is { } stream)
                stream.StopReceiving();
            else
                socket.Dispose();
        }
    }

    /// <summary>Ends it where it stands. May be called from any thread, and again.</summary>
    public void Abort() => socket.Dispose();
}
