using System.Net;
using System.Net.Sockets;
using Iggy.Gateway.Limits;
using Iggy.Gateway.Listeners;
using Iggy.Gateway.Tls;
using Iggy.Gateway.Wire.Connections;
using Iggy.Gateway.Wire.Transports;
using Iggy.Protocol;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Iggy.Gateway.Wire.Tcp;

/// <summary>Accepts TCP connections, with TLS or without, and runs a frame loop for each.</summary>
internal sealed partial class TcpListenerService(
    IOptions<TcpOptions> options, IOptions<FrameLimits> limits, CertificateStore certificates, ConnectionGuard guard, GatewayEndpoints endpoints, StreamServer server,
    TimeProvider clock, ILogger<TcpListenerService> logger) : IHostedLifecycleService, IDisposable
{
    private readonly OpenConnections<TcpConnection> _connections = new(clock, logger);
    private readonly CancellationTokenSource _stopping = new();
    private Socket? _listener;
    private TlsCertificates? _certificates;
    private Task _accepting = Task.CompletedTask;
    private Task? _draining;

    /// <summary>Listens from here on.</summary>
    /// <exception cref="AddressUnavailableException">The address cannot be listened on.</exception>
    /// <exception cref="OptionsValidationException">The certificates cannot be used.</exception>
    public Task StartAsync(CancellationToken cancellationToken)
    {
        if (!options.Value.Enabled)
            return Task.CompletedTask;
        if (!ListenAddress.TryParse(options.Value.Address, out var endPoint))
            throw new InvalidOperationException("TcpOptions were not validated.");

        _certificates = certificates.Open(TlsOptions.TcpSection);
        _listener = new Socket(endPoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        if (endPoint.AddressFamily is AddressFamily.InterNetworkV6)
            _listener.DualMode = endPoint.Address.Equals(IPAddress.IPv6Any);
        if (options.Value.KeepAlive)
            DeadPeers.Watch(_listener, limits.Value.PeerTimeout);
        try
        {
            _listener.Bind(endPoint);
            _listener.Listen(options.Value.Backlog);
        }
        catch (SocketException e)
        {
            throw new AddressUnavailableException($"Iggy:Tcp:Address is {endPoint}; it cannot be listened on: {e.Message}.", e);
        }
        endpoints.Tcp = (IPEndPoint)_listener.LocalEndPoint!;
        LogListening(logger, endpoints.Tcp);
        _accepting = AcceptAsync(_listener, new ListenerDoor(guard, new DoorSettings("Iggy:Tcp", options.Value.MaxConnections), clock, logger));
        return Task.CompletedTask;
    }

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Takes no new connection, lets each open one finish the request it is in, tells it and closes it. All listeners begin with it before any waits.</summary>
    public Task StoppingAsync(CancellationToken cancellationToken)
    {
        _draining ??= DrainAsync(cancellationToken);
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => _draining ??= DrainAsync(cancellationToken);

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public void Dispose()
    {
        _listener?.Dispose();
        _stopping.Dispose();
    }

    private async Task DrainAsync(CancellationToken cancellationToken)
    {
        await _stopping.CancelAsync();
        _listener?.Dispose();
        await _accepting;
        var cut = await _connections.DrainAsync(static one => one.StopReceiving(), static one => one.Abort(), cancellationToken);
        if (cut > 0)
            LogDrainCut(logger, cut);
    }

    private async Task AcceptAsync(Socket listener, ListenerDoor door)
    {
        while (await door.AcceptAsync<Socket>(async () => await listener.AcceptAsync(), PeerOf, static socket => socket.Dispose(), _stopping.Token) is { } accepted)
            _connections.Serve(new TcpConnection(accepted.Connection, accepted.Place), ServeAsync);
    }

    private EndPoint? PeerOf(Socket socket)
    {
        socket.NoDelay = options.Value.NoDelay;
        return socket.RemoteEndPoint;
    }

    // Null where it has gone again.
    private static EndPoint? LocalOf(Socket socket)
    {
        try
        {
            return socket.LocalEndPoint;
        }
        catch (Exception gone) when (gone is SocketException or ObjectDisposedException)
        {
            return null;
        }
    }

    private async Task ServeAsync(TcpConnection connection)
    {
        try
        {
            if (_stopping.IsCancellationRequested)
                connection.StopReceiving();
            IByteStream? stream = _certificates is null
                ? new TcpByteStream(connection.Socket)
                : await TlsByteStream.AcceptAsync(connection.Socket, _certificates, clock, $"{connection.Place.Peer}", logger);
            if (stream is not null)
            {
                connection.Attach(stream);
                await server.ServeAsync(stream, TransportKind.Tcp, connection.Place, LocalOf(connection.Socket), connection.Abort, () => _stopping.IsCancellationRequested);
            }
        }
        finally
        {
            connection.Abort();
            connection.Place.Dispose();
        }
    }

    [LoggerMessage(3000, LogLevel.Information, "Listening on {Address} (TCP)")]
    private static partial void LogListening(ILogger logger, EndPoint address);

    [LoggerMessage(3006, LogLevel.Information, "{Count} connections were cut: their requests did not end in time")]
    private static partial void LogDrainCut(ILogger logger, int count);
}
