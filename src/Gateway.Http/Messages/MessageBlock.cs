using System.Buffers;
using Iggy.Protocol.Classic;
using Microsoft.AspNetCore.Http;

namespace Iggy.Gateway.Http.Messages;

/// <summary>Messages in the classic layout, built one after the other in one pooled array.</summary>
/// <param name="firstBytes">What the array holds at first.</param>
/// <param name="maxBytes">What it may come to hold.</param>
/// <param name="arrivalMicros">The origin time of messages that have none.</param>
internal sealed class MessageBlock(int firstBytes, int maxBytes, ulong arrivalMicros) : IDisposable
{
    private byte[] _array = ArrayPool<byte>.Shared.Rent(firstBytes);
    private int _length, _payload;

    /// <summary>The messages so far.</summary>
    public ReadOnlyMemory<byte> Bytes => _array.AsMemory(0, _length);

    /// <summary>How many there are.</summary>
    public uint Count { get; private set; }

    /// <summary>Bytes of the largest payload.</summary>
    public int LargestPayload { get; private set; }

    /// <summary>Bytes of the largest block of user headers.</summary>
    public int LargestHeaders { get; private set; }

    /// <summary>Room for the payload of the next message; to be followed by <see cref="PayloadWritten"/>.</summary>
    public Span<byte> PayloadRoom(int mostBytes) => Room(ClassicMessageHeader.SizeInBytes, mostBytes);

    /// <summary>Tells how long that payload is.</summary>
    public void PayloadWritten(int bytes) => _payload = bytes;

    /// <summary>Ends the message whose payload was written last.</summary>
    public void Add(UInt128 id, ulong originMicros, ReadOnlySpan<byte> userHeaders)
    {
        userHeaders.CopyTo(Room(ClassicMessageHeader.SizeInBytes + _payload, userHeaders.Length));
        var header = new ClassicMessageHeader
        {
            Id = id, OriginTimestampMicros = originMicros == 0 ? arrivalMicros : originMicros, PayloadBytes = (uint)_payload, UserHeadersBytes = (uint)userHeaders.Length,
        };
        header.WriteTo(_array.AsSpan(_length));
        _length += (int)header.MessageBytes;
        (LargestPayload, LargestHeaders) = (Math.Max(LargestPayload, _payload), Math.Max(LargestHeaders, userHeaders.Length));
        Count++;
    }

    /// <summary>Gives the array up to the collector.</summary>
    public void Abandon() => (_array, _length) = ([], 0);

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_array.Length > 0)
            ArrayPool<byte>.Shared.Return(_array);
        Abandon();
    }

    private Span<byte> Room(int after, int bytes)
    {
        var needed = (long)_length + after + bytes;
        if (needed > maxBytes)
            throw new RequestRejectedException(StatusCodes.Status413PayloadTooLarge, $"The messages have more than {maxBytes} bytes.");
        if (needed > _array.Length)
        {
            var larger = ArrayPool<byte>.Shared.Rent((int)Math.Min(maxBytes, Math.Max(needed, 2L * _array.Length)));
            _array.AsSpan(0, (int)Math.Min(_array.Length, (long)_length + after)).CopyTo(larger); // with what is there of the message in the making
            ArrayPool<byte>.Shared.Return(_array);
            _array = larger;
        }
        return _array.AsSpan(_length + after, bytes);
    }
}
