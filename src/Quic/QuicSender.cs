using System.Buffers;
using System.Threading.Tasks.Sources;

namespace Iggy.Quic;

/// <summary>The half of a stream that sends. ngtcp2 keeps pointing at the bytes until the peer has acknowledged them, so they stay the caller's, pinned,
/// for that long: nothing is copied, and the wait is the back-pressure.</summary>
/// <remarks>One send at a time. The endpoint's thread reads and moves; the caller's thread starts.</remarks>
internal sealed unsafe class QuicSender : IValueTaskSource
{
    private readonly Lock _gate = new();
    private MemoryHandle _pin;
    private long _base;         // the stream's offset of the present bytes
    private int _length, _sent;
    private bool _isSending, _endWanted, _endSent;
    private string? _broken;
    private ManualResetValueTaskSourceCore<bool> _sending = new() { RunContinuationsAsynchronously = true };

    /// <summary>For the endpoint's thread: whether the stream stands in the queue of those with something to send.</summary>
    public bool IsQueued { get; set; }

    /// <summary>For the endpoint's thread: whether the peer's window is used up.</summary>
    public bool IsBlocked { get; set; }

    /// <summary>Whether everything was handed over, with the end of the stream.</summary>
    public bool HasSentEnd
    {
        get
        {
            lock (_gate)
                return _endSent;
        }
    }

    /// <summary>Whether the end was asked for.</summary>
    public bool WantsEnd
    {
        get
        {
            lock (_gate)
                return _endWanted;
        }
    }

    /// <summary>Starts to send.</summary>
    /// <param name="bytes">Not to be touched until the task is complete.</param>
    /// <param name="isLast">Whether the stream ends with them.</param>
    /// <returns>Complete when the peer has all of them.</returns>
    public ValueTask SendAsync(ReadOnlyMemory<byte> bytes, bool isLast)
    {
        lock (_gate)
        {
            if (_broken is not null)
                return ValueTask.FromException(new QuicException(_broken));
            if (_isSending || _endWanted)
                throw new InvalidOperationException(_isSending ? "One send at a time." : "The stream was finished.");
            _endWanted = isLast;
            if (bytes.IsEmpty)
                return ValueTask.CompletedTask;
            (_pin, _length, _sent, _isSending) = (bytes.Pin(), bytes.Length, 0, true);
            _sending.Reset();
            return new(this, _sending.Version);
        }
    }

    /// <summary>Ends the stream after what was sent.</summary>
    public void Finish()
    {
        lock (_gate)
            _endWanted = true;
    }

    /// <summary>What is to be sent next.</summary>
    /// <returns>False when there is nothing.</returns>
    public bool TryPeek(out byte* bytes, out int length, out bool isLast)
    {
        lock (_gate)
        {
            length = _isSending ? _length - _sent : 0;
            bytes = _isSending ? (byte*)_pin.Pointer + _sent : null;
            isLast = _endWanted && !_endSent;
            return _broken is null && (length > 0 || isLast);
        }
    }

    /// <summary>ngtcp2 took bytes.</summary>
    public void Advance(int bytes, bool withEnd)
    {
        lock (_gate)
        {
            _sent += bytes;
            _endSent |= withEnd && _sent == _length;
        }
    }

    /// <summary>The peer has everything before an offset.</summary>
    public void Acknowledge(long offset)
    {
        lock (_gate)
        {
            if (!_isSending || offset < _base + _length)
                return;
            End();
        }
        _sending.SetResult(true);
    }

    /// <summary>Nothing more is handed over. A send under way still waits: ngtcp2 may read its bytes until it forgets the stream.</summary>
    public void Doom(string why)
    {
        lock (_gate)
            _broken ??= why;
    }

    /// <summary>Nothing more gets through: a send under way fails. To be called when ngtcp2 no longer reads the bytes.</summary>
    public void Break(string why)
    {
        lock (_gate)
        {
            _broken ??= why;
            if (!_isSending)
                return;
            End();
        }
        _sending.SetException(new QuicException(why));
    }

    void IValueTaskSource.GetResult(short token) => _sending.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource.GetStatus(short token) => _sending.GetStatus(token);

    void IValueTaskSource.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _sending.OnCompleted(continuation, state, token, flags);

    private void End()
    {
        _pin.Dispose();
        _pin = default;
        _base += _length;
        (_length, _sent, _isSending) = (0, 0, false);
    }
}
