using System.Buffers;
using Orleans.Serialization.Buffers;
using Orleans.Serialization.Cloning;
using Orleans.Serialization.Codecs;
using Orleans.Serialization.WireProtocol;

namespace Iggy.Grains.Interfaces.Partitions;

/// <summary>Takes a <see cref="MessageBatch"/> to the silo of its partition, into an array of that silo's pool; the partition gives it back.</summary>
[RegisterSerializer, RegisterCopier]
public sealed class MessageBatchCodec : IFieldCodec<MessageBatch>, IDeepCopier<MessageBatch>
{
    private const int HeadBytes = 5; // layout, count

    /// <inheritdoc/>
    public MessageBatch DeepCopy(MessageBatch input, CopyContext context) => input; // borrowed until the answer

    /// <inheritdoc/>
    public void WriteField<TBufferWriter>(ref Writer<TBufferWriter> writer, uint fieldIdDelta, Type? expectedType, MessageBatch value) where TBufferWriter : IBufferWriter<byte>
    {
        ReferenceCodec.MarkValueField(writer.Session);
        writer.WriteFieldHeader(fieldIdDelta, expectedType, typeof(MessageBatch), WireType.LengthPrefixed);
        writer.WriteVarUInt32((uint)(HeadBytes + value.Messages.Length));
        Span<byte> head = [(byte)value.Layout, (byte)value.Count, (byte)(value.Count >> 8), (byte)(value.Count >> 16), (byte)(value.Count >> 24)];
        writer.Write(head);
        writer.Write(value.Messages.Span);
    }

    /// <inheritdoc/>
    public MessageBatch ReadValue<TInput>(ref Reader<TInput> reader, Field field)
    {
        ReferenceCodec.MarkValueField(reader.Session);
        var rented = WireBytes.Read(ref reader, field, out var length);
        if (length < HeadBytes)
        {
            ArrayPool<byte>.Shared.Return(rented);
            throw new InvalidDataException($"A batch of {length} B; {HeadBytes} at least.");
        }
        var count = rented[1] | ((uint)rented[2] << 8) | ((uint)rented[3] << 16) | ((uint)rented[4] << 24);
        return new MessageBatch((MessageLayout)rented[0], rented.AsMemory(HeadBytes, length - HeadBytes), count) { Lease = new PooledBytes(rented, length) };
    }
}
