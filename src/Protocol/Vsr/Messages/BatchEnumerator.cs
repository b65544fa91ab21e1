namespace Iggy.Protocol.Vsr;

/// <summary>One message of a batch, in place.</summary>
public readonly ref struct BatchMessage
{
    private readonly ReadOnlySpan<byte> _frame;

    internal BatchMessage(scoped in BatchHeader batch, ReadOnlySpan<byte> frame)
    {
        _frame = frame;
        ref readonly var header = ref FrameHeader.At(frame);
        Offset = batch.BaseOffset + header.OffsetDelta;
        TimestampMicros = batch.BaseTimestampMicros;
        OriginTimestampMicros = batch.OriginTimestampMicros + header.TimestampDelta;
    }

    /// <summary>Header, payload and user headers.</summary>
    public ReadOnlySpan<byte> Frame => _frame;

    /// <summary>The header.</summary>
    public ref readonly FrameHeader Header => ref FrameHeader.At(_frame);

    /// <summary>Its number in the partition.</summary>
    public ulong Offset { get; }

    /// <summary>When the server appended it.</summary>
    public ulong TimestampMicros { get; }

    /// <summary>When its producer made it.</summary>
    public ulong OriginTimestampMicros { get; }

    /// <summary>The payload; may be empty.</summary>
    public ReadOnlySpan<byte> Payload => _frame.Slice(FrameHeader.SizeInBytes, (int)Header.PayloadBytes);

    /// <summary>The block of user headers.</summary>
    public ReadOnlySpan<byte> UserHeaders => _frame[(FrameHeader.SizeInBytes + (int)Header.PayloadBytes)..];
}

/// <summary>Walks the messages of records that stand one after the other, as a poll returns them. Allocates nothing.</summary>
/// <remarks>Not made for <c>foreach</c>, which would hide <see cref="Error"/>.</remarks>
/// <param name="records">Whole records, back to back.</param>
public ref struct BatchEnumerator(ReadOnlySpan<byte> records)
{
    private ReadOnlySpan<byte> _rest = records; // after the present record
    private ReadOnlySpan<byte> _frames;
    private BatchHeader _header;
    private uint _left;

    /// <summary>The message that <see cref="MoveNext"/> came to.</summary>
    public BatchMessage Current { get; private set; }

    /// <summary>Where its frame ends, counted from the start of the records.</summary>
    public int End { get; private set; }

    /// <summary>The head of the record that it stands in.</summary>
    public readonly BatchHeader Batch => _header;

    /// <summary>Why the walk ended early: <see cref="IggyError.InvalidCommand"/> for a record or frame that does not fit in.</summary>
    public IggyError Error { get; private set; }

    /// <summary>Goes to the next message. False at the end and at a fault.</summary>
    public bool MoveNext()
    {
        if (Error is not IggyError.None)
            return false;
        if (_left == 0)
        {
            if (!_frames.IsEmpty)
                return Fail();
            if (!TryTakeRecord())
                return false;
        }
        if (_frames.Length < FrameHeader.SizeInBytes)
            return Fail();
        ref readonly var header = ref FrameHeader.At(_frames);
        if (header.FrameBytes > (ulong)_frames.Length)
            return Fail();

        var bytes = (int)header.FrameBytes;
        Current = new BatchMessage(in _header, _frames[..bytes]);
        _frames = _frames[bytes..];
        End += bytes;
        _left--;
        return true;
    }

    // False at the end, and at a fault.
    private bool TryTakeRecord()
    {
        if (_rest.IsEmpty)
            return false;
        if (_rest.Length < BatchHeader.SizeInBytes)
            return Fail();
        _header = BatchHeader.At(_rest);
        if (_header.BatchBytes < BatchHeader.SizeInBytes || _header.BatchBytes > (ulong)_rest.Length || _header.MessagesCount == 0)
            return Fail();
        _frames = _rest[BatchHeader.SizeInBytes..(int)_header.BatchBytes];
        _rest = _rest[(int)_header.BatchBytes..];
        _left = _header.MessagesCount;
        End += BatchHeader.SizeInBytes;
        return true;
    }

    private bool Fail()
    {
        Error = IggyError.InvalidCommand;
        Current = default;
        return false;
    }
}
