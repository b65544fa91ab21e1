using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Threading.Channels;
using Iggy.Quic.Native;
using Microsoft.Extensions.Logging;

namespace Iggy.Quic;

/// <summary>A UDP socket and the thread that owns every connection on it: it takes packets, keeps time and writes packets. A server's has many
/// connections, a client's has one.</summary>
internal sealed partial class QuicEndpoint : IAsyncDisposable
{
    private readonly ILogger _logger;
    private readonly UdpSocket _socket;
    private readonly WakeSignal _wake = new();
    private readonly ConcurrentQueue<QuicConnection> _posted = new();
    private readonly Channel<QuicConnection> _accepted = Channel.CreateUnbounded<QuicConnection>(new() { SingleWriter = true }); // bounded by MaxConnections
    private readonly TaskCompletionSource _stopped = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile TlsCredentials? _credentials; // a server's, for new connections
    private volatile bool _isStopping;

    private QuicEndpoint(UdpSocket socket, TlsCredentials? credentials, QuicSettings settings, ILogger logger)
    {
        (_socket, _credentials, Settings, _logger) = (socket, credentials, settings, logger);
        LocalEndPoint = socket.LocalEndPoint;
        _batch = new SendBatch(socket);
        _resetKey = settings.ResetKey.Length >= 32 ? settings.ResetKey.ToArray() : System.Security.Cryptography.RandomNumberGenerator.GetBytes(32);
    }

    /// <summary>Whether QUIC can be used on this machine.</summary>
    public static bool IsAvailable => NgtcpLibrary.IsAvailable;

    /// <summary>One line for people: what to install. Null when nothing is missing.</summary>
    public static string? WhyNotAvailable => NgtcpLibrary.WhyNot;

    /// <summary>The release of ngtcp2 in use, for people.</summary>
    public static string Library => NgtcpLibrary.Layout.Library;

    /// <summary>Where it listens, with the true port.</summary>
    public IPEndPoint LocalEndPoint { get; }

    internal QuicSettings Settings { get; }

    /// <summary>Starts to listen.</summary>
    /// <exception cref="System.Net.Sockets.SocketException">The address cannot be bound.</exception>
    public static QuicEndpoint Listen(IPEndPoint address, TlsCredentials credentials, QuicSettings settings, ILogger logger)
    {
        var socket = UdpSocket.Bind(address, settings.SocketReceiveBytes, settings.SocketSendBytes);
        var endpoint = new QuicEndpoint(socket, credentials, settings, logger);
        endpoint.Start();
        return endpoint;
    }

    /// <summary>Connects to a server. Disposing of the endpoint ends the connection.</summary>
    /// <param name="server">Where.</param>
    /// <param name="credentials">Whom to trust.</param>
    /// <param name="serverName">The name that is asked for.</param>
    /// <param name="offersProtocol">Whether to offer the protocol name "iggy".</param>
    /// <param name="settings">How.</param>
    /// <param name="logger">For faults of this process.</param>
    /// <param name="cancellationToken">Gives up the attempt.</param>
    /// <exception cref="QuicException">Nobody answered, or not as a QUIC server that can be trusted.</exception>
    public static async Task<(QuicEndpoint Endpoint, QuicConnection Connection)> ConnectAsync(IPEndPoint server, TlsCredentials credentials, string serverName, bool offersProtocol,
        QuicSettings settings, ILogger logger, CancellationToken cancellationToken)
    {
        var endpoint = new QuicEndpoint(UdpSocket.Connect(server), null, settings, logger);
        QuicConnection connection;
        try
        {
            connection = endpoint.OpenConnection(server, credentials, serverName, offersProtocol);
        }
        catch
        {
            endpoint.Free();
            throw;
        }
        endpoint.Start();
        try
        {
            await connection.Handshake.WaitAsync(cancellationToken);
            return (endpoint, connection);
        }
        catch
        {
            await endpoint.DisposeAsync();
            throw;
        }
    }

    /// <summary>The next client whose handshake is complete.</summary>
    /// <returns>Null when the endpoint stops.</returns>
    public async ValueTask<QuicConnection?> AcceptAsync() =>
        await _accepted.Reader.WaitToReadAsync() && _accepted.Reader.TryRead(out var connection) ? connection : null;

    /// <summary>Takes another certificate for connections from now on.</summary>
    public void Replace(TlsCredentials credentials)
    {
        using var old = _credentials;
        _credentials = credentials;
    }

    /// <summary>Closes every connection with code 0 and the socket.</summary>
    public async ValueTask DisposeAsync()
    {
        _isStopping = true;
        _wake.Set();
        await _stopped.Task;
    }

    /// <summary>Hands a connection with news to the thread.</summary>
    internal void Post(QuicConnection connection)
    {
        _posted.Enqueue(connection);
        _wake.Set();
    }

    private static ulong Now => (ulong)Stopwatch.GetTimestamp() * (ulong)(1_000_000_000 / Stopwatch.Frequency);

    private void Start() => new Thread(Run) { IsBackground = true, Name = "quic" }.Start();

    private unsafe QuicConnection OpenConnection(IPEndPoint server, TlsCredentials credentials, string serverName, bool offersProtocol)
    {
        var local = stackalloc byte[NativeAddress.MaxBytes];
        var remote = stackalloc byte[NativeAddress.MaxBytes];
        var path = new NgtcpPath
        {
            Local = { Address = local, Bytes = NativeAddress.Write(_socket.LocalEndPoint, local) },
            Remote = { Address = remote, Bytes = NativeAddress.Write(server, remote) },
        };
        var connection = QuicConnection.ForClient(this, &path, credentials, serverName, offersProtocol, Now);
        _client = connection;
        _connections.Add(connection);
        MarkDirty(connection);
        return connection;
    }

    private void Free()
    {
        _batch.Dispose();
        _socket.Dispose();
        _wake.Dispose();
        _credentials?.Dispose();
    }

    [LoggerMessage(3300, LogLevel.Error, "A fault ended the QUIC connection of {Peer}")]
    private static partial void LogFault(ILogger logger, IPEndPoint peer, Exception exception);

    [LoggerMessage(3301, LogLevel.Critical, "A fault stopped the QUIC endpoint on {Address}; its connections are closed")]
    private static partial void LogStopped(ILogger logger, IPEndPoint address, Exception exception);

    [LoggerMessage(3302, LogLevel.Debug, "The QUIC connection of {Peer} is over: {Reason}")]
    private static partial void LogEnded(ILogger logger, IPEndPoint peer, string? reason);

    [LoggerMessage(3303, LogLevel.Warning, "A QUIC connection was refused: {Limit} are open")]
    private static partial void LogTooMany(ILogger logger, int limit);
}
