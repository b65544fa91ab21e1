namespace Iggy.Gateway.Sessions;

/// <summary>What a connection does at the moment, as its own loop notes it and others read it.</summary>
/// <remarks>One writer, so no count is lost. A reader may see fields of two neighbouring moments; who acts on them looks more than once.</remarks>
internal sealed class ConnectionActivity
{
    private volatile uint _count;
    private volatile bool _isReceiving;
    private volatile bool _isInsideLargeRequest;
    private volatile int _sendingBytes;

    /// <summary>Changes with everything that comes or goes: who sees the same number again knows that nothing did. Wraps around.</summary>
    public uint Count => _count;

    /// <summary>Whether the connection waits for bytes of the client.</summary>
    public bool IsReceiving => _isReceiving;

    /// <summary>Bytes of the reply that the client has to take now; 0 when there is none.</summary>
    public int SendingBytes => _sendingBytes;

    /// <summary>Whether a large request has its memory and is still being received.</summary>
    public bool IsInsideLargeRequest
    {
        get => _isInsideLargeRequest;
        set => _isInsideLargeRequest = value;
    }

    /// <summary>The connection waits for bytes from here on.</summary>
    public void StartReceiving() => _isReceiving = true;

    /// <summary>Bytes came, or the end of them.</summary>
    public void EndReceiving()
    {
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
