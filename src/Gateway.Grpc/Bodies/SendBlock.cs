using System.Buffers;
using Iggy.Primitives;
using Iggy.Protocol.Classic;

namespace Iggy.Gateway.Grpc.Bodies;

/// <summary>Messages in the classic layout, written one after the other into one pooled array.</summary>
/// <param name="firstBytes">What the array holds at first.</param>
internal struct SendBlock(int firstBytes)
{
    private byte[] _array = ArrayPool<byte>.Shared.Rent(firstBytes);
    private int _length;

    /// <summary>The messages so far.</summary>
    public readonly ReadOnlyMemory<byte> Bytes => _array.AsMemory(0, _length);

    /// <summary>Adds a message. Its parts are copied once.</summary>
    public void Add(UInt128 id, ulong originMicros, ReadOnlySequence<byte> payload, ReadOnlySpan<byte> userHeaders)
    {
        var header = new ClassicMessageHeader
        {
            Id = id, OriginTimestampMicros = originMicros, PayloadBytes = (uint)payload.Length, UserHeadersBytes = (uint)userHeaders.Length,
        };
        var bytes = checked((int)header.MessageBytes);
        PooledArrays.Grow(ref _array, _length, (long)_length + bytes);
        var message = _array.AsSpan(_length, bytes);
        header.WriteTo(message);
        payload.CopyTo(message[ClassicMessageHeader.SizeInBytes..]);
        userHeaders.CopyTo(message[(bytes - userHeaders.Length)..]);
        _length += bytes;
    }

    /// <summary>Gives the array up to the collector: somebody may still read it.</summary>
    public void Abandon() => (_array, _length) = ([], 0);

    /// <summary>Gives the array back.</summary>
    public void Return()
    {
        if (_array is { } array) // of a default block there is none
            PooledArrays.Return(array);
        Abandon();
    }
}
