using System.Buffers;
using Iggy.Primitives;
using Iggy.Protocol;

namespace Iggy.Client.Connections;

/// <summary>One reply in a pooled buffer. One owner at a time: whoever holds it disposes it.</summary>
internal sealed class Reply : IDisposable
{
    private byte[] _rented;

    /// <summary>Room for a payload, or none for an empty one.</summary>
    public Reply(IggyError status, int payloadBytes)
    {
        Status = status;
        PayloadBytes = payloadBytes;
        _rented = payloadBytes == 0 ? [] : ArrayPool<byte>.Shared.Rent(payloadBytes);
    }

    /// <summary>A success whose payload was written before; the buffer is empty after that.</summary>
    public Reply(PooledBuffer payload)
    {
        PayloadBytes = payload.Length;
        _rented = payload.Detach();
    }

    /// <summary>Success or the error.</summary>
    public IggyError Status { get; }

    /// <summary>Length of the payload.</summary>
    public int PayloadBytes { get; }

    /// <summary>The payload.</summary>
    /// <exception cref="ObjectDisposedException">The buffer went back to the pool.</exception>
    public Memory<byte> Payload
    {
        get
        {
            var bytes = _rented;
            ObjectDisposedException.ThrowIf(bytes.Length < PayloadBytes, this);
            return bytes.AsMemory(0, PayloadBytes);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        var bytes = Interlocked.Exchange(ref _rented, []);
        if (bytes.Length > 0)
            ArrayPool<byte>.Shared.Return(bytes);
    }
}
