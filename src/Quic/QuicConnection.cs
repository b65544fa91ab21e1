using System.Collections.Concurrent;
using System.Net;
using System.Threading.Channels;

namespace Iggy.Quic;

/// <summary>One QUIC connection. What applications call is here; what its endpoint's thread does is in the other parts.</summary>
/// <remarks>All of ngtcp2's state of a connection belongs to the endpoint's thread. Applications reach it by posting a stream, or the connection itself,
/// and waking that thread.</remarks>
internal sealed partial class QuicConnection : QuicTimer, IAsyncDisposable
{
    private readonly QuicEndpoint _endpoint;
    private readonly ConcurrentQueue<QuicStream> _posted = new();
    private readonly ConcurrentQueue<TaskCompletionSource<QuicStream>> _wantedStreams = new();
    // Holds at most as many as the peer may have open.
    private readonly Channel<QuicStream> _accepted = Channel.CreateUnbounded<QuicStream>(new() { SingleReader = true, SingleWriter = true });
    private readonly TaskCompletionSource _handshake = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _isPosted;
    private long _closeCode = -1;

    /// <summary>The peer when the connection was made. It may move; packets follow it.</summary>
    public IPEndPoint RemoteEndPoint { get; }

    /// <summary>Complete when the connection is usable; fails when the handshake does.</summary>
    public Task Handshake => _handshake.Task;

    /// <summary>Complete when the connection is over, however it ended.</summary>
    public Task Ended => _ended.Task;

    /// <summary>Why it ended, for people.</summary>
    public string? EndReason { get; private set; }

    /// <summary>The next stream that the peer opens.</summary>
    /// <returns>Null when the connection is over, or the token says to take no more.</returns>
    public async ValueTask<QuicStream?> AcceptStreamAsync(CancellationToken stopping)
    {
        try
        {
            return !stopping.IsCancellationRequested && await _accepted.Reader.WaitToReadAsync(stopping) && _accepted.Reader.TryRead(out var stream) ? stream : null;
        }
        catch (OperationCanceledException)
        {
            return null;
        }
    }

    /// <summary>Opens a stream; waits while the peer allows no more.</summary>
    /// <exception cref="QuicException">The connection is over.</exception>
    public async ValueTask<QuicStream> OpenStreamAsync(CancellationToken cancellationToken)
    {
        var opened = new TaskCompletionSource<QuicStream>(TaskCreationOptions.RunContinuationsAsynchronously);
        _wantedStreams.Enqueue(opened);
        Post();
        if (_ended.Task.IsCompleted)
            FailWantedStreams(); // it may have ended before it saw this one
        try
        {
            return await opened.Task.WaitAsync(cancellationToken);
        }
        catch (OperationCanceledException) when (!opened.TrySetCanceled(cancellationToken) && opened.Task.IsCompletedSuccessfully)
        {
            await (await opened.Task).DisposeAsync();
            throw;
        }
    }

    /// <summary>Closes the connection; streams that are still open end.</summary>
    /// <param name="code">For the peer; 0 when nothing went wrong.</param>
    public void Close(ulong code)
    {
        Interlocked.CompareExchange(ref _closeCode, (long)code, -1);
        Post();
    }

    /// <summary>Closes with code 0 and waits until it is over.</summary>
    public async ValueTask DisposeAsync()
    {
        Close(0);
        await _ended.Task;
    }

    /// <summary>Hands a stream with news to the endpoint's thread.</summary>
    internal void Post(QuicStream stream)
    {
        _posted.Enqueue(stream);
        Post();
    }

    private void Post()
    {
        if (Interlocked.Exchange(ref _isPosted, 1) == 0)
            _endpoint.Post(this);
    }

    private void FailWantedStreams()
    {
        while (_wantedStreams.TryDequeue(out var wanted))
            wanted.TrySetException(new QuicException(EndReason ?? "The connection is over."));
    }
}
