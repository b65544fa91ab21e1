namespace Iggy.Quic.Native;

/// <summary>What the native libraries tell a connection, on the thread that works on it.</summary>
internal unsafe interface IConnectionEvents
{
    /// <summary>The peer no longer knows this connection.</summary>
    bool WasReset { get; set; }

    /// <summary>Keeps what a callback threw.</summary>
    /// <returns>What the callback answers, so that the connection is closed.</returns>
    int Fail(Exception failure);

    /// <summary>Judges the certificates that a client showed, the client's own first; empty where it showed none.</summary>
    bool IsWelcome(byte[][] certificates);

    /// <summary>Both sides have proven themselves.</summary>
    void OnHandshakeCompleted();

    /// <summary>The peer opened a stream.</summary>
    void OnStreamOpen(long id);

    /// <summary>Bytes of a stream came, in order; borrowed for the call.</summary>
    void OnStreamData(long id, ReadOnlySpan<byte> bytes, bool isLast);

    /// <summary>The peer has these bytes of a stream.</summary>
    void OnAcknowledged(long id, long offset, long bytes);

    /// <summary>Nothing more of a stream will come or go.</summary>
    void OnStreamClose(long id);

    /// <summary>The peer gave up sending on a stream.</summary>
    void OnStreamReset(long id, ulong code);

    /// <summary>The peer gave up receiving on a stream.</summary>
    void OnStopSending(long id, ulong code);

    /// <summary>The peer takes more bytes of a stream.</summary>
    void OnMoreStreamData(long id);

    /// <summary>Makes a further id for the connection, with the token that resets it.</summary>
    void OnNewId(NativeConnectionId* id, byte* token, int bytes);

    /// <summary>An id of the connection is not used any more.</summary>
    void OnRemoveId(NativeConnectionId* id);
}
