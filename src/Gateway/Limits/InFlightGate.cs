namespace Iggy.Gateway.Limits;

/// <summary>Bounds the memory of large requests, or of large replies, over all connections: one enters before its memory is taken and leaves when it is given
/// back.</summary>
/// <remarks>First come, first in, so that a large one is not overtaken for ever. Small ones do not come here: they fit what every
/// connection has anyway. Whoever is inside waits for nobody outside, so it always empties.</remarks>
internal sealed class InFlightGate(long limitBytes)
{
    private readonly Lock _lock = new();
    private readonly Queue<(long Bytes, TaskCompletionSource Entered)> _waiting = new();
    private long _insideBytes;

    /// <summary>Bytes inside at the moment.</summary>
    public long InsideBytes
    {
        get
        {
            lock (_lock)
                return _insideBytes;
        }
    }

    /// <summary>Requests that wait at the moment.</summary>
    public int WaitingCount
    {
        get
        {
            lock (_lock)
                return _waiting.Count;
        }
    }

    /// <summary>Enters if there is room and nobody waits for it.</summary>
    /// <param name="bytes">Above 0, and at most the limit.</param>
    public bool TryEnter(long bytes)
    {
        lock (_lock)
        {
            if (_waiting.Count > 0 || _insideBytes + bytes > limitBytes)
                return false;
            _insideBytes += bytes;
            return true;
        }
    }

    /// <summary>Waits until there is room. Allocates nothing when there is.</summary>
    /// <param name="bytes">Above 0. More than the limit counts as the limit: such a request goes in alone.</param>
    public Task EnterAsync(long bytes)
    {
        bytes = Math.Min(bytes, limitBytes);
        lock (_lock)
        {
            if (_waiting.Count == 0 && _insideBytes + bytes <= limitBytes)
            {
                _insideBytes += bytes;
                return Task.CompletedTask;
            }
            var entered = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _waiting.Enqueue((bytes, entered));
            return entered.Task;
        }
    }

    /// <summary>Gives the room back and lets in who fits now.</summary>
    /// <param name="bytes">As it entered, or a part of it where that was at most the limit.</param>
    public void Leave(long bytes)
    {
        lock (_lock)
        {
            _insideBytes -= Math.Min(bytes, limitBytes);
            while (_waiting.TryPeek(out var first) && _insideBytes + first.Bytes <= limitBytes)
            {
                _waiting.Dequeue();
                _insideBytes += first.Bytes;
                first.Entered.SetResult();
            }
        }
    }
}
