using Iggy.Protocol;

namespace Iggy.Gateway.Sessions;

/// <summary>One client connection, from accept to close, whatever its transport.</summary>
/// <remarks>Written by the connection's own loop; <see cref="UserId"/> is read by others for listings.</remarks>
internal sealed class Session(uint clientId, TransportKind transport, string address)
{
    /// <summary>What listings show as the user of a session that is not logged in.</summary>
    public const uint NoUser = uint.MaxValue;

    private volatile uint _userId = NoUser;

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

    /// <summary>Binds a user; another login replaces it.</summary>
    public void LogIn(uint userId) => _userId = userId;

    /// <summary>Back to the state of a fresh connection; the connection stays.</summary>
    public void LogOut() => _userId = NoUser;
}
