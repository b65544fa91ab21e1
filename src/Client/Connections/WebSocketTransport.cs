using System.Net.WebSockets;

namespace Iggy.Client.Connections;

/// <summary>WebSocket over another transport, which brings TLS where it is wanted: every write is one binary message.</summary>
internal sealed class WebSocketTransport(ITransport inner, ServerAddress address) : ITransport
{
    /// <inheritdoc/>
    public async ValueTask<Stream> OpenAsync(CancellationToken cancellationToken)
    {
        // The scheme is that of the handshake's text: whether its bytes are encrypted is the inner transport's affair.
        var target = new UriBuilder("ws", address.Host, address.Port, "/").Uri;
        var stream = await inner.OpenAsync(cancellationToken);
        using var handler = new SocketsHttpHandler { ConnectCallback = (_, _) => new(stream), UseProxy = false };
        using var invoker = new HttpMessageInvoker(handler, disposeHandler: false);
        var socket = new ClientWebSocket();
        try
        {
            await socket.ConnectAsync(target, invoker, cancellationToken);
            return WebSocketStream.Create(socket, WebSocketMessageType.Binary, ownsWebSocket: true);
        }
        catch (WebSocketException e)
        {
            socket.Dispose();
            await stream.DisposeAsync();
            throw new IOException($"{address} takes no WebSocket: {e.GetBaseException().Message}", e);
        }
        catch
        {
            socket.Dispose();
            await stream.DisposeAsync();
            throw;
        }
    }
}
