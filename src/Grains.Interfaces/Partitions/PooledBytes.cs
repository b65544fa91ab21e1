using System.Buffers;

namespace Iggy.Grains.Interfaces.Partitions;

/// <summary>Bytes that travel from a grain to its caller once, in an array that goes back to the pool.</summary>
/// <remarks>Inside a silo the very object is handed over, so the receiver's <see cref="Dispose"/> returns the array. Between silos the bytes are copied out
/// of it and it is disposed there; the receiver gets an array of its own from its pool: see <see cref="PooledBytesCodec"/>.</remarks>
[Immutable, Alias("iggy.PooledBytes")]
public sealed class PooledBytes : IDisposable
{
    private ReadOnlyMemory<byte> _bytes;
    private byte[]? _rented;

    /// <summary>Takes over an array.</summary>
    /// <param name="array">Owned by this object from now on.</param>
    /// <param name="length">How many bytes from its start count.</param>
    /// <param name="isRented">Whether it is from <see cref="ArrayPool{T}.Shared"/> and goes back there; else it is left to the collector.</param>
    public PooledBytes(byte[] array, int length, bool isRented = true)
    {
        _rented = isRented ? array : null;
        _bytes = array.AsMemory(0, length);
    }

    /// <summary>The bytes; not to be used after <see cref="Dispose"/>.</summary>
    public ReadOnlyMemory<byte> Bytes => _bytes;

    /// <summary>Whether the bytes are gone.</summary>
    internal bool IsDisposed { get; private set; }

    /// <inheritdoc/>
    public void Dispose()
    {
        IsDisposed = true;
        _bytes = default;
        if (Interlocked.Exchange(ref _rented, null) is { } rented)
            ArrayPool<byte>.Shared.Return(rented);
    }
}
