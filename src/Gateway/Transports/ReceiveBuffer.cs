using System.Buffers;
using Iggy.Gateway.Sessions;

namespace Iggy.Gateway.Transports;

/// <summary>The bytes of one connection that were received and not yet consumed, in one array from the pool.</summary>
/// <remarks>The array belongs to this object until <see cref="Abandon"/>. What <see cref="Peek"/> returns is borrowed until the
/// next <see cref="FillAsync"/>, <see cref="SkipAsync"/> or <see cref="Dispose"/>.</remarks>
/// <param name="stream">Where bytes come from.</param>
/// <param name="session">Is told of everything that comes; null where nobody asks.</param>
internal sealed class ReceiveBuffer(IByteStream stream, Session? session = null) : IDisposable
{
    /// <summary>Bytes that every connection has room for: many small frames. A larger frame gets an array of its own size for as long as it
    /// is being handled, so an idle connection never keeps more than this.</summary>
    public const int SmallBytes = 64 * 1024;

    private byte[] _array = ArrayPool<byte>.Shared.Rent(SmallBytes);
    private int _start;
    private int _end;

    /// <summary>Bytes at hand.</summary>
    public int Buffered => _end - _start;

    /// <summary>The next bytes, which must be at hand.</summary>
    public ReadOnlyMemory<byte> Peek(int bytes) => _array.AsMemory(_start, bytes <= Buffered ? bytes : throw new ArgumentOutOfRangeException(nameof(bytes)));

    /// <summary>Gives up bytes at hand.</summary>
    public void Consume(int bytes) => _start += bytes <= Buffered ? bytes : throw new ArgumentOutOfRangeException(nameof(bytes));

    /// <summary>Receives until <paramref name="bytes"/> are at hand.</summary>
    /// <param name="bytes">Judged by the caller: this much memory is taken.</param>
    /// <returns>False when the client finished before that.</returns>
    public ValueTask<bool> FillAsync(int bytes) => Buffered >= bytes ? new(true) : ReceiveUntilAsync(bytes);

    /// <summary>Drops the next <paramref name="bytes"/> of the stream without ever holding more than a small array of them.</summary>
    /// <returns>False when the client finished before that.</returns>
    public async ValueTask<bool> SkipAsync(long bytes)
    {
        var atHand = (int)Math.Min(bytes, Buffered);
        Consume(atHand);
        for (bytes -= atHand; bytes > 0;)
        {
            MakeRoom(1);
            var received = await stream.ReceiveAsync(_array.AsMemory(0, (int)Math.Min(bytes, _array.Length)));
            if (received == 0)
                return false;
            session?.MarkActive();
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

    /// <summary>Gives back an array that a large frame needed, unless what came behind that frame needs it too.</summary>
    public void Shrink()
    {
        if (_array.Length > 2 * SmallBytes && Buffered <= SmallBytes)
            MakeRoom(0);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        ArrayPool<byte>.Shared.Return(_array);
        _array = [];
        (_start, _end) = (0, 0);
    }

    private async ValueTask<bool> ReceiveUntilAsync(int bytes)
    {
        MakeRoom(bytes);
        while (Buffered < bytes)
        {
            var received = await stream.ReceiveAsync(_array.AsMemory(_end));
            if (received == 0)
                return false;
            session?.MarkActive();
            _end += received;
        }
        return true;
    }

    // Afterwards the unconsumed bytes lie at the start of an array that holds at least `bytes`: the present one where it
    // fits and is not needlessly large.
    private void MakeRoom(int bytes)
    {
        var wanted = Math.Max(SmallBytes, Math.Max(bytes, Buffered));
        var fits = _array.Length >= wanted && (_array.Length <= 2 * SmallBytes || wanted > SmallBytes);
        var target = fits ? _array : ArrayPool<byte>.Shared.Rent(wanted);
        _array.AsSpan(_start, Buffered).CopyTo(target);
        if (!fits)
            ArrayPool<byte>.Shared.Return(_array);
        (_array, _start, _end) = (target, 0, Buffered);
    }
}
