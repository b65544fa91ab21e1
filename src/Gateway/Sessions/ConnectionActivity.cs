namespace Iggy.Gateway.Sessions;

/// <summary>What a connection does at the moment, as its own loop notes it and others read it.</summary>
/// <remarks>One writer, so no count is lost. A reader may see fields of two neighbouring moments; who acts on them looks more than once.</remarks>
internal sealed class ConnectionActivity
{
    private volatile uint _count;
    private volatile bool _isReceiving;
    private volatile uint _largeRequest;
    private volatile int _sendingBytes;
    private long _receivedBytes;

    /// <summary>Changes with everything that comes or goes: who sees the same number again knows that nothing did. Wraps around.</summary>
    public uint Count => _count;

    /// <summary>Whether the connection waits for bytes of the client.</summary>
    public bool IsReceiving => _isReceiving;

    /// <summary>Bytes of the reply that the client has to take now; 0 when there is none.</summary>
    public int SendingBytes => _sendingBytes;

    /// <summary>All that was received so far.</summary>
    public long ReceivedBytes => Interlocked.Read(ref _receivedBytes);

    /// <summary>Odd while a large request has its memory and is still being received; another number for each such request.</summary>
    public uint LargeRequest => _largeRequest;

    /// <summary>Whether a large request has its memory and is still being received.</summary>
    public bool IsInsideLargeRequest => (_largeRequest & 1) != 0;

    /// <summary>A large request has its memory, and comes from here on.</summary>
    public void StartLargeRequest() => _largeRequest += IsInsideLargeRequest ? 2u : 1u;

    /// <summary>The large request is there, or will not come.</summary>
    public void EndLargeRequest() => _largeRequest += IsInsideLargeRequest ? 1u : 0;

    /// <summary>The connection waits for bytes from here on.</summary>
    public void StartReceiving() => _isReceiving = true;

    /// <summary>Bytes came, or the end of them.</summary>
    public void EndReceiving(int bytes)
    {
        Volatile.Write(ref _receivedBytes, _receivedBytes + bytes);
        _isReceiving = false;
        _count++;
    }

    /// <summary>A reply is on its way from here on.</summary>
    public void StartSending(int bytes) => _sendingBytes = bytes;

    /// <summary>The reply is with the system.</summary>
    public void EndSending()
    {
        _sendingBytes = 0;
        _count++;
    }
}
