using System.Net;
using Iggy.Gateway.Limits;
using Iggy.Gateway.Sessions;
using Iggy.Gateway.Wire.Transports;
using Iggy.Protocol;
using Microsoft.Extensions.Logging;

namespace Iggy.Gateway.Wire.Connections;

/// <summary>Serves a connection that is one stream of bytes, whatever carries it: one session, one frame loop, watched from beginning to end.</summary>
internal sealed partial class StreamServer(
    SessionRegistry sessions, DialectChoice dialects, RequestGates gates, ConnectionWatch watch, TimeProvider clock, ILogger<StreamServer> logger)
{
    /// <summary>Runs until the connection has ended. Never fails: what goes wrong ends this connection, the others go on.</summary>
    /// <param name="stream">Ends with it.</param>
    /// <param name="transport">What carries it.</param>
    /// <param name="place">Of its connection; a login shows there.</param>
    /// <param name="local">This server's end of the connection; null where it is not known.</param>
    /// <param name="abort">Ends it where it stands. May be called from any thread, and too late.</param>
    /// <param name="isStopping">Whether the server stops, so that the client is told.</param>
    public async Task ServeAsync(IByteStream stream, TransportKind transport, ConnectionPlace place, EndPoint? local, Action abort, Func<bool> isStopping)
    {
        var session = sessions.Open(transport, place, abort, local);
        session.HasLeft = () => stream.HasPeerLeft;
        watch.Add(session, session.Cut);
        LogOpened(logger, session.ClientId, session.Address, transport);
        try
        {
            await new FrameLoop(stream, session, dialects, gates, clock, logger).RunAsync(isStopping, () => sessions.CloseAsync(session));
        }
        catch (Exception broken)
        {
            LogFailed(logger, session.ClientId, broken);
        }
        finally
        {
            watch.Remove(session);
            await sessions.CloseAsync(session); // a broken connection has not come to it
            await stream.DisposeAsync();
            LogClosed(logger, session.ClientId);
        }
    }

    [LoggerMessage(3001, LogLevel.Debug, "Client {ClientId} connected from {Address} ({Transport})")]
    private static partial void LogOpened(ILogger logger, uint clientId, string address, TransportKind transport);

    [LoggerMessage(3002, LogLevel.Debug, "Client {ClientId} is gone")]
    private static partial void LogClosed(ILogger logger, uint clientId);

    [LoggerMessage(3003, LogLevel.Error, "The connection of client {ClientId} failed")]
    private static partial void LogFailed(ILogger logger, uint clientId, Exception exception);
}
