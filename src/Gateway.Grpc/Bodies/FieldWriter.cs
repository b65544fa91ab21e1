using System.Buffers;
using System.Numerics;

namespace Iggy.Gateway.Grpc.Bodies;

/// <summary>Writes fields of a protobuf message straight into the transport's memory; and says how long they become.</summary>
/// <param name="output">Where to.</param>
internal ref struct FieldWriter(IBufferWriter<byte> output)
{
    private const int MostVarintBytes = 10;

    private Span<byte> _free;
    private int _used;

    /// <summary>Bytes of a number.</summary>
    public static int Size(ulong value) => ((BitOperations.Log2(value | 1) * 9) + 73) / 64;

    /// <summary>Bytes of a field with a number; nothing is written of 0.</summary>
    public static int NumberSize(ulong value) => value == 0 ? 0 : 1 + Size(value);

    /// <summary>Bytes of a field with so many bytes.</summary>
    public static int BytesSize(int length) => 1 + Size((ulong)length) + length;

    /// <summary>Writes a number where it is not 0.</summary>
    public void Number(int field, ulong value)
    {
        if (value == 0)
            return;
        Varint((ulong)((field << 3) | (int)FieldType.Varint));
        Varint(value);
    }

    /// <summary>Writes bytes.</summary>
    public void Bytes(int field, scoped ReadOnlySpan<byte> bytes)
    {
        Head(field, bytes.Length);
        while (!bytes.IsEmpty)
        {
            var part = Math.Min(Free(1).Length, bytes.Length);
            bytes[..part].CopyTo(_free[_used..]);
            _used += part;
            bytes = bytes[part..];
        }
    }

    /// <summary>Begins a message inside the message, whose fields follow.</summary>
    public void Head(int field, int length)
    {
        Varint((ulong)((field << 3) | (int)FieldType.Bytes));
        Varint((ulong)length);
    }

    /// <summary>Hands over what was written. To be called at the end.</summary>
    public void Finish()
    {
        output.Advance(_used);
        _free = default;
        _used = 0;
    }

    private void Varint(ulong value)
    {
        var free = Free(MostVarintBytes);
        var at = 0;
        for (; value >= 0x80; value >>= 7)
            free[at++] = (byte)(value | 0x80);
        free[at++] = (byte)value;
        _used += at;
    }

    private Span<byte> Free(int least)
    {
        if (_free.Length - _used < least)
        {
            if (_used > 0)
                output.Advance(_used);
            _free = output.GetSpan(least);
            _used = 0;
        }
        return _free[_used..];
    }
}
