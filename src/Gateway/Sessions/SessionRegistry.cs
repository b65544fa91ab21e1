using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Text;
using Iggy.Grains.Interfaces.Hosting;
using Iggy.Protocol;

namespace Iggy.Gateway.Sessions;

/// <summary>All open sessions of this gateway.</summary>
internal sealed class SessionRegistry(GroupMemberships groups, IClusterNodes? nodes = null)
{
    private readonly ConcurrentDictionary<uint, Session> _sessions = new();

    /// <summary>Open sessions, logged in or not.</summary>
    public int Count => _sessions.Count;

    /// <summary>Registers a session under a client id of its own.</summary>
    /// <remarks>The id is the hash of the peer's address, as Apache Iggy has it; where two addresses collide, or one hashes to 0,
    /// the next free number serves: clients only echo it. In a cluster the first eight bits are the server's number, so that no two servers give one id.</remarks>
    /// <param name="transport">How the client came.</param>
    /// <param name="place">Of its connection.</param>
    /// <param name="cut">Closes the connection from outside; null where there is none.</param>
    /// <param name="local">This server's end of the connection; null where it is not known.</param>
    public Session Open(TransportKind transport, IConnectionPlace place, Action? cut = null, EndPoint? local = null) => Open(transport, place.Peer, cut, local, place);

    /// <summary>As the other, where there is no connection that is counted.</summary>
    public Session Open(TransportKind transport, EndPoint? peer, Action? cut = null, EndPoint? local = null, IConnectionPlace? place = null)
    {
        var gone = new CancellationTokenSource(); // without a timer: there is nothing to dispose
        var address = peer is IPEndPoint ip ? Text(ip) : peer?.ToString() ?? "unknown";
        for (var hash = Hashes.Xxh32(Encoding.UTF8.GetBytes(address)); ; hash++)
        {
            var id = nodes?.Slot is { } slot ? ((uint)slot << 24) | (hash & 0x00FF_FFFF) : hash;
            if (id is 0 or Session.NoUser)
                continue;
            var session = new Session(id, transport, address, cut, gone.Cancel) { Gone = gone.Token, LocalAddress = (local as IPEndPoint)?.Address, Place = place };
            if (_sessions.TryAdd(id, session))
                return session;
        }
    }

    /// <summary>Forgets a session whose connection has ended, and takes it out of its groups before it returns. Never fails.</summary>
    public Task CloseAsync(Session session)
    {
        _sessions.TryRemove(new(session.ClientId, session));
        session.End();
        return session.Binding?.Release(session) is true ? Task.CompletedTask : groups.EndAsync(session);
    }

    /// <summary>Ends a session from outside: no group takes it any more, its connection is closed. Never fails.</summary>
    public Task EvictAsync(Session session)
    {
        var closed = CloseAsync(session);
        session.Dismiss();
        return closed;
    }

    /// <summary>The open session of a client, or null.</summary>
    public Session? Find(uint clientId) => _sessions.GetValueOrDefault(clientId);

    /// <summary>The sessions open at the moment, by ascending client id.</summary>
    public Session[] List()
    {
        var sessions = _sessions.Values.ToArray();
        Array.Sort(sessions, static (a, b) => a.ClientId.CompareTo(b.ClientId));
        return sessions;
    }

    // A listener for IPv6 sees IPv4 peers in their mapped form; people know them by the plain one.
    private static string Text(IPEndPoint peer)
    {
        var address = peer.Address.IsIPv4MappedToIPv6 ? peer.Address.MapToIPv4() : peer.Address;
        return string.Create(CultureInfo.InvariantCulture, $"{new IPEndPoint(address, peer.Port)}");
    }
}
