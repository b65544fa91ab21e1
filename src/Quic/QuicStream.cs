namespace Iggy.Quic;

/// <summary>A bidirectional stream of a connection: one receive and one send at a time, beside each other.</summary>
internal sealed class QuicStream : IAsyncDisposable
{
    private readonly QuicConnection _connection;
    private int _isPosted;
    private int _isDisposed;

    internal QuicStream(QuicConnection connection, long id) => (_connection, Id) = (connection, id);

    /// <summary>Its number on the wire.</summary>
    public long Id { get; }

    internal QuicReceiver Receiver { get; } = new();

    internal QuicSender Sender { get; } = new();

    /// <summary>For the endpoint's thread: ngtcp2 has forgotten it.</summary>
    internal bool IsClosed { get; set; }

    /// <summary>For the endpoint's thread: in the list of those whose reader is to be woken.</summary>
    internal bool IsReady { get; set; }

    /// <summary>Whether the application is done with it.</summary>
    internal bool IsDisposed => Volatile.Read(ref _isDisposed) != 0;

    /// <summary>Why it is given up, for the peer, when it is disposed before its end.</summary>
    public ulong AbortCode { get; set; }

    /// <inheritdoc cref="QuicReceiver.ReceiveAsync"/>
    public ValueTask<int> ReceiveAsync(Memory<byte> into)
    {
        var result = Receiver.ReceiveAsync(into, out var shouldPost);
        if (shouldPost)
            Post();
        return result;
    }

    /// <inheritdoc cref="QuicSender.SendAsync"/>
    public ValueTask SendAsync(ReadOnlyMemory<byte> bytes, bool isLast)
    {
        var result = Sender.SendAsync(bytes, isLast);
        Post();
        return result;
    }

    /// <summary>Ends the sending half after what was sent.</summary>
    public void FinishSending()
    {
        Sender.Finish();
        Post();
    }

    /// <summary>Makes the pending and every later receive return 0.</summary>
    public void StopReceiving()
    {
        Receiver.Stop();
        Post();
    }

    /// <summary>Gives it up: what was not received is dropped, what was not finished is reset.</summary>
    public ValueTask DisposeAsync()
    {
        GiveUp();
        return ValueTask.CompletedTask;
    }

    /// <summary>As <see cref="DisposeAsync"/>, which never waits.</summary>
    internal void GiveUp()
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) == 0)
        {
            Receiver.Stop();
            Post();
        }
    }

    /// <summary>The endpoint's thread takes it from the queue; what happens from now on posts it again.</summary>
    internal void TakePost() => Interlocked.Exchange(ref _isPosted, 0); // a full fence: the state is read after it

    private void Post()
    {
        if (Interlocked.Exchange(ref _isPosted, 1) == 0)
            _connection.Post(this);
    }
}
