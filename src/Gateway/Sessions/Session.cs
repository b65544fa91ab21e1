using System.Net;
using Iggy.Gateway.Authorization;
using Iggy.Protocol.Vsr;
using Iggy.Protocol;

namespace Iggy.Gateway.Sessions;

/// <summary>One client connection, from accept to close, whatever its transport.</summary>
/// <remarks>Written by the connection's own loop; <see cref="UserId"/> is read by others for listings.</remarks>
internal sealed class Session(uint clientId, TransportKind transport, string address, Action? cut = null, Action? end = null)
{
    /// <summary>What listings show as the user of a session that is not logged in.</summary>
    public const uint NoUser = uint.MaxValue;

    private volatile uint _userId = NoUser;
    private volatile bool _isLoggingIn;

    /// <summary>Orders requests where the transport carries several at once; null where they come one by one.</summary>
    public RequestTurns? Turns { get; set; }

    /// <summary>Unique among open sessions, never 0.</summary>
    public uint ClientId { get; } = clientId;

    /// <summary>Never given again, unlike the client id.</summary>
    public Guid Incarnation { get; private set; } = Guid.NewGuid();

    /// <summary>The consumer groups that it has joined.</summary>
    public SessionGroups Groups { get; private set; } = new();

    /// <summary>Its polls that found nothing.</summary>
    public EmptyPolls EmptyPolls { get; } = new();

    /// <summary>When the client was last heard.</summary>
    public SignsOfLife Life { get; } = new();

    /// <summary>How the client came.</summary>
    public TransportKind Transport { get; } = transport;

    /// <summary><c>ip:port</c> of the peer.</summary>
    public string Address { get; } = address;

    /// <summary>This server's end of the connection; null where it is not known.</summary>
    public IPAddress? LocalAddress { get; init; }

    /// <summary>The user, or <see cref="NoUser"/>.</summary>
    public uint UserId => _userId;

    /// <summary>Whether commands that need a user may run.</summary>
    public bool IsLoggedIn => _userId != NoUser;

    /// <summary>What the user may do, as of the start of the present request.</summary>
    public UserAccess Access { get; private set; } = UserAccess.None;

    /// <summary>Whether the user was deleted or made inactive: the connection is closed after the answer.</summary>
    public bool IsEnded { get; private set; }

    /// <summary>What its first bytes told; a connection does not change its dialect, however many streams it has.</summary>
    public Dialect Dialect { get; set; }

    /// <summary>What its login told of the protocol's version; until then what its dialect begins with.</summary>
    public ProtocolLine Line { get; set; } = ProtocolLine.Classic;

    /// <summary>Most bytes of one reply, head and all, that the client takes. Known from its login where its dialect tells.</summary>
    public int MaxReplyBytes { get; set; } = int.MaxValue;

    /// <summary>The client that the connection is bound to, where its dialect has such a thing.</summary>
    public IClientBinding? Binding { get; set; }

    /// <summary>What its connection is doing: for those who judge whether it takes too long.</summary>
    public ConnectionActivity Activity { get; } = new();

    /// <summary>Ends the connection from within: nothing more is received, and its loop comes to its end. Null where there is no such loop.</summary>
    public Action? StopReceiving { get; set; }

    /// <summary>Whether the client was silent for too long, which is told where the dialect has words for it.</summary>
    public bool IsStale { get; private set; }

    /// <summary>Set when the client is known to be gone: what only waits for its sake ends.</summary>
    public CancellationToken Gone { get; init; }

    /// <summary>Whether the client has closed the connection, looked at while nothing is received; null where the transport tells it by itself.</summary>
    public Func<bool>? HasLeft { get; set; }

    /// <summary>Whether a login of the client is under way, which may wait for others.</summary>
    public bool IsLoggingIn
    {
        get => _isLoggingIn;
        set => _isLoggingIn = value;
    }

    /// <summary>Sends a silent client away.</summary>
    public void Dismiss()
    {
        IsStale = true;
        (Activity.SendingBytes == 0 && StopReceiving is { } stop ? stop : Cut)(); // who takes no reply would not take this one either
    }

    /// <summary>Of its connection at the listeners; null where none is counted.</summary>
    public IConnectionPlace? Place { get; init; }

    /// <summary>Binds a user; another login replaces it.</summary>
    public void LogIn(uint userId)
    {
        (_userId, Access) = (userId, UserAccess.None);
        Place?.IsStranger = false;
    }

    /// <summary>Is the same member of the same groups as another connection of its client.</summary>
    public void ShareMemberships(Session other) => (Incarnation, Groups) = (other.Incarnation, other.Groups);

    /// <summary>Is in no group any more, and in none that it was in as somebody else.</summary>
    public void RenewMemberships() => (Incarnation, Groups) = (Guid.NewGuid(), new());

    /// <summary>Closes the connection from outside, also while a request or reply is under way.</summary>
    public void Cut()
    {
        End();
        cut?.Invoke();
    }

    /// <summary>Tells what waits for the client's sake that it is gone.</summary>
    public void End() => end?.Invoke();

    /// <summary>Back to the state of a fresh connection; the connection stays.</summary>
    public void LogOut()
    {
        (_userId, Access) = (NoUser, UserAccess.None);
        Place?.IsStranger = true;
    }

    /// <summary>Takes what the cache says of the user; null ends the session.</summary>
    /// <returns>Whether the session goes on.</returns>
    public bool Take(UserAccess? access)
    {
        Access = access ?? UserAccess.None;
        IsEnded = access is null;
        return !IsEnded;
    }
}
