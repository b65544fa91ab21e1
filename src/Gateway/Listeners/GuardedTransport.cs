using System.Net;
using Iggy.Gateway.Limits;
using Microsoft.AspNetCore.Connections;

namespace Iggy.Gateway.Listeners;

/// <summary>Kestrel's transport behind the connection limiter that every listener has.</summary>
internal sealed class GuardedTransport(IConnectionListenerFactory sockets, ListenerDoor door) : IConnectionListenerFactory
{
    public async ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default) =>
        new Listener(await sockets.BindAsync(endpoint, cancellationToken), door);

    private sealed class Listener(IConnectionListener sockets, ListenerDoor door) : IConnectionListener
    {
        private readonly CancellationTokenSource _stopping = new();

        public EndPoint EndPoint => sockets.EndPoint;

        public async ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default) =>
            await door.AcceptAsync(() => sockets.AcceptAsync(cancellationToken), static one => one.RemoteEndPoint, Refuse, _stopping.Token) is { } accepted
                ? new GuardedConnection(accepted.Connection, accepted.Place)
                : null;

        public async ValueTask UnbindAsync(CancellationToken cancellationToken = default)
        {
            await _stopping.CancelAsync();
            await sockets.UnbindAsync(cancellationToken);
        }

        public async ValueTask DisposeAsync()
        {
            await _stopping.CancelAsync();
            await sockets.DisposeAsync();
            _stopping.Dispose();
        }

        private static void Refuse(ConnectionContext connection)
        {
            connection.Abort();
            _ = connection.DisposeAsync().AsTask();
        }
    }
}
