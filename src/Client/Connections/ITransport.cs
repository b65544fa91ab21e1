namespace Iggy.Client.Connections;

/// <summary>Opens byte streams to a server: what differs between TCP, TLS, WebSocket and QUIC for a dialect that is frames on a stream.</summary>
internal interface ITransport
{
    /// <summary>Opens a connection. The stream is owned by the caller and supports one reader beside one writer.</summary>
    /// <exception cref="IOException">The server can't be reached; the message has its address.</exception>
    ValueTask<Stream> OpenAsync(CancellationToken cancellationToken);

    /// <summary>The server took a connection and did not serve it: where there is another one, that is tried next.</summary>
    void Leave()
    {
    }
}
