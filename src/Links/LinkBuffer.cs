using System.Buffers;

namespace Iggy.Links;

/// <summary>A frame being written, in pooled memory. Whoever has it gives it to <see cref="LinkHub.TrySend"/>, or disposes it.</summary>
public sealed class LinkBuffer : IBufferWriter<byte>, IDisposable
{
    private byte[] _bytes;
    private bool _isDisposed;

    /// <param name="capacity">Bytes that will be written, as far as that is known.</param>
    public LinkBuffer(int capacity = 256) => _bytes = ArrayPool<byte>.Shared.Rent(Math.Max(capacity, 64));

    /// <summary>Bytes written.</summary>
    public int Length { get; private set; }

    /// <summary>What was written.</summary>
    public ReadOnlyMemory<byte> Written => _bytes.AsMemory(0, Length);

    /// <inheritdoc/>
    public void Advance(int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, _bytes.Length - Length);
        Length += count;
    }

    /// <inheritdoc/>
    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        Reserve(sizeHint);
        return _bytes.AsMemory(Length);
    }

    /// <inheritdoc/>
    public Span<byte> GetSpan(int sizeHint = 0)
    {
        Reserve(sizeHint);
        return _bytes.AsSpan(Length);
    }

    /// <summary>Returns the memory.</summary>
    public void Dispose()
    {
        if (_isDisposed)
            return;
        _isDisposed = true;
        ArrayPool<byte>.Shared.Return(_bytes);
        (_bytes, Length) = ([], 0);
    }

    private void Reserve(int bytes)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        bytes = Math.Max(bytes, 1);
        if (_bytes.Length - Length >= bytes)
            return;
        var larger = ArrayPool<byte>.Shared.Rent(Math.Max(checked(Length + bytes), (int)Math.Min(2L * _bytes.Length, Array.MaxLength)));
        _bytes.AsSpan(0, Length).CopyTo(larger);
        ArrayPool<byte>.Shared.Return(_bytes);
        _bytes = larger;
    }
}
