using System.Security.Cryptography;
using Iggy.Gateway.Sessions;

namespace Iggy.Gateway.Wire.Vsr;

/// <summary>A session of the 0.12 line: it outlives its connections, and may have several at once.</summary>
/// <remarks>Of the secret by which connections are bound only the hash is kept.</remarks>
internal sealed class LogicalSession(UInt128 id, uint userId, ulong number, byte[] secretHash, Session first)
{
    private readonly Lock _lock = new();
    private readonly List<Session> _connections = [];
    private bool _hasEnded;

    /// <summary>Drawn by the client.</summary>
    public UInt128 Id { get; } = id;

    /// <summary>Who logged in.</summary>
    public uint UserId { get; } = userId;

    /// <summary>Never given again.</summary>
    public ulong Number { get; } = number;

    /// <summary>Whose places in groups all connections share.</summary>
    public Session Member { get; } = first;

    /// <summary>What was answered to changes of metadata, for repeats.</summary>
    public KeptReplies Replies { get; } = new();

    /// <summary>What was answered to sends and changes of offsets, for repeats.</summary>
    public SentRequests Sent { get; } = new();

    /// <summary>Held while a request that changes metadata is judged, carried out and remembered. Its wait handle is never asked for, so there is
    /// nothing to dispose.</summary>
    public SemaphoreSlim Turn { get; } = new(1);

    /// <summary>Most bytes of one reply that the client takes.</summary>
    public int MaxReplyBytes { get; } = first.MaxReplyBytes;

    /// <summary>When its last connection closed; null while it has one. Of the table's clock.</summary>
    public long? ParkedAt { get; private set; }

    /// <summary>As it is kept over a restart.</summary>
    public KeptSession Kept => new(Id, UserId, Number, MaxReplyBytes, secretHash, MembershipsOf(Member));

    /// <summary>Places in groups, as they are kept over a restart.</summary>
    public static KeptMembership[] MembershipsOf(Session member) =>
        [.. member.Groups.All.Select(static group => new KeptMembership(group.StreamId, group.TopicId, group.Topic, group.Entry))];

    /// <summary>Hash of a secret.</summary>
    public static byte[] Hash(ReadOnlySpan<byte> secret) => SHA256.HashData(secret);

    /// <summary>Whether that is its secret.</summary>
    public bool Knows(byte[] hash) => CryptographicOperations.FixedTimeEquals(hash, secretHash);

    /// <summary>Takes a connection in.</summary>
    /// <returns>False when the session has ended.</returns>
    public bool TryAttach(Session connection)
    {
        lock (_lock)
        {
            if (_hasEnded)
                return false;
            if (!_connections.Contains(connection))
                _connections.Add(connection);
            ParkedAt = null;
        }
        if (connection != Member)
            connection.ShareMemberships(Member);
        return true;
    }

    /// <summary>A connection is gone.</summary>
    /// <param name="connection">Any; one that is not here changes nothing.</param>
    /// <param name="now">Of the table's clock.</param>
    /// <returns>Whether it was the last one.</returns>
    public bool Detach(Session connection, long now)
    {
        lock (_lock)
        {
            if (!_connections.Remove(connection) || _connections.Count > 0 || _hasEnded)
                return false;
            ParkedAt = now;
            return true;
        }
    }

    /// <summary>Ends it, for good.</summary>
    /// <param name="onlyParked">Leave it when it has a connection again.</param>
    /// <returns>The connections that it had; null when nothing was ended.</returns>
    public Session[]? End(bool onlyParked = false)
    {
        lock (_lock)
        {
            if (_hasEnded || (onlyParked && ParkedAt is null))
                return null;
            _hasEnded = true;
            var left = _connections.ToArray();
            _connections.Clear();
            return left;
        }
    }
}
