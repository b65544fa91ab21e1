using System.IO.Pipelines;
using System.Net;
using Iggy.Gateway.Limits;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http.Features;

namespace Iggy.Gateway.Listeners;

/// <summary>A connection of Kestrel's that gives its place back when it is over. Requests find the place among their features.</summary>
internal sealed class GuardedConnection : ConnectionContext
{
    private readonly ConnectionContext _connection;
    private readonly ConnectionPlace _place;

    /// <param name="connection">Owned.</param>
    /// <param name="place">Owned.</param>
    public GuardedConnection(ConnectionContext connection, ConnectionPlace place)
    {
        (_connection, _place) = (connection, place);
        connection.Features.Set(place);
    }

    public override string ConnectionId
    {
        get => _connection.ConnectionId;
        set => _connection.ConnectionId = value;
    }

    public override IFeatureCollection Features => _connection.Features;

    public override IDictionary<object, object?> Items
    {
        get => _connection.Items;
        set => _connection.Items = value;
    }

    public override IDuplexPipe Transport
    {
        get => _connection.Transport;
        set => _connection.Transport = value;
    }

    public override CancellationToken ConnectionClosed
    {
        get => _connection.ConnectionClosed;
        set => _connection.ConnectionClosed = value;
    }

    public override EndPoint? LocalEndPoint
    {
        get => _connection.LocalEndPoint;
        set => _connection.LocalEndPoint = value;
    }

    public override EndPoint? RemoteEndPoint
    {
        get => _connection.RemoteEndPoint;
        set => _connection.RemoteEndPoint = value;
    }

    public override void Abort() => _connection.Abort();

    public override void Abort(ConnectionAbortedException abortReason) => _connection.Abort(abortReason);

    public override async ValueTask DisposeAsync()
    {
        try
        {
            await _connection.DisposeAsync();
        }
        finally
        {
            _place.Dispose();
            await base.DisposeAsync();
        }
    }
}
