namespace Iggy.Quic;

/// <summary>How an endpoint behaves. The defaults suit both sides; sizes are in bytes.</summary>
internal sealed record QuicSettings
{
    /// <summary>A connection on which nothing came for so long is dropped without a word.</summary>
    public TimeSpan IdleTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>After so much silence a PING is sent. Zero: never.</summary>
    public TimeSpan KeepAlive { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>A handshake that takes longer is given up.</summary>
    public TimeSpan HandshakeTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How many streams the peer may have open.</summary>
    public int MaxStreams { get; init; } = 10_000;

    /// <summary>How much the peer may send on a connection before it was read. What one connection can hold in memory.</summary>
    public int ReceiveWindow { get; init; } = 1024 * 1024;

    /// <summary>How much may be sent on a connection before it was acknowledged.</summary>
    public int SendWindow { get; init; } = 4 * 1024 * 1024;

    /// <summary>Size of the first packets where both ends are on this machine; elsewhere every path takes 1,200 and QUIC finds out what more it takes.</summary>
    public int InitialPacketBytes { get; init; } = 8 * 1024;

    /// <summary>Most connections at a time.</summary>
    public int MaxConnections { get; init; } = 10_000;

    /// <summary>With so many handshakes under way a new client must first prove its address (Retry).</summary>
    public int HandshakesBeforeRetry { get; init; } = 100;

    /// <summary>The kernel's buffers; null leaves them to the kernel.</summary>
    public int? SocketReceiveBytes { get; init; }

    /// <summary>As above.</summary>
    public int? SocketSendBytes { get; init; }

    /// <summary>From this the tokens of stateless resets are made, so that a restarted server can end the connections of its former life. At least 32 bytes;
    /// empty for random ones.</summary>
    public ReadOnlyMemory<byte> ResetKey { get; init; }
}
