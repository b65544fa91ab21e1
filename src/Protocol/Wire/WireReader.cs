using System.Buffers.Binary;

namespace Iggy.Protocol;

/// <summary>Reads the fields of one payload in their order. Input that makes no sense is no exception: the first fault is kept in
/// <see cref="Error"/> and every later read gives a default, so a decoder is a row of reads and one look at the error.</summary>
/// <remarks>Nothing is read, sliced or allocated before its length was compared with what is there. All numbers are little-endian.
/// Source: apache/iggy server-0.8.0, <c>core/binary_protocol/src</c>.</remarks>
/// <param name="payload">What to read. Spans that come out of the reader lie inside it.</param>
public ref struct WireReader(ReadOnlySpan<byte> payload)
{
    private readonly ReadOnlySpan<byte> _payload = payload;

    /// <summary>The first fault, or <see cref="IggyError.None"/>.</summary>
    public IggyError Error { get; private set; }

    /// <summary>Bytes read so far.</summary>
    public int Position { get; private set; }

    /// <summary>Bytes not read yet.</summary>
    public readonly int Remaining => _payload.Length - Position;

    /// <summary>Whether every byte was read.</summary>
    public readonly bool IsAtEnd => Position == _payload.Length;

    /// <summary>Records a fault found by a caller, unless there is one already.</summary>
    public void Fail(IggyError error)
    {
        if (Error is IggyError.None)
            Error = error;
    }

    /// <summary>A number of one byte.</summary>
    public byte U8() => Bytes(sizeof(byte)) is [var value] ? value : default;

    /// <summary>A number of two bytes.</summary>
    public ushort U16() => Bytes(sizeof(ushort)) is { IsEmpty: false } bytes ? BinaryPrimitives.ReadUInt16LittleEndian(bytes) : default;

    /// <summary>A number of four bytes.</summary>
    public uint U32() => Bytes(sizeof(uint)) is { IsEmpty: false } bytes ? BinaryPrimitives.ReadUInt32LittleEndian(bytes) : default;

    /// <summary>A number of eight bytes.</summary>
    public ulong U64() => Bytes(sizeof(ulong)) is { IsEmpty: false } bytes ? BinaryPrimitives.ReadUInt64LittleEndian(bytes) : default;

    /// <summary>A number of sixteen bytes.</summary>
    public UInt128 U128() => Bytes(2 * sizeof(ulong)) is { IsEmpty: false } bytes ? BinaryPrimitives.ReadUInt128LittleEndian(bytes) : default;

    /// <summary>A floating-point number of four bytes.</summary>
    public float F32() => Bytes(sizeof(float)) is { IsEmpty: false } bytes ? BinaryPrimitives.ReadSingleLittleEndian(bytes) : default;

    /// <summary>A boolean for which any byte but 0 is true.</summary>
    public bool Boolean() => U8() != 0;

    /// <summary>A flag in front of an optional field, for which only 1 means that the field is there.</summary>
    public bool Flag() => U8() == 1;

    /// <summary>A flag in front of an optional field that is 0 or 1; anything else is <see cref="IggyError.InvalidCommand"/>.</summary>
    public bool StrictFlag()
    {
        var flag = U8();
        if (flag > 1)
            Fail(IggyError.InvalidCommand);
        return flag == 1;
    }

    /// <summary>So many bytes as they are; too few left is <see cref="IggyError.InvalidCommand"/>.</summary>
    public ReadOnlySpan<byte> Bytes(uint count)
    {
        if (Error is not IggyError.None)
            return default;
        if (count > (uint)Remaining)
        {
            Fail(IggyError.InvalidCommand);
            return default;
        }
        var bytes = _payload.Slice(Position, (int)count);
        Position += (int)count;
        return bytes;
    }

    /// <summary>Everything that is left.</summary>
    public ReadOnlySpan<byte> Rest() => Bytes((uint)Remaining);

    /// <summary>How many records follow, judged by the room they need at least, so that it is safe to allocate by.</summary>
    /// <param name="minRecordBytes">What one record takes at least, 1 or more.</param>
    public int Count(int minRecordBytes)
    {
        var count = U32();
        if (count <= (uint)(Remaining / minRecordBytes))
            return (int)count;
        Fail(IggyError.InvalidCommand);
        return 0;
    }

    /// <summary>A name: u8 length, 1 to 255 bytes of text. Length 0 is <see cref="IggyError.InvalidFormat"/>.</summary>
    public string Name()
    {
        var length = U8();
        if (length == 0)
            Fail(IggyError.InvalidFormat);
        return Text(length);
    }

    /// <summary>A text of 0 to 255 bytes: u8 length, then the text.</summary>
    public string Str8() => Text(U8());

    /// <summary>A text of any length: u32 length, then the text.</summary>
    public string Str32() => Text(U32());

    /// <summary>An identifier: u8 kind, u8 length, value. Allocates for a name.</summary>
    public Identifier Identifier() => IdentifierView().ToIdentifier();

    /// <summary>An identifier without allocating: valid as long as the payload.</summary>
    public IdentifierView IdentifierView()
    {
        var start = Position;
        var kind = (IdentifierKind)U8();
        var length = U8();
        if (kind is not (IdentifierKind.Number or IdentifierKind.Text))
            Fail(IggyError.InvalidCommand);
        else if (kind is IdentifierKind.Number ? length != sizeof(uint) : length == 0)
            Fail(IggyError.InvalidFormat);

        var value = Bytes(length);
        if (kind is IdentifierKind.Text && !WireText.IsValid(value))
            Fail(IggyError.InvalidCommand);
        return Error is IggyError.None ? new IdentifierView(_payload[start..Position]) : default;
    }

    /// <summary>An optional partition, always five bytes: a flag, then the id.</summary>
    public uint? OptionalPartition()
    {
        var isGiven = Flag();
        var id = U32();
        return isGiven ? id : null;
    }

    private string Text(uint length)
    {
        var bytes = Bytes(length);
        if (WireText.IsValid(bytes))
            return WireText.Decode(bytes);
        Fail(IggyError.InvalidCommand);
        return "";
    }
}
