using Iggy.Gateway.Wire.Transports;

namespace Iggy.Gateway.Wire.Quic;

/// <summary>A stream whose client must go on: where it neither sends the rest of its request nor takes its reply for too long, its connection is closed,
/// as on other transports. Pings keep a connection alive, but not this.</summary>
internal sealed class StallGuard : IByteStream
{
    // As for other transports: a large reply gets more time, by the slowest line that is worth serving.
    private const double SlowestBytesPerSecond = 64 * 1024;

    private readonly IByteStream _stream;
    private readonly TimeSpan _limit;
    private readonly ITimer _timer;

    /// <param name="stream">Owned.</param>
    /// <param name="limit">Longest silence.</param>
    /// <param name="clock">Drives it.</param>
    /// <param name="onStalled">Closes the connection; called on a timer's thread.</param>
    public StallGuard(IByteStream stream, TimeSpan limit, TimeProvider clock, Action onStalled)
    {
        (_stream, _limit) = (stream, limit);
        _timer = clock.CreateTimer(static state => ((Action)state!)(), onStalled, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    public async ValueTask<int> ReceiveAsync(Memory<byte> into)
    {
        var receiving = _stream.ReceiveAsync(into);
        if (receiving.IsCompleted)
            return await receiving;
        _timer.Change(_limit, Timeout.InfiniteTimeSpan);
        try
        {
            return await receiving;
        }
        finally
        {
            _timer.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        }
    }

    public async ValueTask SendAsync(ReadOnlyMemory<byte> bytes, bool isEnd = true)
    {
        _timer.Change(_limit + TimeSpan.FromSeconds(bytes.Length / SlowestBytesPerSecond), Timeout.InfiniteTimeSpan);
        try
        {
            await _stream.SendAsync(bytes, isEnd);
        }
        finally
        {
            _timer.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        }
    }

    public void StopReceiving() => _stream.StopReceiving();

    public void FinishSending() => _stream.FinishSending();

    public async ValueTask DisposeAsync()
    {
        await _timer.DisposeAsync();
        await _stream.DisposeAsync();
    }
}
