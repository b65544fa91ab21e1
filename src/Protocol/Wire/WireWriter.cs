using System.Buffers;
using System.Buffers.Binary;

namespace Iggy.Protocol;

/// <summary>Writes the fields of one payload in their order: the reverse of <see cref="WireReader"/>.</summary>
/// <remarks>A text that its field can't hold is a mistake of the caller and an <see cref="ArgumentException"/>; what was written before
/// it stays in the output.</remarks>
/// <param name="output">Where the bytes go; owned by the caller.</param>
public readonly struct WireWriter(IBufferWriter<byte> output)
{
    /// <summary>A number of one byte.</summary>
    public void U8(byte value)
    {
        output.GetSpan(sizeof(byte))[0] = value;
        output.Advance(sizeof(byte));
    }

    /// <summary>A number of two bytes.</summary>
    public void U16(ushort value)
    {
        BinaryPrimitives.WriteUInt16LittleEndian(output.GetSpan(sizeof(ushort)), value);
        output.Advance(sizeof(ushort));
    }

    /// <summary>A number of four bytes.</summary>
    public void U32(uint value)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(output.GetSpan(sizeof(uint)), value);
        output.Advance(sizeof(uint));
    }

    /// <summary>A number of eight bytes.</summary>
    public void U64(ulong value)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(output.GetSpan(sizeof(ulong)), value);
        output.Advance(sizeof(ulong));
    }

    /// <summary>A number of sixteen bytes.</summary>
    public void U128(UInt128 value)
    {
        BinaryPrimitives.WriteUInt128LittleEndian(output.GetSpan(2 * sizeof(ulong)), value);
        output.Advance(2 * sizeof(ulong));
    }

    /// <summary>A floating-point number of four bytes.</summary>
    public void F32(float value)
    {
        BinaryPrimitives.WriteSingleLittleEndian(output.GetSpan(sizeof(float)), value);
        output.Advance(sizeof(float));
    }

    /// <summary>0 or 1.</summary>
    public void Boolean(bool value) => U8(value ? (byte)1 : (byte)0);

    /// <summary>Bytes as they are.</summary>
    public void Bytes(ReadOnlySpan<byte> bytes) => output.Write(bytes);

    /// <summary>Room for a row of small fields: written by the caller, then counted with <see cref="Advance"/>.</summary>
    internal Span<byte> Reserve(int bytes) => output.GetSpan(bytes)[..bytes];

    /// <summary>Counts what was written into <see cref="Reserve"/>.</summary>
    internal void Advance(int bytes) => output.Advance(bytes);

    /// <summary>A name: u8 length, 1 to 255 bytes of text.</summary>
    /// <exception cref="ArgumentException">Empty, longer than 255 bytes, or half a surrogate pair.</exception>
    public void Name(string text)
    {
        ArgumentException.ThrowIfNullOrEmpty(text);
        Str8(text);
    }

    /// <summary>A text of 0 to 255 bytes: u8 length, then the text.</summary>
    /// <exception cref="ArgumentException">Longer than 255 bytes, or half a surrogate pair.</exception>
    public void Str8(string text)
    {
        var bytes = WireText.CountBytes(text);
        if (bytes > ProtocolLimits.MaxNameBytes)
            throw new ArgumentException($"Text of {bytes} bytes; allowed: up to {ProtocolLimits.MaxNameBytes}.", nameof(text));
        U8((byte)bytes);
        Text(text, bytes);
    }

    /// <summary>A text of any length: u32 length, then the text.</summary>
    /// <exception cref="ArgumentException">Half a surrogate pair.</exception>
    public void Str32(string text)
    {
        var bytes = WireText.CountBytes(text);
        U32((uint)bytes);
        Text(text, bytes);
    }

    /// <summary>An identifier: u8 kind, u8 length, value.</summary>
    /// <exception cref="ArgumentException">A name that is empty, longer than 255 bytes, or half a surrogate pair.</exception>
    public void Identifier(Identifier identifier)
    {
        U8((byte)identifier.Kind);
        if (identifier.Name is { } name)
        {
            Name(name);
            return;
        }
        U8(sizeof(uint));
        U32(identifier.Number);
    }

    /// <summary>An optional partition, always five bytes: a flag, then the id or 0.</summary>
    public void OptionalPartition(uint? id)
    {
        Boolean(id.HasValue);
        U32(id.GetValueOrDefault());
    }

    /// <summary>Records one after the other, without a count: a list reply, or what a count written before announces.</summary>
    public void Records<T>(ReadOnlySpan<T> records) where T : IWireValue<T>
    {
        foreach (ref readonly var record in records)
            record.Write(this);
    }

    /// <summary>A message as a classic poll returns it, with its checksum.</summary>
    public void ClassicMessage(Classic.ClassicMessageHeader header, ReadOnlySpan<byte> payload, ReadOnlySpan<byte> userHeaders)
    {
        var bytes = Classic.ClassicMessageHeader.SizeInBytes + payload.Length + userHeaders.Length;
        output.Advance(Classic.ClassicMessageWriter.Write(output.GetSpan(bytes), header, payload, userHeaders));
    }

    private void Text(string text, int bytes)
    {
        WireText.Encode(text, output.GetSpan(bytes));
        output.Advance(bytes);
    }
}
