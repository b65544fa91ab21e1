namespace Iggy.Protocol.Classic;

/// <summary>One message in a block, in place.</summary>
public readonly ref struct ClassicMessage
{
    private readonly ReadOnlySpan<byte> _bytes;

    internal ClassicMessage(ReadOnlySpan<byte> bytes) => _bytes = bytes;

    /// <summary>Header, payload and user headers.</summary>
    public ReadOnlySpan<byte> Bytes => _bytes;

    /// <summary>The header.</summary>
    public ref readonly ClassicMessageHeader Header => ref ClassicMessageHeader.At(_bytes);

    /// <summary>The payload; may be empty.</summary>
    public ReadOnlySpan<byte> Payload => _bytes.Slice(ClassicMessageHeader.SizeInBytes, (int)Header.PayloadBytes);

    /// <summary>The block of user headers; see <see cref="UserHeaderEnumerator"/>.</summary>
    public ReadOnlySpan<byte> UserHeaders => _bytes[(ClassicMessageHeader.SizeInBytes + (int)Header.PayloadBytes)..];

    /// <summary>Whether the checksum is right. It is only for messages from a poll, not for those in a send.</summary>
    public bool IsChecksumRight => Header.Checksum == Hashes.Xxh3(_bytes[sizeof(ulong)..]);
}

/// <summary>Walks a row of messages by their lengths, for clients and tests. Allocates nothing.</summary>
/// <remarks>Not made for <c>foreach</c>, which would hide <see cref="Error"/>: call <see cref="MoveNext"/>, and look at the error after.</remarks>
/// <param name="messages">Whole messages, back to back.</param>
public ref struct ClassicMessageEnumerator(ReadOnlySpan<byte> messages)
{
    private ReadOnlySpan<byte> _left = messages;

    /// <summary>The message that <see cref="MoveNext"/> came to.</summary>
    public ClassicMessage Current { get; private set; }

    /// <summary>Why the walk ended early: <see cref="IggyError.TooSmallMessage"/> or
    /// <see cref="IggyError.InvalidMessagePayloadLength"/>; otherwise <see cref="IggyError.None"/>.</summary>
    public IggyError Error { get; private set; }

    /// <summary>Goes to the next message. False at the end of the block and at a fault.</summary>
    public bool MoveNext()
    {
        if (_left.IsEmpty || Error is not IggyError.None)
            return false;
        if (_left.Length < ClassicMessageHeader.SizeInBytes)
            return Fail(IggyError.TooSmallMessage);

        var bytes = ClassicMessageHeader.At(_left).MessageBytes;
        if (bytes > (ulong)_left.Length)
            return Fail(IggyError.InvalidMessagePayloadLength);

        Current = new ClassicMessage(_left[..(int)bytes]);
        _left = _left[(int)bytes..];
        return true;
    }

    private bool Fail(IggyError error)
    {
        Error = error;
        Current = default;
        return false;
    }
}
