using System.Collections.Concurrent;
using Iggy.Gateway.Routing;
using Iggy.Gateway.Sessions;

namespace Iggy.Gateway.Wire.Vsr;

/// <summary>The client ids of the newer dialect that are logged in at this gateway: one for each connection at most, so bounded by their number.</summary>
internal sealed class VsrClients(Positions positions)
{
    private readonly ConcurrentDictionary<UInt128, VsrClient> _clients = new();

    /// <summary>The next number of the sequence that sessions and log positions come from.</summary>
    public ulong NextPosition() => positions.Next();

    /// <summary>Ids that are logged in.</summary>
    public int Count => _clients.Count;

    /// <summary>Binds a client id to a connection that has just logged in.</summary>
    /// <returns>The client, or null when the id belongs to another user.</returns>
    public VsrClient? Bind(UInt128 id, Session connection)
    {
        if (connection.Vsr is { } present && present.Id != id)
            present.Release(connection);
        var client = _clients.GetOrAdd(id, static (id, arg) => new VsrClient(arg.Table, id, arg.UserId), (Table: this, connection.UserId));
        if (client.UserId != connection.UserId)
            return null;
        client.Take(connection);
        connection.Vsr = client;
        // It may have been removed by its last owner in between; then it is put back, for it is owned again.
        return _clients.GetOrAdd(id, client) == client ? client : null;
    }

    /// <summary>Forgets a client id.</summary>
    public void Remove(VsrClient client) => _clients.TryRemove(new(client.Id, client));
}
