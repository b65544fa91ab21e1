using System.Buffers;

namespace Iggy.Gateway.Wire.Transports;

/// <summary>A stream on which answers to requests that have come together leave together, in their order: a client that sends many at once gets them in one write.</summary>
/// <remarks>An answer is kept back while the next request is at hand, and no longer than <see cref="LongestWait"/>: what is slow among them holds up only what comes behind it. Whoever
/// receives sends what is kept back first. A client that waits for each answer costs nothing. Does not own the stream beneath.</remarks>
internal sealed class GatheredStream(IByteStream stream, TimeProvider clock) : IByteStream
{
    /// <summary>Most bytes that are kept back.</summary>
    public const int MostBytes = 64 * 1024;

    // What is longer is not worth a copy.
    private const int MostReplyBytes = 16 * 1024;

    /// <summary>The longest that an answer is kept back.</summary>
    public static readonly TimeSpan LongestWait = TimeSpan.FromMilliseconds(1);

    private readonly SemaphoreSlim _turn = new(1); // its wait handle is never asked for, so there is nothing to dispose
    private Func<bool>? _moreFollows; // null: answers leave at once
    private byte[]? _held; // null until the first is kept back, and from then on only touched in turn
    private int _heldBytes;
    private ITimer? _timer;
    private Exception? _failure; // of what was kept back
    private bool _isInside; // an answer whose first part is sent

    /// <summary>Keeps answers back from here on.</summary>
    /// <param name="moreFollows">Whether the next request is at hand.</param>
    public void GatherWhile(Func<bool> moreFollows) => _moreFollows = moreFollows;

    /// <inheritdoc/>
    public async ValueTask StopGatheringAsync()
    {
        await FlushAsync();
        _moreFollows = null;
    }

    public ValueTask<int> ReceiveAsync(Memory<byte> into) => Volatile.Read(ref _heldBytes) == 0 ? stream.ReceiveAsync(into) : FlushAndReceiveAsync(into);

    public ValueTask SendAsync(ReadOnlyMemory<byte> bytes, bool isEnd = true)
    {
        if (_moreFollows is not { } moreFollows)
            return stream.SendAsync(bytes, isEnd);
        var isWhole = isEnd && !_isInside;
        _isInside = !isEnd;
        var isKept = isWhole && bytes.Length <= MostReplyBytes && moreFollows();
        return isKept || _held is not null ? SendInTurnAsync(bytes, isEnd, isWhole, isKept) : stream.SendAsync(bytes, isEnd);
    }

    /// <summary>Sends what is kept back.</summary>
    public async ValueTask FlushAsync()
    {
        if (_held is null)
            return;
        await _turn.WaitAsync();
        try
        {
            await SendHeldAsync();
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>Nothing is sent any more.</summary>
    public async ValueTask EndAsync()
    {
        if (_held is null)
            return;
        await _turn.WaitAsync();
        _timer?.Dispose();
        ArrayPool<byte>.Shared.Return(_held);
        (_held, _heldBytes, _moreFollows) = ([], 0, null);
        _turn.Release();
    }

    public void AcknowledgeNow() => stream.AcknowledgeNow();

    public void StopReceiving() => stream.StopReceiving();

    public bool HasPeerLeft => stream.HasPeerLeft;

    public void FinishSending() => stream.FinishSending();

    public ValueTask DisposeAsync() => default;

    private async ValueTask<int> FlushAndReceiveAsync(Memory<byte> into)
    {
        await FlushAsync();
        return await stream.ReceiveAsync(into);
    }

    private async ValueTask SendInTurnAsync(ReadOnlyMemory<byte> bytes, bool isEnd, bool isWhole, bool isKept)
    {
        await _turn.WaitAsync();
        try
        {
            _held ??= ArrayPool<byte>.Shared.Rent(MostBytes);
            var isJoined = isWhole && bytes.Length <= MostReplyBytes;
            if (!isJoined || _heldBytes + bytes.Length > MostBytes)
                await SendHeldAsync();
            if (!isJoined)
            {
                await stream.SendAsync(bytes, isEnd);
                return;
            }
            bytes.CopyTo(_held.AsMemory(_heldBytes));
            var isFirst = _heldBytes == 0;
            Volatile.Write(ref _heldBytes, _heldBytes + bytes.Length);
            if (!isKept)
                await SendHeldAsync();
            else if (isFirst)
                (_timer ??= clock.CreateTimer(static gathered => _ = ((GatheredStream)gathered!).SendLateAsync(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan))
                    .Change(LongestWait, Timeout.InfiniteTimeSpan);
        }
        finally
        {
            _turn.Release();
        }
    }

    // Never fails: whoever sends next hears of it.
    private async Task SendLateAsync()
    {
        await _turn.WaitAsync();
        try
        {
            await SendHeldAsync();
        }
        catch (Exception broken)
        {
            _failure = broken;
        }
        finally
        {
            _turn.Release();
        }
    }

    private async ValueTask SendHeldAsync()
    {
        if (_failure is not null)
            throw new IOException("The connection broke while an answer was sent.", _failure);
        if (_heldBytes == 0)
            return;
        var bytes = _held.AsMemory(0, _heldBytes);
        Volatile.Write(ref _heldBytes, 0);
        await stream.SendAsync(bytes);
    }
}
