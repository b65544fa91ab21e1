using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using Iggy.Gateway.Tls;
using Microsoft.Extensions.Logging;

namespace Iggy.Gateway.Wire.Transports;

/// <summary>An encrypted TCP connection as a stream of bytes. Owns the socket.</summary>
internal sealed partial class TlsByteStream : IByteStream
{
    // A client that does not read would keep the goodbye, and so the connection, for ever.
    private static readonly TimeSpan GoodbyeLimit = TimeSpan.FromSeconds(2);

    private readonly Socket _socket;
    private readonly SslStream _ssl;
    private readonly TimeProvider _clock;
    private Task _finishing = Task.CompletedTask;
    private volatile bool _stopped;

    private TlsByteStream(Socket socket, SslStream ssl, TimeProvider clock) => (_socket, _ssl, _clock) = (socket, ssl, clock);

    /// <summary>Does the server's part of the handshake.</summary>
    /// <param name="socket">Belongs to the stream on success, else it is closed.</param>
    /// <param name="certificates">Which certificate, and the time limit.</param>
    /// <param name="clock">Measures the limits.</param>
    /// <param name="peer">For the log.</param>
    /// <param name="logger">Gets a line where it fails. That is the client's affair, so nothing is thrown.</param>
    /// <returns>Null when there is no connection to serve.</returns>
    public static async Task<TlsByteStream?> AcceptAsync(
        Socket socket, TlsCertificates certificates, TimeProvider clock, string peer, ILogger logger)
    {
        var ssl = new SslStream(new NetworkStream(socket, ownsSocket: true));
        try
        {
            using var limit = new CancellationTokenSource(certificates.HandshakeTimeout, clock);
            await ssl.AuthenticateAsServerAsync(certificates.ForHandshake(), limit.Token);
            return new TlsByteStream(socket, ssl, clock);
        }
        catch (Exception failed) when (failed is AuthenticationException or IOException or SocketException or ObjectDisposedException or OperationCanceledException)
        {
            LogHandshakeFailed(logger, peer, failed is OperationCanceledException ? $"not through within {certificates.HandshakeTimeout}" : failed.GetBaseException().Message);
            await ssl.DisposeAsync();
            return null;
        }
    }

    public ValueTask<int> ReceiveAsync(Memory<byte> into)
    {
        if (_stopped)
            return new(0);
        var receiving = _ssl.ReadAsync(into);
        return receiving.IsCompletedSuccessfully ? receiving : ReceiveRestAsync(receiving);
    }

    public ValueTask SendAsync(ReadOnlyMemory<byte> bytes, bool isEnd = true) => _ssl.WriteAsync(bytes);

    public bool HasPeerLeft => SocketPeer.HasLeft(_socket);

    public void AcknowledgeNow() => QuickAck.Send(_socket);

    public void StopReceiving()
    {
        _stopped = true;
        Shutdown(SocketShutdown.Receive);
    }

    public void FinishSending() => _finishing = SayGoodbyeAsync();

    public async ValueTask DisposeAsync()
    {
        if (!_finishing.IsCompleted)
            await Task.WhenAny(_finishing, Task.Delay(GoodbyeLimit, _clock));
        await _ssl.DisposeAsync();
    }

    private async ValueTask<int> ReceiveRestAsync(ValueTask<int> receiving)
    {
        try
        {
            return await receiving;
        }
        catch (Exception) when (_stopped)
        {
            return 0; // told to stop inside a record, which the TLS layer takes for an attack
        }
    }

    // The client must be able to tell an end from a cut: close_notify first, then the end of the TCP stream.
    private async Task SayGoodbyeAsync()
    {
        try
        {
            await _ssl.ShutdownAsync();
        }
        catch (Exception gone) when (gone is IOException or SocketException or ObjectDisposedException or InvalidOperationException)
        {
            // The peer was faster: the connection is already what we want it to be.
        }
        Shutdown(SocketShutdown.Send);
    }

    private void Shutdown(SocketShutdown how)
    {
        try
        {
            _socket.Shutdown(how);
        }
        catch (Exception gone) when (gone is SocketException or ObjectDisposedException)
        {
            // The peer was faster: the connection is already what we want it to be.
        }
    }

    [LoggerMessage(3045, LogLevel.Debug, "TLS handshake with {Address} failed: {Reason}")]
    private static partial void LogHandshakeFailed(ILogger logger, string address, string reason);
}
