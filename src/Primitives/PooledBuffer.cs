using System.Buffers;

namespace Iggy.Primitives;

/// <summary>A growing buffer from the shared pool. One owner at a time: whoever holds it disposes it, once.</summary>
/// <param name="firstBytes">What it holds before it grows for the first time.</param>
/// <param name="mostBytes">What it may come to hold.</param>
public sealed class PooledBuffer(int firstBytes = PooledBuffer.SmallBytes, int mostBytes = int.MaxValue) : IBufferWriter<byte>, IDisposable
{
    // Enough for every request but sends: none of them grows.
    private const int SmallBytes = 1024;

    private byte[] _array = ArrayPool<byte>.Shared.Rent(firstBytes);

    /// <summary>Bytes written so far.</summary>
    public int Length { get; private set; }

    /// <summary>What was written; valid until it grows or is disposed.</summary>
    public ReadOnlyMemory<byte> Written => _array.AsMemory(0, Length);

    /// <summary>What was written, to be changed in place.</summary>
    public Span<byte> WrittenSpan => _array.AsSpan(0, Length);

    /// <summary>Forgets what was written.</summary>
    public void Clear() => Length = 0;

    /// <inheritdoc/>
    public void Advance(int count)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)count, (uint)(_array.Length - Length), nameof(count));
        Length += count;
    }

    /// <inheritdoc/>
    /// <exception cref="ArgumentOutOfRangeException">It would hold more than it may.</exception>
    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        PooledArrays.Grow(ref _array, Length, (long)Length + Math.Max(sizeHint, 1), mostBytes);
        return _array.AsMemory(Length);
    }

    /// <inheritdoc/>
    /// <exception cref="ArgumentOutOfRangeException">It would hold more than it may.</exception>
    public Span<byte> GetSpan(int sizeHint = 0)
    {
        PooledArrays.Grow(ref _array, Length, (long)Length + Math.Max(sizeHint, 1), mostBytes);
        return _array.AsSpan(Length);
    }

    /// <summary>Room for bytes that are not counted yet, behind others that are not counted yet either and are kept.</summary>
    /// <param name="behind">How many those are.</param>
    /// <param name="bytes">How much room.</param>
    /// <exception cref="ArgumentOutOfRangeException">It would hold more than it may.</exception>
    public Span<byte> GetSpanBehind(int behind, int bytes)
    {
        PooledArrays.Grow(ref _array, (int)Math.Min(_array.Length, (long)Length + behind), (long)Length + behind + bytes, mostBytes);
        return _array.AsSpan(Length + behind, bytes);
    }

    /// <summary>Hands the array over with all that was written; the new owner gives it back to the shared pool, or leaves it to the collector.</summary>
    public byte[] Detach()
    {
        Length = 0;
        return Interlocked.Exchange(ref _array, []);
    }

    /// <inheritdoc/>
    public void Dispose() => PooledArrays.Return(Detach());
}
