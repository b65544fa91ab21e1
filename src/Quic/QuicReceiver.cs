using System.Threading.Tasks.Sources;
using Iggy.Primitives;

namespace Iggy.Quic;

/// <summary>The half of a stream that receives. Bytes go straight into the memory of a waiting reader; without one they wait here, at most as many
/// as the window lets the peer send.</summary>
/// <remarks>The endpoint's thread adds, one reader takes. A reader is woken once for a batch of packets, by <see cref="Complete"/>.</remarks>
internal sealed class QuicReceiver : IValueTaskSource<int>
{
    private readonly Lock _gate = new();
    private byte[] _waiting = [];
    private int _start, _end;
    private Memory<byte> _into;
    private int _filled;
    private bool _isReading, _isStopped;
    private string? _broken;
    private ManualResetValueTaskSourceCore<int> _reading = new() { RunContinuationsAsynchronously = true };
    private long _credit;

    /// <summary>Whether all of the peer's bytes have come.</summary>
    public bool IsFinished { get; private set; }

    /// <summary>Takes what is there, at least one byte.</summary>
    /// <param name="into">Where to; not empty, and not to be touched until the task is complete.</param>
    /// <param name="shouldPost">Whether window must be given back to the peer before more can come.</param>
    /// <returns>How many; 0 when the peer has finished, or <see cref="Stop"/> was called.</returns>
    public ValueTask<int> ReceiveAsync(Memory<byte> into, out bool shouldPost)
    {
        lock (_gate)
        {
            shouldPost = false;
            if (_end > _start)
            {
                var taken = Math.Min(into.Length, _end - _start);
                _waiting.AsSpan(_start, taken).CopyTo(into.Span);
                _start += taken;
                _credit += taken;
                if (_start == _end)
                    DropWaiting();
                return new(taken);
            }
            if (_isStopped || (IsFinished && _broken is null))
                return new(0);
            if (_broken is not null)
                return ValueTask.FromException<int>(new QuicException(_broken));
            if (_isReading)
                throw new InvalidOperationException("One receive at a time.");
            (_into, _filled, _isReading) = (into, 0, true);
            _reading.Reset();
            shouldPost = _credit > 0;
            return new(this, _reading.Version);
        }
    }

    /// <summary>Adds bytes that came. By the endpoint's thread.</summary>
    /// <returns>Bytes for which the peer may send as many more at once.</returns>
    public int Add(ReadOnlySpan<byte> bytes, bool isLast)
    {
        lock (_gate)
        {
            IsFinished |= isLast;
            if (_isStopped)
                return bytes.Length;
            var direct = 0;
            if (_isReading && _start == _end)
            {
                direct = Math.Min(bytes.Length, _into.Length - _filled);
                bytes[..direct].CopyTo(_into.Span[_filled..]);
                _filled += direct;
            }
            if (direct < bytes.Length)
                Keep(bytes[direct..]);
            return direct;
        }
    }

    /// <summary>Wakes the reader when there is something for it. By the endpoint's thread.</summary>
    public void Complete()
    {
        lock (_gate)
        {
            if (!_isReading || (_filled == 0 && !IsFinished && _broken is null && !_isStopped))
                return;
            _isReading = false;
            _into = default;
            if (_filled == 0 && _broken is not null && !_isStopped)
                _reading.SetException(new QuicException(_broken));
            else
                _reading.SetResult(_filled);
        }
    }

    /// <summary>No more will come. What has come can still be taken.</summary>
    public void Break(string why)
    {
        lock (_gate)
        {
            if (!IsFinished)
                _broken ??= why;
        }
        Complete();
    }

    /// <summary>Makes the pending and every later receive return 0, and drops what waits.</summary>
    public void Stop()
    {
        lock (_gate)
        {
            _isStopped = true;
            _credit += _end - _start;
            DropWaiting();
        }
        Complete();
    }

    /// <summary>Window that was used and can be given back.</summary>
    public long TakeCredit()
    {
        lock (_gate)
        {
            var credit = _credit;
            _credit = 0;
            return credit;
        }
    }

    int IValueTaskSource<int>.GetResult(short token) => _reading.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource<int>.GetStatus(short token) => _reading.GetStatus(token);

    void IValueTaskSource<int>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _reading.OnCompleted(continuation, state, token, flags);

    private void Keep(ReadOnlySpan<byte> bytes)
    {
        if (_waiting.Length - _end < bytes.Length)
        {
            var held = _end - _start;
            _waiting.AsSpan(_start, held).CopyTo(_waiting);
            PooledArrays.Grow(ref _waiting, held, Math.Max(4096, Math.Max(2L * held, (long)held + bytes.Length)));
            (_start, _end) = (0, held);
        }
        bytes.CopyTo(_waiting.AsSpan(_end));
        _end += bytes.Length;
    }

    private void DropWaiting()
    {
        PooledArrays.Return(_waiting);
        (_waiting, _start, _end) = ([], 0, 0);
    }
}
