using Iggy.Gateway.Commands;
using Iggy.Protocol;

namespace Iggy.Gateway.Sessions;

/// <summary>One client connection, from accept to close, whatever its transport.</summary>
/// <remarks>Written by the connection's own loop; <see cref="UserId"/> is read by others for listings.</remarks>
internal sealed class Session(uint clientId, TransportKind transport, string address)
{
    /// <summary>What listings show as the user of a session that is not logged in.</summary>
    public const uint NoUser = uint.MaxValue;

    private volatile uint _userId = NoUser;

    /// <summary>Orders requests where the transport carries several at once; null where they come one by one.</summary>
    public RequestTurns? Turns { get; set; }

    /// <summary>Unique among open sessions, never 0.</summary>
    public uint ClientId { get; } = clientId;

    /// <summary>How the client came.</summary>
    public TransportKind Transport { get; } = transport;

    /// <summary><c>ip:port</c> of the peer.</summary>
    public string Address { get; } = address;

    /// <summary>The user, or <see cref="NoUser"/>.</summary>
    public uint UserId => _userId;

    /// <summary>Whether commands that need a user may run.</summary>
    public bool IsLoggedIn => _userId != NoUser;

    /// <summary>What the user may do, as of the start of the present request.</summary>
    public UserAccess Access { get; private set; } = UserAccess.None;

    /// <summary>Whether the user was deleted or made inactive: the connection is closed after the answer.</summary>
    public bool IsEnded { get; private set; }

    /// <summary>What its connection is doing: for those who judge whether it takes too long.</summary>
    public ConnectionActivity Activity { get; } = new();

    /// <summary>Binds a user; another login replaces it.</summary>
    public void LogIn(uint userId) => (_userId, Access) = (userId, UserAccess.None);

    /// <summary>Back to the state of a fresh connection; the connection stays.</summary>
    public void LogOut() => (_userId, Access) = (NoUser, UserAccess.None);

    /// <summary>Takes what the cache says of the user; null ends the session.</summary>
    /// <returns>Whether the session goes on.</returns>
    public bool Take(UserAccess? access)
    {
        Access = access ?? UserAccess.None;
        IsEnded = access is null;
        return !IsEnded;
    }
}
