using Iggy.Protocol;

namespace Iggy.Gateway.Sessions;

/// <summary>One client connection, from accept to close, whatever its transport.</summary>
/// <remarks>Written by the connection's own loop; <see cref="UserId"/> is read by others for listings.</remarks>
internal sealed class Session(uint clientId, TransportKind transport, string address)
{
    /// <summary>What listings show as the user of a session that is not logged in.</summary>
    public const uint NoUser = uint.MaxValue;

    private volatile uint _userId = NoUser;
    private volatile uint _activity;
    private volatile bool _isInsideLargeRequest;
    private volatile bool _isBeingServed;

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

    /// <summary>Changes with everything that comes or goes: who sees the same number again knows that nothing did. Wraps around.</summary>
    public uint Activity => _activity;

    /// <summary>Whether a large request has its memory and is still being received.</summary>
    public bool IsInsideLargeRequest
    {
        get => _isInsideLargeRequest;
        set => _isInsideLargeRequest = value;
    }

    /// <summary>Whether a command of it runs: that it takes long is not the client's doing.</summary>
    public bool IsBeingServed
    {
        get => _isBeingServed;
        set => _isBeingServed = value;
    }

    /// <summary>Notes that bytes came or an answer went out. To be called by the connection's own loop.</summary>
    public void MarkActive() => _activity++; // one writer, so nothing is lost

    /// <summary>Binds a user; another login replaces it.</summary>
    public void LogIn(uint userId) => _userId = userId;

    /// <summary>Back to the state of a fresh connection; the connection stays.</summary>
    public void LogOut() => _userId = NoUser;
}
