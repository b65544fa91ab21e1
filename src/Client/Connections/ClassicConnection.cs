using System.Buffers;
using System.Collections.Concurrent;
using System.Threading.Channels;
using Iggy.Primitives;
using Iggy.Protocol;

namespace Iggy.Client.Connections;

/// <summary>One connection of the classic dialect, shared by many callers. Requests are written in the order they come, small ones together;
/// replies have no numbers and come in the same order, so each belongs to the oldest request without one.</summary>
/// <remarks>One loop writes, one reads. Whatever ends either of them ends the connection: requests without a reply then fail, those that were
/// never written with a known outcome. Nothing is repeated here.</remarks>
internal sealed class ClassicConnection : IAsyncDisposable
{
    // Frames up to this size are put together into one write, while more are waiting.
    private const int StagingBytes = 64 * 1024;

    private readonly Stream _stream;
    private readonly IggyClientOptions _options;
    private readonly Channel<PendingRequest> _outgoing = Channel.CreateUnbounded<PendingRequest>(new() { SingleReader = true }); // bounded by _slots
    private readonly ConcurrentQueue<PendingRequest> _unanswered = new();
    private readonly SemaphoreSlim _slots;
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _running;
    private string? _end; // why it ended; set once, then no request gets in
    private Exception? _cause;

    /// <summary>Takes over an open stream.</summary>
    public ClassicConnection(Stream stream, IggyClientOptions options)
    {
        (_stream, _options) = (stream, options);
        _slots = new SemaphoreSlim(options.MaxInFlight);
        _running = RunAsync();
    }

    /// <summary>Whether it has ended: no request gets through any more.</summary>
    public bool IsEnded => Volatile.Read(ref _end) is not null;

    /// <summary>Sends a request and waits for its reply.</summary>
    /// <param name="frame">The whole frame; owned by the connection from now on.</param>
    /// <param name="cancellationToken">Ends the wait. A request that was written already may be carried out; the others on this connection are
    /// not disturbed.</param>
    /// <returns>The reply, owned by the caller.</returns>
    /// <exception cref="IggyConnectionException">The connection ended before the reply came.</exception>
    /// <exception cref="TimeoutException">No reply within the limit: unknown outcome, and the connection is closed.</exception>
    public ValueTask<Reply> AskAsync(PooledBuffer frame, CancellationToken cancellationToken)
    {
        var placing = PlaceAsync(frame, cancellationToken);
        return placing.IsCompletedSuccessfully ? AnswerAsync(placing.GetAwaiter().GetResult(), cancellationToken) : AskAsync(placing, cancellationToken);
    }

    /// <summary>Gives a request its place among the others, and returns when it has it: what is started after that leaves after it.</summary>
    /// <param name="frame">The whole frame; owned by the connection from now on.</param>
    /// <returns>The wait for its reply, as of <see cref="AskAsync(PooledBuffer, CancellationToken)"/>.</returns>
    /// <exception cref="IggyConnectionException">The connection has ended; nothing was sent.</exception>
    public async ValueTask<Task<Reply>> StartAsync(PooledBuffer frame) => AnswerAsync(await PlaceAsync(frame, CancellationToken.None), CancellationToken.None).AsTask();

    private async ValueTask<Reply> AskAsync(ValueTask<PendingRequest> placing, CancellationToken cancellationToken) => await AnswerAsync(await placing, cancellationToken);

    private async ValueTask<PendingRequest> PlaceAsync(PooledBuffer frame, CancellationToken cancellationToken)
    {
        var request = new PendingRequest(frame);
        try
        {
            await _slots.WaitAsync(cancellationToken);
        }
        catch
        {
            request.Dispose();
            throw;
        }
        if (_outgoing.Writer.TryWrite(request))
            return request;
        Finish(request);
        throw Ended(isOutcomeUnknown: false);
    }

    private async ValueTask<Reply> AnswerAsync(PendingRequest request, CancellationToken cancellationToken)
    {
        try
        {
            return await request.Reply.WaitAsync(_options.RequestTimeout, _options.Clock, cancellationToken);
        }
        catch (TimeoutException e)
        {
            await request.AbandonAsync();
            End($"{_options.Servers} did not answer within {_options.RequestTimeout} (RequestTimeout)", e);
            throw new TimeoutException($"{_options.Servers} did not answer within {_options.RequestTimeout} (RequestTimeout); the request may have been carried out.", e);
        }
        catch (OperationCanceledException)
        {
            await request.AbandonAsync();
            throw;
        }
    }

    /// <summary>Ends the connection. Requests under way fail.</summary>
    public async ValueTask DisposeAsync()
    {
        End("The client was disposed", null);
        await _running;
    }

    private async Task RunAsync()
    {
        await Task.WhenAll(RunToEndAsync(WriteRequestsAsync), RunToEndAsync(ReadRepliesAsync), RunToEndAsync(PingAsync));

        // Both loops are over and nothing gets in any more, so these queues are final.
        await _stream.DisposeAsync();
        while (_unanswered.TryDequeue(out var request))
        {
            request.Fail(Ended(isOutcomeUnknown: true));
            Finish(request);
        }
        while (_outgoing.Reader.TryRead(out var request))
        {
            request.Fail(Ended(isOutcomeUnknown: false));
            Finish(request);
        }
    }

    // Any fault of a loop, foreseen or not, ends the connection; the callers get it as the inner exception.
    private async Task RunToEndAsync(Func<CancellationToken, Task> loop)
    {
        await Task.Yield(); // the loops start after the constructor
        try
        {
            await loop(_stop.Token);
        }
        catch (Exception e)
        {
            End($"The connection to {_options.Servers} broke: {e.Message}", e); // no effect when it was ended before
        }
    }

    private async Task WriteRequestsAsync(CancellationToken cancellationToken)
    {
        using var staged = new PooledBuffer(StagingBytes);
        while (await _outgoing.Reader.WaitToReadAsync(cancellationToken))
        {
            while (_outgoing.Reader.TryRead(out var request))
            {
                if (request.IsAbandoned)
                {
                    Finish(request);
                    continue;
                }
                _unanswered.Enqueue(request); // before the first byte leaves, or the reply could be faster
                using (request) // the frame is done with once written; the reply is still awaited
                    await WriteAsync(request.Frame, staged, cancellationToken);
            }
            await FlushAsync(staged, cancellationToken);
        }
    }

    // The cancellation lets go of a ping whose reply will never come, or the end of the connection would wait for it.
    private async Task PingAsync(CancellationToken cancellationToken)
    {
        if (_options.HeartbeatInterval is not { } interval)
            return;
        using var timer = new PeriodicTimer(interval, _options.Clock);
        while (await timer.WaitForNextTickAsync(cancellationToken))
        {
            // Whatever the server says: it lives. When it says nothing in time, the connection ends here.
            using var reply = await AskAsync(Frames.Encode(CommandCode.Ping, default(NoBody)), cancellationToken);
        }
    }

    private async ValueTask WriteAsync(PooledBuffer frame, PooledBuffer staged, CancellationToken cancellationToken)
    {
        if (staged.Length + frame.Length > StagingBytes)
            await FlushAsync(staged, cancellationToken);
        if (frame.Length > StagingBytes)
            await _stream.WriteAsync(frame.Written, cancellationToken);
        else
            staged.Write(frame.Written.Span);
    }

    private async ValueTask FlushAsync(PooledBuffer staged, CancellationToken cancellationToken)
    {
        if (staged.Length == 0)
            return;
        await _stream.WriteAsync(staged.Written, cancellationToken);
        staged.Clear();
    }

    private async Task ReadRepliesAsync(CancellationToken cancellationToken)
    {
        using var reader = new ReplyReader(_stream, _options.MaxReplyBytes);
        while (await reader.ReadAsync(cancellationToken) is { } reply)
        {
            // The only frame that comes unasked. It ends the session, so it is no answer to a request under way either.
            if (reply.Status is IggyError.Disconnected)
            {
                reply.Dispose();
                End($"{_options.Servers} is stopping", null);
                return;
            }
            if (!_unanswered.TryDequeue(out var request))
            {
                reply.Dispose();
                throw new InvalidDataException("A reply came that nobody had asked for.");
            }
            request.Complete(reply);
            _slots.Release();
        }
        End($"{_options.Servers} closed the connection", null);
    }

    private void End(string why, Exception? cause)
    {
        if (Interlocked.CompareExchange(ref _end, why, null) is not null)
            return;
        _cause = cause;
        _outgoing.Writer.TryComplete();
        _stop.Cancel();
    }

    private void Finish(PendingRequest request)
    {
        request.Dispose();
        _slots.Release();
    }

    private IggyConnectionException Ended(bool isOutcomeUnknown) => new(
        isOutcomeUnknown ? $"{_end}; the request may have been carried out." : $"{_end}; the request was not sent.",
        isOutcomeUnknown,
        _cause);
}
