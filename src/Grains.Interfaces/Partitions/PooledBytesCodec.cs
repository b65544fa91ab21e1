using System.Buffers;
using Orleans.Serialization.Buffers;
using Orleans.Serialization.Cloning;
using Orleans.Serialization.Codecs;
using Orleans.Serialization.WireProtocol;

namespace Iggy.Grains.Interfaces.Partitions;

/// <summary>Takes <see cref="PooledBytes"/> from one silo to another: out of an array of one pool into an array of the other.</summary>
/// <remarks>What was written is disposed: it travels once. Should it be written again the message fails, rather than arrive without its bytes.</remarks>
[RegisterSerializer, RegisterCopier]
public sealed class PooledBytesCodec : IFieldCodec<PooledBytes>, IDeepCopier<PooledBytes>
{
    /// <inheritdoc/>
    public PooledBytes? DeepCopy(PooledBytes? input, CopyContext context) => input; // immutable; inside a silo the receiver disposes it

    /// <inheritdoc/>
    public void WriteField<TBufferWriter>(ref Writer<TBufferWriter> writer, uint fieldIdDelta, Type? expectedType, PooledBytes? value) where TBufferWriter : IBufferWriter<byte>
    {
        if (ReferenceCodec.TryWriteReferenceField(ref writer, fieldIdDelta, expectedType, value))
            return;
        ObjectDisposedException.ThrowIf(value!.IsDisposed, value);
        writer.WriteFieldHeader(fieldIdDelta, expectedType, typeof(PooledBytes), WireType.LengthPrefixed);
        writer.WriteVarUInt32((uint)value.Bytes.Length);
        writer.Write(value.Bytes.Span);
        value.Dispose();
    }

    /// <inheritdoc/>
    public PooledBytes? ReadValue<TInput>(ref Reader<TInput> reader, Field field)
    {
        if (field.WireType is WireType.Reference)
            return ReferenceCodec.ReadReference<PooledBytes, TInput>(ref reader, field);
        var rented = WireBytes.Read(ref reader, field, out var length);
        var value = new PooledBytes(rented, length);
        ReferenceCodec.RecordObject(reader.Session, value);
        return value;
    }
}

/// <summary>Bytes of a message between silos.</summary>
internal static class WireBytes
{
    /// <summary>Reads bytes with their length in front into an array of the pool.</summary>
    /// <param name="reader">Stands behind the field's header.</param>
    /// <param name="field">Its header.</param>
    /// <param name="length">How many there are.</param>
    /// <returns>Owned by the caller.</returns>
    /// <exception cref="InvalidDataException">The message has fewer than it says: nothing was rented for it.</exception>
    public static byte[] Read<TInput>(ref Reader<TInput> reader, Field field, out int length)
    {
        field.EnsureWireType(WireType.LengthPrefixed);
        var said = reader.ReadVarUInt32();
        if (said > reader.Length - reader.Position)
            throw new InvalidDataException($"A field of {said} B in a message that has {reader.Length - reader.Position} B left.");
        length = (int)said;
        var rented = ArrayPool<byte>.Shared.Rent(length);
        reader.ReadBytes(rented.AsSpan(0, length));
        return rented;
    }
}
