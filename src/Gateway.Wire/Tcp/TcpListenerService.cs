using System.Collections.Concurrent;
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
    IOptions<TcpOptions> options, CertificateStore certificates, AddressGuard addresses, GatewayEndpoints endpoints, StreamServer server,
    TimeProvider clock, ILogger<TcpListenerService> logger) : IHostedService, IDisposable
{
    // Between accepts that fail for want of descriptors: long enough not to spin, short enough to be felt by nobody.
    private static readonly TimeSpan AcceptPause = TimeSpan.FromMilliseconds(50);

    private readonly ConcurrentDictionary<TcpConnection, Task> _connections = new();
    private Socket? _listener;
    private TlsCertificates? _certificates;
    private Task _accepting = Task.CompletedTask;
    private volatile bool _stopping;

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
        _accepting = AcceptAsync(_listener);
        return Task.CompletedTask;
    }

    /// <summary>Takes no new connection, lets each open one finish the request it is in, tells it and closes it.</summary>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        _stopping = true;
        _listener?.Dispose();
        await _accepting;
        foreach (var connection in _connections.Keys)
            connection.StopReceiving();
        try
        {
            await Task.WhenAll(_connections.Values).WaitAsync(cancellationToken);
        }
        catch (OperationCanceledException)
        {
            LogDrainCut(logger, _connections.Count);
            foreach (var connection in _connections.Keys)
                connection.Abort();
        }
    }

    public void Dispose() => _listener?.Dispose();

    private async Task AcceptAsync(Socket listener)
    {
        while (!_stopping)
        {
            Socket socket;
            try
            {
                socket = await listener.AcceptAsync();
            }
            catch (Exception) when (_stopping)
            {
                return; // the listener was closed under the accept: that is how it is told to end
            }
            catch (SocketException refused)
            {
                // Out of descriptors, or a peer that was gone before it was accepted: others must still get in.
                LogNotAccepted(logger, refused);
                await Task.Delay(AcceptPause, clock);
                continue;
            }

            if (_connections.Count >= options.Value.MaxConnections)
            {
                LogTooMany(logger, options.Value.MaxConnections);
                socket.Dispose();
                continue;
            }
            Serve(socket);
        }
    }

    private void Serve(Socket socket)
    {
        EndPoint? peer, local;
        try
        {
            socket.NoDelay = options.Value.NoDelay;
            (peer, local) = (socket.RemoteEndPoint, socket.LocalEndPoint);
        }
        catch (SocketException)
        {
            socket.Dispose(); // it left before it was served
            return;
        }

        if (!addresses.TryEnter(peer))
        {
            socket.Dispose();
            return;
        }

        // Registered before it runs, so that a stop that comes now waits for it.
        var connection = new TcpConnection(socket);
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _connections[connection] = done.Task;
        _ = Task.Run(() => ServeAsync(connection, peer, local, done));
    }

    private async Task ServeAsync(TcpConnection connection, EndPoint? peer, EndPoint? local, TaskCompletionSource done)
    {
        try
        {
            if (_stopping)
                connection.StopReceiving();
            IByteStream? stream = _certificates is null
                ? new TcpByteStream(connection.Socket)
                : await TlsByteStream.AcceptAsync(connection.Socket, _certificates, clock, $"{peer}", logger);
            if (stream is not null)
            {
                connection.Attach(stream);
                await server.ServeAsync(stream, TransportKind.Tcp, peer, local, connection.Abort, () => _stopping);
            }
        }
        catch (Exception broken)
        {
            LogHandshakeBroken(logger, broken); // this connection ends here, the others go on
        }
        finally
        {
            connection.Abort();
            addresses.Leave(peer);
            _connections.TryRemove(connection, out _);
            done.SetResult();
        }
    }

    [LoggerMessage(3000, LogLevel.Information, "Listening on {Address} (TCP)")]
    private static partial void LogListening(ILogger logger, EndPoint address);

    [LoggerMessage(3004, LogLevel.Warning, "A connection could not be accepted")]
    private static partial void LogNotAccepted(ILogger logger, Exception exception);

    [LoggerMessage(3005, LogLevel.Warning, "A connection was refused: {Limit} are open (Iggy:Tcp:MaxConnections)")]
    private static partial void LogTooMany(ILogger logger, int limit);

    [LoggerMessage(3008, LogLevel.Error, "A connection failed before its first request")]
    private static partial void LogHandshakeBroken(ILogger logger, Exception exception);

    [LoggerMessage(3006, LogLevel.Warning, "{Count} connections were cut: their requests did not end in time")]
    private static partial void LogDrainCut(ILogger logger, int count);
}
