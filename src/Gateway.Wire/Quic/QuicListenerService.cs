using System.Net;
using System.Net.Sockets;
using Iggy.Gateway.Limits;
using Iggy.Gateway.Listeners;
using Iggy.Gateway.Sessions;
using Iggy.Gateway.Wire.Connections;
using Iggy.Protocol;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Iggy.Gateway.Wire.Quic;

/// <summary>Accepts QUIC connections and serves each. Without a QUIC library on the machine it says so once and does nothing.</summary>
internal sealed partial class QuicListenerService(
    IOptions<QuicOptions> options, GatewayEndpoints endpoints, SessionRegistry sessions, DialectChoice dialects, QuicListenerFactory listeners,
    IOptions<FrameLimits> limits, ConnectionGuard guard, RequestGates gates, ConnectionWatch watch, TimeProvider clock, ILogger<QuicListenerService> logger) : IHostedLifecycleService, IAsyncDisposable
{
    private readonly OpenConnections<QuicPlace> _connections = new(clock, logger);
    private readonly CancellationTokenSource _stopping = new();
    private IQuicListener? _listener;
    private Task _preparing = Task.CompletedTask;
    private Task _accepting = Task.CompletedTask;
    private Task? _draining;

    /// <exception cref="AddressUnavailableException">The address cannot be listened on.</exception>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        if (!options.Value.Enabled)
            return;
        if (!ListenAddress.TryParse(options.Value.Address, out var address))
            throw new InvalidOperationException("QuicOptions were not validated.");
        await _preparing;
        try
        {
            _listener = await listeners.OpenAsync(address, cancellationToken);
        }
        catch (SocketException e)
        {
            throw new AddressUnavailableException($"Iggy:Quic:Address is {address}; it cannot be listened on: {e.Message}.", e);
        }
        if (_listener is null)
        {
            LogNotAvailable(logger, QuicListenerFactory.WhyNot);
            return;
        }
        endpoints.Quic = _listener.LocalEndPoint;
        LogListening(logger, _listener.LocalEndPoint, _listener.Library);
        _accepting = AcceptAsync(_listener, new ListenerDoor(guard, new DoorSettings(QuicOptions.Section, options.Value.MaxConnections, TakesDescriptors: false), clock, logger));
    }

    /// <summary>Begins with the certificate beside the start of the silo.</summary>
    public Task StartingAsync(CancellationToken cancellationToken)
    {
        if (options.Value.Enabled)
            _preparing = Task.Run(listeners.Prepare, cancellationToken);
        return Task.CompletedTask;
    }

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Takes no new connection and no new request, lets each open request end, and closes. All listeners begin with it before any waits.</summary>
    public Task StoppingAsync(CancellationToken cancellationToken)
    {
        _draining ??= DrainAsync(cancellationToken);
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => _draining ??= DrainAsync(cancellationToken);

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        await _preparing.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing); // StartAsync has its failure
        if (_listener is not null)
            await _listener.DisposeAsync();
        _stopping.Dispose();
    }

    private async Task DrainAsync(CancellationToken cancellationToken)
    {
        if (_listener is null)
            return;
        await _stopping.CancelAsync();
        var cut = await _connections.DrainAsync(static _ => { }, static one => _ = one.Client.DisposeAsync().AsTask(), cancellationToken); // the token tells them
        if (cut > 0)
            LogDrainCut(logger, cut);
        await _listener.DisposeAsync();
        await _accepting;
    }

    private async Task AcceptAsync(IQuicListener listener, ListenerDoor door)
    {
        while (await door.AcceptAsync(listener.AcceptAsync, static client => client.RemoteEndPoint, static client => _ = client.DisposeAsync().AsTask(), CancellationToken.None) is { } accepted)
            _connections.Serve(new QuicPlace(accepted.Connection, accepted.Place), ServeAsync);
    }

    private async Task ServeAsync(QuicPlace accepted)
    {
        var (client, place) = (accepted.Client, accepted.Place);
        var session = sessions.Open(TransportKind.Quic, place, () => _ = client.DisposeAsync().AsTask());
        session.Turns = new RequestTurns();
        LogOpened(logger, session.ClientId, session.Address);
        using var server = new QuicConnectionServer(client, session, dialects, gates, options.Value, limits.Value.StallTimeout, clock, logger);
        watch.Add(session, server.Abort); // for the time to log in; what goes on inside streams is watched by each of them
        try
        {
            await server.RunAsync(_stopping.Token);
        }
        catch (Exception broken)
        {
            LogFailed(logger, session.ClientId, broken); // this connection ends here, the others go on
        }
        finally
        {
            watch.Remove(session);
            await sessions.CloseAsync(session);
            await server.CloseAsync(_stopping.IsCancellationRequested);
            place.Dispose();
            LogClosed(logger, session.ClientId);
        }
    }

    /// <summary>A client's connection and its place among all.</summary>
    private sealed record QuicPlace(IQuicClient Client, ConnectionPlace Place);

    [LoggerMessage(3310, LogLevel.Information, "Listening on {Address} (QUIC), over {Library}")]
    private static partial void LogListening(ILogger logger, EndPoint address, string library);

    [LoggerMessage(3311, LogLevel.Warning, "There is no QUIC listener: {Reason}")]
    private static partial void LogNotAvailable(ILogger logger, string reason);

    [LoggerMessage(3315, LogLevel.Debug, "Client {ClientId} connected from {Address} (QUIC)")]
    private static partial void LogOpened(ILogger logger, uint clientId, string address);

    [LoggerMessage(3316, LogLevel.Debug, "Client {ClientId} is gone (QUIC)")]
    private static partial void LogClosed(ILogger logger, uint clientId);

    [LoggerMessage(3317, LogLevel.Error, "The QUIC connection of client {ClientId} failed")]
    private static partial void LogFailed(ILogger logger, uint clientId, Exception exception);

    [LoggerMessage(3318, LogLevel.Information, "{Count} QUIC connections were cut: their requests did not end in time")]
    private static partial void LogDrainCut(ILogger logger, int count);
}
