using System.Net;
using System.Net.Quic;
using System.Net.Security;
using System.Numerics;
using System.Runtime.Versioning;
using System.Security.Authentication;
using Iggy.Gateway.Listeners;
using Iggy.Gateway.Tls;
using Iggy.Gateway.Wire.Transports;
using Microsoft.Extensions.Logging;

namespace Iggy.Gateway.Wire.Quic;

/// <summary>QUIC over the platform's own library, MsQuic: for Windows and macOS. It turns away clients that name no protocol; those that offer "iggy" get in.</summary>
[SupportedOSPlatform("windows"), SupportedOSPlatform("macos"), SupportedOSPlatform("linux")]
internal sealed partial class PlatformListener : IQuicListener
{
    private static readonly SslApplicationProtocol _protocol = new("iggy");

    private readonly QuicListener _listener;
    private readonly ILogger _logger;
    private volatile bool _isDisposed;

    private PlatformListener(QuicListener listener, ILogger logger) => (_listener, _logger) = (listener, logger);

    public IPEndPoint LocalEndPoint => _listener.LocalEndPoint;

    public string Library => "MsQuic";

    /// <summary>Whether the library is there.</summary>
    public static bool IsAvailable => QuicListener.IsSupported;

    /// <param name="address">Where to listen.</param>
    /// <param name="options">The listener's options; those on packet sizes and buffers are MsQuic's own affair.</param>
    /// <param name="certificates">Asked at every connection, so that a new certificate is used from the next one on.</param>
    /// <param name="logger">Gets a line for each handshake that fails.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="AddressUnavailableException">The address cannot be listened on.</exception>
    public static async ValueTask<PlatformListener> OpenAsync(
        IPEndPoint address, QuicOptions options, TlsCertificates certificates, ILogger logger, CancellationToken cancellationToken)
    {
        try
        {
            return new(await QuicListener.ListenAsync(new QuicListenerOptions
            {
                ListenEndPoint = address,
                ApplicationProtocols = [_protocol],
                ConnectionOptionsCallback = (_, _, _) => new(ForConnection(options, certificates)),
            }, cancellationToken), logger);
        }
        catch (QuicException e)
        {
            throw new AddressUnavailableException($"Iggy:Quic:Address is {address}; it cannot be listened on: {e.Message}.", e);
        }
    }

    public async ValueTask<IQuicClient?> AcceptAsync()
    {
        while (!_isDisposed)
        {
            try
            {
                return new Client(await _listener.AcceptConnectionAsync());
            }
            catch (Exception e) when (e is QuicException or AuthenticationException or ArgumentException)
            {
                LogHandshakeFailed(_logger, e.Message); // one client's, or the listener was disposed, which the loop sees
            }
            catch (ObjectDisposedException)
            {
                break;
            }
        }
        return null;
    }

    public ValueTask DisposeAsync()
    {
        _isDisposed = true;
        return _listener.DisposeAsync();
    }

    /// <summary>How a new connection behaves.</summary>
    /// <remarks>MsQuic wants windows of streams that are powers of 2, and at most 65,535 streams.</remarks>
    internal static QuicServerConnectionOptions ForConnection(QuicOptions options, TlsCertificates certificates)
    {
        var tls = certificates.ForHandshake();
        tls.ApplicationProtocols = [_protocol];
        tls.EnabledSslProtocols = SslProtocols.Tls13; // QUIC knows no other
        return new QuicServerConnectionOptions
        {
            DefaultCloseErrorCode = 0,
            DefaultStreamErrorCode = 0,
            MaxInboundBidirectionalStreams = Math.Min(options.MaxConcurrentBidiStreams, ushort.MaxValue),
            MaxInboundUnidirectionalStreams = 0,
            IdleTimeout = options.MaxIdleTimeout,
            KeepAliveInterval = options.KeepAliveInterval,
            HandshakeTimeout = certificates.HandshakeTimeout,
            ServerAuthenticationOptions = tls,
            InitialReceiveWindowSizes = new() { Connection = options.ReceiveWindow, RemotelyInitiatedBidirectionalStream = (int)BitOperations.RoundUpToPowerOf2((uint)options.ReceiveWindow) },
        };
    }

    private sealed class Client(QuicConnection connection) : IQuicClient
    {
        public IPEndPoint RemoteEndPoint => connection.RemoteEndPoint;

        public async ValueTask<IByteStream?> AcceptStreamAsync(CancellationToken stopping)
        {
            try
            {
                return new PlatformByteStream(await connection.AcceptInboundStreamAsync(stopping));
            }
            catch (Exception e) when (e is QuicException or OperationCanceledException or ObjectDisposedException)
            {
                return null; // the connection is over, or no more is to be taken
            }
        }

        public ValueTask DisposeAsync() => CloseAsync(0);

        public async ValueTask CloseAsync(ulong code)
        {
            try
            {
                await connection.CloseAsync((long)code);
            }
            catch (Exception e) when (e is QuicException or ObjectDisposedException)
            {
                // The client was faster.
            }
            await connection.DisposeAsync();
        }
    }

    private sealed class PlatformByteStream(QuicStream stream) : IByteStream
    {
        private volatile bool _isStopped;

        public async ValueTask<int> ReceiveAsync(Memory<byte> into)
        {
            try
            {
                return _isStopped ? 0 : await stream.ReadAsync(into);
            }
            catch (QuicException) when (_isStopped)
            {
                return 0;
            }
        }

        public ValueTask SendAsync(ReadOnlyMemory<byte> bytes, bool isEnd = true) => stream.WriteAsync(bytes, completeWrites: isEnd);

        public void StopReceiving()
        {
            _isStopped = true;
            stream.Abort(QuicAbortDirection.Read, 0);
        }

        public void FinishSending() => stream.CompleteWrites();

        public ValueTask DisposeAsync() => stream.DisposeAsync();
    }

    [LoggerMessage(3321, LogLevel.Debug, "A QUIC handshake failed: {Reason}")]
    private static partial void LogHandshakeFailed(ILogger logger, string reason);
}
