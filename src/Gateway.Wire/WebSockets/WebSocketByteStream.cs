using System.Net.Sockets;
using System.Net.WebSockets;
using System.Runtime.CompilerServices;
using Iggy.Gateway.Wire.Transports;

namespace Iggy.Gateway.Wire.WebSockets;

/// <summary>A WebSocket as a stream of bytes: what binary messages carry, wherever they begin and end. Each reply goes out as one message. Owns the socket.</summary>
/// <param name="socket">As the handshake left it.</param>
/// <param name="connection">What is beneath it, where that is known.</param>
/// <param name="maxMessageBytes">Of a message; 0 for no limit.</param>
/// <param name="clock">Measures the goodbye.</param>
/// <param name="left">Set when the client is gone.</param>
internal sealed class WebSocketByteStream(WebSocket socket, Socket? connection, long maxMessageBytes, TimeProvider clock, CancellationToken left) : IByteStream
{
    // A client that does not answer the close frame would keep the connection for ever.
    private static readonly TimeSpan GoodbyeLimit = TimeSpan.FromSeconds(2);

    // The API waits until what was asked for is full or the frame has ended. In pieces, so that who watches the connection sees that it goes on. On the way out
    // the API copies each frame twice, so a large message is several frames.
    private const int PieceBytes = 256 * 1024;

    private readonly TaskCompletionSource _stop = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Task<ValueWebSocketReceiveResult>? _abandoned;
    private Task _finishing = Task.CompletedTask;
    private WebSocketCloseStatus _closeStatus = WebSocketCloseStatus.NormalClosure;
    private long _messageBytes;
    private volatile bool _isInsideFrame;

    // After the client's close frame this API fails; for a stream the end stays the end, however often it is asked for.
    public ValueTask<int> ReceiveAsync(Memory<byte> into) =>
        _stop.Task.IsCompleted || _closeStatus is WebSocketCloseStatus.MessageTooBig || socket.State is WebSocketState.CloseReceived ? new(0) : ReceiveBytesAsync(into);

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    public async ValueTask SendAsync(ReadOnlyMemory<byte> bytes, bool isEnd = true)
    {
        try
        {
            while (bytes.Length > PieceBytes)
            {
                await socket.SendAsync(bytes[..PieceBytes], WebSocketMessageType.Binary, endOfMessage: false, CancellationToken.None);
                bytes = bytes[PieceBytes..];
            }
            await socket.SendAsync(bytes, WebSocketMessageType.Binary, isEnd, CancellationToken.None);
        }
        catch (Exception broken) when (IsBreak(broken))
        {
            throw new IOException(broken.Message, broken);
        }
    }

    public bool HasPeerLeft => left.IsCancellationRequested;

    public void AcknowledgeNow()
    {
        if (connection is not null)
            QuickAck.Send(connection);
    }

    public void StopReceiving()
    {
        _closeStatus = WebSocketCloseStatus.EndpointUnavailable;
        if (_stop.TrySetResult())
            _ = AbortInsideFrameAsync();
    }

    public void FinishSending() => _finishing = CloseOutputAsync();

    public async ValueTask DisposeAsync()
    {
        using (var limit = new CancellationTokenSource(GoodbyeLimit, clock))
        using (limit.Token.UnsafeRegister(static socket => ((WebSocket)socket!).Abort(), socket))
        {
            await _finishing;
            await WaitForCloseAsync();
        }
        socket.Dispose();
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<int> ReceiveBytesAsync(Memory<byte> into)
    {
        try
        {
            while (true)
            {
                // A receive of nothing returns at the head of a frame, or at once inside one: so no buffer is lent to a wait that a stop gives up.
                if (await ReceiveHeadAsync() is not { } head)
                    return 0;
                if (head.MessageType is WebSocketMessageType.Close)
                    return 0;
                if (head.EndOfMessage)
                {
                    _messageBytes = 0;
                    continue; // nothing in it
                }

                _isInsideFrame = true;
                var receiving = socket.ReceiveAsync(into.Length > PieceBytes ? into[..PieceBytes] : into, CancellationToken.None);
                if (!receiving.IsCompleted)
                    AcknowledgeNow(); // the head of the frame came alone
                var part = await receiving;
                _isInsideFrame = false;
                if (part.MessageType is WebSocketMessageType.Close)
                    return 0;
                _messageBytes += part.Count;
                if (maxMessageBytes > 0 && _messageBytes > maxMessageBytes)
                {
                    _closeStatus = WebSocketCloseStatus.MessageTooBig;
                    return 0;
                }
                if (part.EndOfMessage)
                    _messageBytes = 0;
                if (part.MessageType is WebSocketMessageType.Binary && part.Count > 0)
                    return part.Count; // text is no part of the protocol and is passed over
            }
        }
        catch (Exception broken) when (IsBreak(broken))
        {
            throw new IOException(broken.Message, broken);
        }
    }

    private async ValueTask<ValueWebSocketReceiveResult?> ReceiveHeadAsync()
    {
        var receiving = socket.ReceiveAsync(Memory<byte>.Empty, CancellationToken.None);
        if (receiving.IsCompleted)
            return await receiving;
        var head = receiving.AsTask();
        if (await Task.WhenAny(head, _stop.Task) == head)
            return await head;
        _abandoned = head; // goes on: a cancelled receive would break the connection before the client is told
        return null;
    }

    // Here a buffer is lent, so the receive has to end: by its bytes, which are on their way, or else by a cut.
    private async Task AbortInsideFrameAsync()
    {
        await Task.Delay(GoodbyeLimit, clock);
        if (_isInsideFrame)
            socket.Abort();
    }

    private async Task CloseOutputAsync()
    {
        try
        {
            if (socket.State is WebSocketState.Open or WebSocketState.CloseReceived)
                await socket.CloseOutputAsync(_closeStatus, null, CancellationToken.None);
        }
        catch (Exception gone) when (IsBreak(gone))
        {
            // The peer was faster: the connection is already what we want it to be.
        }
    }

    // Until the client has answered the close frame, so that the system has no reason to reset what is still on its way to it.
    private async Task WaitForCloseAsync()
    {
        try
        {
            if (_abandoned is { } head)
                await head;
            var dropped = new byte[4096];
            while (socket.State is WebSocketState.CloseSent)
                await socket.ReceiveAsync(dropped.AsMemory(), CancellationToken.None);
        }
        catch (Exception gone) when (IsBreak(gone))
        {
            // It left without an answer.
        }
    }

    // What this API throws when the peer is gone or the connection was aborted from here.
    private static bool IsBreak(Exception e) => e is WebSocketException or IOException or OperationCanceledException or ObjectDisposedException or InvalidOperationException;
}
