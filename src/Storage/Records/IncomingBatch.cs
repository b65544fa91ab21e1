using System.Runtime.InteropServices;

namespace Iggy.Storage.Records;

/// <summary>A message as it came in, whatever its layout. Borrows the caller's bytes.</summary>
internal ref struct IncomingMessage
{
    public ulong IdLow, IdHigh, OriginTimestampMicros;
    public uint PayloadBytes, UserHeadersBytes;
    public ReadOnlySpan<byte> Content; // payload, then user headers: the same order in every layout
    public uint? FrameDelta; // compact only: the place within the batch that its frame tells

    public readonly ulong FrameBytes => MessageFrame.SizeInBytes + (ulong)Content.Length;
}

/// <summary>Walks a batch from outside, message by message, and believes none of its lengths.</summary>
internal ref struct IncomingBatch
{
    private readonly MessageLayout _layout;
    private readonly ulong _origin; // compact only
    private ReadOnlySpan<byte> _rest;
    private uint _taken;
    private int _messageBytes;

    private IncomingBatch(MessageLayout layout, ulong origin, ReadOnlySpan<byte> messages)
    {
        _layout = layout;
        _origin = origin;
        _rest = messages;
    }

    public readonly bool IsEmpty => _rest.IsEmpty;

    /// <summary>Who numbers the messages; nothing for those who do not.</summary>
    public ProducerSection? Producer { get; private init; }

    /// <summary>The origin time that all records of a compact batch keep, so that its frames stay byte for byte as sent.</summary>
    public readonly ulong? FixedOrigin => _layout is MessageLayout.Compact ? _origin : null;

    public static bool TryOpen(MessageLayout layout, ReadOnlySpan<byte> messages, uint count, out IncomingBatch batch)
    {
        batch = new IncomingBatch(layout, 0, messages);
        if (layout is MessageLayout.Classic)
            return true;
        if (layout is not MessageLayout.Compact || messages.Length < CompactBatch.SizeInBytes)
            return false;

        ref readonly var head = ref MemoryMarshal.AsRef<CompactBatch>(messages);
        batch = new IncomingBatch(layout, head.OriginTimestampMicros, messages[CompactBatch.SizeInBytes..])
        {
            Producer = head.HasProducer == 0 ? null : new() { ProducerId = head.ProducerId, BaseSequence = head.BaseSequence, Epoch = head.ProducerEpoch },
        };
        return (head.HasProducer == 0 || head is
                { HasProducer: 1, ProducerId: <= ProducerSection.MaxProducerId, ProducerEpoch: <= ProducerSection.MaxEpoch, BaseSequence: <= ProducerSection.MaxSequence })
            && head.BatchBytes == (ulong)messages.Length
            && head.MessageCount == count
            && head.OriginTimestampMicros <= ulong.MaxValue - uint.MaxValue; // or origin + delta could wrap
    }

    /// <summary>The next message, without moving on.</summary>
    /// <returns>False when the rest is not a whole message within the limits; the batch is invalid then.</returns>
    public bool TryPeek(out IncomingMessage message)
        => _layout is MessageLayout.Classic ? TryPeekClassic(out message) : TryPeekCompact(out message);

    /// <summary>Moves past the message that the last <see cref="TryPeek"/> returned.</summary>
    public void Advance()
    {
        _rest = _rest[_messageBytes..];
        _taken++;
    }

    /// <summary>Moves past whole messages, and gives them as they came.</summary>
    public ReadOnlySpan<byte> Take(uint bytes, uint count)
    {
        var taken = _rest[..(int)bytes];
        _rest = _rest[(int)bytes..];
        _taken += count;
        return taken;
    }

    /// <summary>Whether the frame that the last <see cref="TryPeek"/> returned is as its producer made it.</summary>
    /// <remarks>Classic producers send no checksum, so there is nothing to compare.</remarks>
    public readonly bool IsFrameIntact()
    {
        if (_layout is MessageLayout.Classic)
            return true;

        ref readonly var frame = ref MemoryMarshal.AsRef<MessageFrame>(_rest);
        return frame.Reserved == 0
            && frame.OffsetDelta == _taken
            && frame.Checksum == FileFormat.Checksum(_rest[sizeof(ulong).._messageBytes]);
    }

    private bool TryPeekClassic(out IncomingMessage message)
    {
        message = default;
        if (_rest.Length < ClassicMessage.SizeInBytes)
            return false;

        ref readonly var header = ref MemoryMarshal.AsRef<ClassicMessage>(_rest);
        if (!TrySlice(ClassicMessage.SizeInBytes, header.PayloadBytes, header.UserHeadersBytes, out message))
            return false;

        (message.IdLow, message.IdHigh) = (header.IdLow, header.IdHigh);
        message.OriginTimestampMicros = header.OriginTimestampMicros;
        return true;
    }

    private bool TryPeekCompact(out IncomingMessage message)
    {
        message = default;
        if (_rest.Length < MessageFrame.SizeInBytes)
            return false;

        ref readonly var frame = ref MemoryMarshal.AsRef<MessageFrame>(_rest);
        if (!TrySlice(MessageFrame.SizeInBytes, frame.PayloadBytes, frame.UserHeadersBytes, out message))
            return false;

        (message.IdLow, message.IdHigh) = (frame.IdLow, frame.IdHigh);
        message.OriginTimestampMicros = _origin + frame.TimestampDelta;
        message.FrameDelta = frame.OffsetDelta;
        return true;
    }

    private bool TrySlice(int headerBytes, uint payloadBytes, uint userHeadersBytes, out IncomingMessage message)
    {
        message = default;
        // Both limits first: their sum then fits an int.
        if (payloadBytes > RecordFormat.MaxPayloadBytes || userHeadersBytes > RecordFormat.MaxUserHeadersBytes)
            return false;
        var total = headerBytes + (int)payloadBytes + (int)userHeadersBytes;
        if (total > _rest.Length)
            return false;

        _messageBytes = total;
        message.PayloadBytes = payloadBytes;
        message.UserHeadersBytes = userHeadersBytes;
        message.Content = _rest[headerBytes..total];
        return true;
    }
}
