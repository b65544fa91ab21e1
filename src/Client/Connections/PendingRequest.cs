using Iggy.Primitives;

namespace Iggy.Client.Connections;

/// <summary>A request on its way: its frame until that is written, and the promise of its reply.</summary>
internal sealed class PendingRequest(PooledBuffer frame) : IDisposable
{
    private readonly TaskCompletionSource<Reply> _reply = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>The bytes to send; owned by this until <see cref="Dispose"/>.</summary>
    public PooledBuffer Frame { get; } = frame;

    /// <summary>Completes with the reply, which then belongs to whoever awaits it.</summary>
    public Task<Reply> Reply => _reply.Task;

    /// <summary>Whether its caller has left. Such a request is not sent any more; if it was, its reply is read and dropped.</summary>
    public bool IsAbandoned => _reply.Task.IsCanceled;

    /// <summary>Hands the reply to the caller, or drops it.</summary>
    public void Complete(Reply reply)
    {
        if (!_reply.TrySetResult(reply))
            reply.Dispose();
    }

    /// <summary>Tells the caller that no reply will come.</summary>
    public void Fail(Exception fault) => _reply.TrySetException(fault);

    /// <summary>The caller leaves. A reply that came at the same moment goes back to the pool.</summary>
    public async ValueTask AbandonAsync()
    {
        if (!_reply.TrySetCanceled() && _reply.Task.IsCompletedSuccessfully)
            (await _reply.Task).Dispose();
    }

    /// <summary>Gives the frame back.</summary>
    public void Dispose() => Frame.Dispose();
}
