using System.Buffers;
using Iggy.Primitives;
using Iggy.Protocol.Vsr;

namespace Iggy.Gateway.Wire.Transports;

/// <summary>Where a command writes its reply, with room in front for the dialect's head.</summary>
/// <remarks>One for each connection, used for one reply after another, so replies of the control path allocate nothing.</remarks>
internal sealed class ReplyBuffer : IBufferWriter<byte>, IDisposable
{
    private const int SmallBytes = 4 * 1024;

    private readonly int _headBytes;
    private byte[] _array = ArrayPool<byte>.Shared.Rent(SmallBytes);
    private int _end;

    /// <summary>An empty reply.</summary>
    /// <param name="headBytes">Size of the dialect's reply head.</param>
    public ReplyBuffer(int headBytes) => _end = _headBytes = headBytes;

    /// <summary>What the request says of the partition that it means; nothing in lines that have no such thing.</summary>
    public PartitionContext Asked { get; set; }

    /// <summary>Bytes of payload written so far.</summary>
    public int PayloadBytes => _end - _headBytes;

    /// <summary>Head and payload. Borrowed until the next write.</summary>
    public Memory<byte> Frame => _array.AsMemory(0, _end);

    /// <summary>The payload written so far. Borrowed until the next write.</summary>
    public ReadOnlySpan<byte> Payload => _array.AsSpan(_headBytes, PayloadBytes);

    /// <summary>Takes back what was written behind so many bytes of payload.</summary>
    public void Shorten(int payloadBytes) =>
        _end = payloadBytes >= 0 && payloadBytes <= PayloadBytes ? _headBytes + payloadBytes : throw new ArgumentOutOfRangeException(nameof(payloadBytes));

    /// <summary>Forgets what was written, and gives back an array that an unusually long reply made large.</summary>
    public void Clear()
    {
        _end = _headBytes;
        if (_array.Length <= 16 * SmallBytes)
            return;
        ArrayPool<byte>.Shared.Return(_array);
        _array = ArrayPool<byte>.Shared.Rent(SmallBytes);
    }

    /// <inheritdoc/>
    public void Advance(int count) => _end = count >= 0 && count <= _array.Length - _end ? _end + count : throw new ArgumentOutOfRangeException(nameof(count));

    /// <inheritdoc/>
    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        Grow(sizeHint);
        return _array.AsMemory(_end);
    }

    /// <inheritdoc/>
    public Span<byte> GetSpan(int sizeHint = 0)
    {
        Grow(sizeHint);
        return _array.AsSpan(_end);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        ArrayPool<byte>.Shared.Return(_array);
        _array = [];
    }

    private void Grow(int sizeHint) => PooledArrays.Grow(ref _array, _end, (long)_end + Math.Max(sizeHint, 1));
}
