using System.Buffers;

namespace Iggy.Gateway.Grpc.Bodies;

/// <summary>How a field lies in a message.</summary>
internal enum FieldType
{
    Varint = 0,
    Fixed64 = 1,
    Bytes = 2,
    Fixed32 = 5,
}

/// <summary>Reads the fields of a protobuf message where it lies, one after the other; allocates nothing. The bytes come from outside: each length is judged before it is followed.</summary>
/// <param name="message">The whole message.</param>
internal ref struct FieldReader(ReadOnlySequence<byte> message)
{
    private SequenceReader<byte> _reader = new(message);

    /// <summary>Number of the present field.</summary>
    public int Number { get; private set; }

    /// <summary>Its type.</summary>
    public FieldType Type { get; private set; }

    /// <summary>Whether this is no message: nothing more is read.</summary>
    public bool IsMalformed { get; private set; }

    /// <summary>Goes to the next field, whose value is to be read or skipped. False at the end, and at a fault.</summary>
    public bool Next()
    {
        if (IsMalformed || _reader.End)
            return false;
        var tag = Varint();
        (Number, Type) = ((int)(tag >> 3), (FieldType)(tag & 7));
        if (tag > uint.MaxValue || Number == 0)
            IsMalformed = true;
        return !IsMalformed;
    }

    /// <summary>A number.</summary>
    public ulong Varint()
    {
        var value = 0UL;
        for (var shift = 0; shift < 70; shift += 7)
        {
            if (!_reader.TryRead(out var part))
                break;
            value |= shift == 63 ? (ulong)(part & 1) << 63 : (ulong)(part & 0x7F) << shift;
            if (part < 0x80)
                return value;
        }
        IsMalformed = true;
        return 0;
    }

    /// <summary>The value of a field of bytes, in place.</summary>
    public ReadOnlySequence<byte> Bytes()
    {
        var length = Varint();
        if (!IsMalformed && length <= (ulong)_reader.Remaining && _reader.TryReadExact((int)length, out var bytes))
            return bytes;
        IsMalformed = true;
        return default;
    }

    /// <summary>Whether the present field is of a type; another one makes the message malformed.</summary>
    public bool Is(FieldType type)
    {
        IsMalformed |= Type != type;
        return !IsMalformed;
    }

    /// <summary>Passes over a field that is not known.</summary>
    public void Skip()
    {
        switch (Type)
        {
            case FieldType.Varint:
                Varint();
                break;
            case FieldType.Bytes:
                Bytes();
                break;
            case FieldType.Fixed64 when _reader.Remaining >= sizeof(ulong):
                _reader.Advance(sizeof(ulong));
                break;
            case FieldType.Fixed32 when _reader.Remaining >= sizeof(uint):
                _reader.Advance(sizeof(uint));
                break;
            default:
                IsMalformed = true;
                break;
        }
    }
}
