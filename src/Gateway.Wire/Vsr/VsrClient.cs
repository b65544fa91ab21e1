using Iggy.Gateway.Sessions;

namespace Iggy.Gateway.Wire.Vsr;

/// <summary>One client id of the newer dialect: its session, and how far its numbered requests have come.</summary>
/// <remarks>Lives as long as its connection: SDKs draw a new id after a lost one. A take-over may come from another thread, so all of it is behind a lock.</remarks>
internal sealed class VsrClient(VsrClients table, UInt128 id, uint userId) : IClientBinding
{
    private readonly Lock _lock = new();
    private volatile Session? _owner;

    /// <summary>Drawn by the client.</summary>
    public UInt128 Id { get; } = id;

    /// <summary>Who logged in.</summary>
    public uint UserId { get; } = userId;

    /// <summary>Held while a request that changes metadata is judged, carried out and remembered. Its wait handle is never asked for, so there is
    /// nothing to dispose.</summary>
    public SemaphoreSlim Turn { get; } = new(1);

    /// <summary>What was answered, for repeats.</summary>
    public KeptReplies Replies { get; } = new();

    /// <summary>What was sent, for repeats, where the client numbers it.</summary>
    public SentNumbers? Sent { get; set; }

    /// <summary>The present session; grows with each take-over.</summary>
    public ulong Number { get; private set; }

    /// <summary>Makes a connection the owner.</summary>
    /// <returns>The session's number: the present one for the owner itself, a new one after a take-over.</returns>
    public ulong Take(Session connection)
    {
        lock (_lock)
        {
            if (_owner != connection)
                (_owner, Number) = (connection, table.NextPosition());
            return Number;
        }
    }

    /// <summary>Whether the connection still owns it.</summary>
    public bool IsOwnedBy(Session connection) => _owner == connection;

    /// <summary>Ends it, unless another connection has taken it over.</summary>
    public bool Release(Session connection)
    {
        if (IsOwnedBy(connection))
            table.Remove(this);
        return false;
    }
}
