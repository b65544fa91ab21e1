using Iggy.Gateway.Limits;
using Iggy.Gateway.Wire.Transports;

namespace Iggy.Gateway.Wire.Quic;

/// <summary>A stream whose client must go on: where it neither sends the rest of its request nor takes its reply for too long, its connection is closed,
/// as on other transports. Pings keep a connection alive, but not this.</summary>
internal sealed class StallGuard : IByteStream
{
    private readonly IByteStream _stream;
    private readonly TimeSpan _limit;
    private readonly TimeProvider _clock;
    private readonly ITimer _timer;
    private TimeSpan _waited; // for the request
    private long _receivedBytes;

    /// <param name="stream">Owned.</param>
    /// <param name="limit">Longest silence.</param>
    /// <param name="clock">Drives it.</param>
    /// <param name="onStalled">Closes the connection; called on a timer's thread.</param>
    public StallGuard(IByteStream stream, TimeSpan limit, TimeProvider clock, Action onStalled)
    {
        (_stream, _limit, _clock) = (stream, limit, clock);
        _timer = clock.CreateTimer(static state => ((Action)state!)(), onStalled, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    public async ValueTask<int> ReceiveAsync(Memory<byte> into)
    {
        var receiving = _stream.ReceiveAsync(into);
        if (receiving.IsCompletedSuccessfully)
        {
            var atHand = await receiving;
            _receivedBytes += atHand;
            return atHand;
        }
        // No longer than the limit at a time, and all in all no longer than the slowest line takes for as much, once the limit is over.
        var left = _limit + TimeOf(_receivedBytes) - _waited;
        _timer.Change(left < TimeSpan.Zero ? TimeSpan.Zero : left < _limit ? left : _limit, Timeout.InfiniteTimeSpan);
        var started = _clock.GetTimestamp();
        try
        {
            var received = await receiving;
            _receivedBytes += received;
            return received;
        }
        finally
        {
            _timer.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            _waited += _clock.GetElapsedTime(started);
        }
    }

    public async ValueTask SendAsync(ReadOnlyMemory<byte> bytes, bool isEnd = true)
    {
        _timer.Change(_limit + TimeOf(bytes.Length), Timeout.InfiniteTimeSpan);
        try
        {
            await _stream.SendAsync(bytes, isEnd);
        }
        finally
        {
            _timer.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        }
    }

    private static TimeSpan TimeOf(long bytes) => TimeSpan.FromSeconds(bytes / (double)FrameLimits.SlowestBytesPerSecond);

    public void StopReceiving() => _stream.StopReceiving();

    public void FinishSending() => _stream.FinishSending();

    public async ValueTask DisposeAsync()
    {
        await _timer.DisposeAsync();
        await _stream.DisposeAsync();
    }
}
