using System.Buffers;
using Iggy.Gateway.Limits;

namespace Iggy.Gateway.Wire.Transports;

/// <summary>The bytes of one connection that were received and not yet consumed, in one array from the pool.</summary>
/// <remarks>The array belongs to this object until <see cref="Abandon"/>. What <see cref="Peek"/> returns is borrowed until the
/// next <see cref="FillAsync"/>, <see cref="SkipAsync"/>, <see cref="Shrink"/> or <see cref="Dispose"/>.</remarks>
/// <param name="stream">Where bytes come from.</param>
/// <param name="room">Is asked before a large array is taken; null where memory is not bounded.</param>
internal sealed class ReceiveBuffer(IByteStream stream, LargeRequestRoom? room = null) : IDisposable
{
    /// <summary>Holds many small frames. A larger frame gets an array of its own size for as long as it is being handled, so an idle connection never keeps
    /// more than this.</summary>
    public const int SmallBytes = 64 * 1024;

    // Until the first bytes are there: connections that only connect cost next to nothing.
    private const int FirstBytes = 1024;

    private byte[] _array = ArrayPool<byte>.Shared.Rent(FirstBytes);
    private int _start;
    private int _end;
    private bool _hasReceived;
    private bool _isInsideFrame;

    /// <summary>Bytes at hand.</summary>
    public int Buffered => _end - _start;

    /// <summary>How many of the bytes at hand are of the frame that is being served; as whoever serves it says, until the next are consumed.</summary>
    public int ServedBytes { get; set; }

    /// <summary>Whether the client was seen to have finished. Not known before more is asked for than there is.</summary>
    public bool HasEnded { get; private set; }

    /// <summary>The next bytes, which must be at hand.</summary>
    public ReadOnlyMemory<byte> Peek(int bytes) => _array.AsMemory(_start, bytes <= Buffered ? bytes : throw new ArgumentOutOfRangeException(nameof(bytes)));

    /// <summary>Gives up bytes at hand.</summary>
    public void Consume(int bytes)
    {
        _start += bytes <= Buffered ? bytes : throw new ArgumentOutOfRangeException(nameof(bytes));
        _isInsideFrame = true;
        ServedBytes = 0;
    }

    /// <summary>Receives until <paramref name="bytes"/> are at hand.</summary>
    /// <param name="bytes">Judged by the caller: this much memory is taken.</param>
    /// <returns>False when the client finished before that.</returns>
    public ValueTask<bool> FillAsync(int bytes)
    {
        if (Buffered >= bytes)
            return new(true);
        return room is null || bytes <= SmallBytes ? ReceiveUntilAsync(bytes) : ReceiveLargeAsync(room, bytes);
    }

    /// <summary>Drops the next <paramref name="bytes"/> of the stream without ever holding more than a small array of them.</summary>
    /// <returns>False when the client finished before that.</returns>
    public async ValueTask<bool> SkipAsync(long bytes)
    {
        var atHand = (int)Math.Min(bytes, Buffered);
        Consume(atHand);
        for (bytes -= atHand; bytes > 0;)
        {
            MakeRoom(1);
            var received = await ReceiveAsync(_array.AsMemory(0, (int)Math.Min(bytes, _array.Length)));
            if (received == 0)
            {
                HasEnded = true;
                return false;
            }
            bytes -= received;
        }
        return true;
    }

    /// <summary>Leaves the array to the collector and goes on with a copy of the unconsumed bytes in a fresh one. For when
    /// someone may still read what <see cref="Peek"/> lent.</summary>
    public void Abandon()
    {
        var fresh = ArrayPool<byte>.Shared.Rent(Math.Max(SmallBytes, Buffered));
        _array.AsSpan(_start, Buffered).CopyTo(fresh);
        (_array, _start, _end) = (fresh, 0, Buffered);
    }

    /// <summary>Gives back an array that a large frame needed, unless what came behind that frame needs it too. To be called when a frame is done.</summary>
    public void Shrink()
    {
        _isInsideFrame = false;
        if (Buffered > SmallBytes)
            return;
        if (_array.Length > 2 * SmallBytes)
            MakeRoom(0);
        room?.Leave();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        room?.Leave();
        ArrayPool<byte>.Shared.Return(_array);
        _array = [];
        (_start, _end) = (0, 0);
    }

    private async ValueTask<bool> ReceiveLargeAsync(LargeRequestRoom entered, int bytes)
    {
        await entered.EnterAsync(bytes);
        var isThere = await ReceiveUntilAsync(bytes);
        entered.MarkReceived();
        return isThere;
    }

    private async ValueTask<bool> ReceiveUntilAsync(int bytes)
    {
        MakeRoom(bytes);
        while (Buffered < bytes)
        {
            var received = await ReceiveAsync(_array.AsMemory(_end));
            if (received == 0)
            {
                HasEnded = true;
                return false;
            }
            _end += received;
            _hasReceived = true;
        }
        return true;
    }

    // Who waits for the rest of a frame tells the client that its beginning is there.
    private ValueTask<int> ReceiveAsync(Memory<byte> into)
    {
        var receiving = stream.ReceiveAsync(into);
        if (!receiving.IsCompleted && (_isInsideFrame || Buffered > 0))
            stream.AcknowledgeNow();
        return receiving;
    }

    // Afterwards the unconsumed bytes lie at the start of an array that holds at least `bytes`: the present one where it
    // fits and is not needlessly large.
    private void MakeRoom(int bytes)
    {
        var least = _hasReceived ? SmallBytes : FirstBytes;
        var wanted = Math.Max(least, Math.Max(bytes, Buffered));
        var fits = _array.Length >= wanted && (_array.Length <= 2 * SmallBytes || wanted > SmallBytes);
        var target = fits ? _array : ArrayPool<byte>.Shared.Rent(wanted);
        _array.AsSpan(_start, Buffered).CopyTo(target);
        if (!fits)
            ArrayPool<byte>.Shared.Return(_array);
        (_array, _start, _end) = (target, 0, Buffered);
    }
}
