using Iggy.Primitives;
using Iggy.Protocol.Classic;
using Microsoft.AspNetCore.Http;

namespace Iggy.Gateway.Http.Messages;

/// <summary>Messages in the classic layout, built one after the other in one pooled array.</summary>
/// <param name="firstBytes">What the array holds at first.</param>
/// <param name="maxBytes">What it may come to hold.</param>
/// <param name="arrivalMicros">The origin time of messages that have none.</param>
internal sealed class MessageBlock(int firstBytes, int maxBytes, ulong arrivalMicros) : IDisposable
{
    private readonly PooledBuffer _buffer = new(firstBytes, maxBytes);
    private int _payload;

    /// <summary>The messages so far.</summary>
    public ReadOnlyMemory<byte> Bytes => _buffer.Written;

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
        header.WriteTo(_buffer.GetSpan());
        _buffer.Advance((int)header.MessageBytes);
        (LargestPayload, LargestHeaders) = (Math.Max(LargestPayload, _payload), Math.Max(LargestHeaders, userHeaders.Length));
        Count++;
    }

    /// <summary>Gives the array up to the collector.</summary>
    public void Abandon() => _buffer.Detach();

    /// <inheritdoc/>
    public void Dispose() => _buffer.Dispose();

    private Span<byte> Room(int after, int bytes)
    {
        if ((long)_buffer.Length + after + bytes > maxBytes)
            throw new RequestRejectedException(StatusCodes.Status413PayloadTooLarge, $"The messages have more than {maxBytes} bytes.");
        return _buffer.GetSpanBehind(after, bytes);
    }
}
