using System.Buffers.Binary;

namespace Iggy.Protocol.Classic;

/// <summary>A message to send.</summary>
/// <param name="Payload">Up to <see cref="ProtocolLimits.MaxMessagePayloadBytes"/>; other SDKs refuse an empty one.</param>
/// <param name="UserHeaders">A block made with <see cref="UserHeadersWriter"/>, or empty; up to <see cref="ProtocolLimits.MaxUserHeadersBytes"/>.</param>
/// <param name="Id">0 asks the server for one.</param>
/// <param name="OriginTimestampMicros">The producer's time, since the Unix epoch; kept as it is.</param>
public readonly record struct OutgoingMessage(
    ReadOnlyMemory<byte> Payload, ReadOnlyMemory<byte> UserHeaders, UInt128 Id, ulong OriginTimestampMicros)
{
    /// <summary>Bytes of the message with its header.</summary>
    public int SizeInBytes => ClassicMessageHeader.SizeInBytes + Payload.Length + UserHeaders.Length;
}

/// <summary>Writes what <see cref="SendMessagesRequest"/> reads: the client's side of a send.</summary>
public static class SendMessagesWriter
{
    /// <summary>Writes a payload: metadata, index, messages. The payloads are copied once.</summary>
    /// <exception cref="ArgumentException">No messages, one above the limits of the protocol, more than 2 GiB, or an identifier that
    /// can't be written. Nothing was written, except for the identifier.</exception>
    public static void Write(
        WireWriter writer, Identifier stream, Identifier topic, Partitioning partitioning, ReadOnlySpan<OutgoingMessage> messages)
    {
        CheckLimits(messages);
        writer.U32((uint)CountMetadataBytes(stream, topic, partitioning));
        writer.Identifier(stream);
        writer.Identifier(topic);
        partitioning.Write(writer);
        writer.U32((uint)messages.Length);

        var end = 0U;
        foreach (ref readonly var message in messages)
        {
            end += (uint)message.SizeInBytes;
            WriteIndexEntry(writer, end);
        }
        foreach (ref readonly var message in messages)
            WriteMessage(writer, in message);
    }

    private static void WriteIndexEntry(WireWriter writer, uint end)
    {
        var entry = writer.Reserve(ClassicBatch.IndexEntryBytes);
        entry.Clear();
        BinaryPrimitives.WriteUInt32LittleEndian(entry[sizeof(uint)..], end);
        writer.Advance(ClassicBatch.IndexEntryBytes);
    }

    private static void WriteMessage(WireWriter writer, in OutgoingMessage message)
    {
        var header = new ClassicMessageHeader
        {
            Id = message.Id,
            OriginTimestampMicros = message.OriginTimestampMicros,
            UserHeadersBytes = (uint)message.UserHeaders.Length,
            PayloadBytes = (uint)message.Payload.Length,
        };
        header.WriteTo(writer.Reserve(ClassicMessageHeader.SizeInBytes));
        writer.Advance(ClassicMessageHeader.SizeInBytes);
        writer.Bytes(message.Payload.Span);
        writer.Bytes(message.UserHeaders.Span);
    }

    /// <summary>Refuses what no dialect carries.</summary>
    internal static void CheckLimits(ReadOnlySpan<OutgoingMessage> messages)
    {
        if (messages.IsEmpty)
            throw new ArgumentException("A batch needs at least one message.", nameof(messages));

        var totalBytes = 0L;
        foreach (ref readonly var message in messages)
        {
            CheckLimit("Payload", message.Payload.Length, ProtocolLimits.MaxMessagePayloadBytes);
            CheckLimit("User headers", message.UserHeaders.Length, ProtocolLimits.MaxUserHeadersBytes);
            totalBytes += message.SizeInBytes;
        }
        CheckLimit("Batch", totalBytes, int.MaxValue);
    }

    private static void CheckLimit(string what, long bytes, uint limit)
    {
        if (bytes > limit)
            throw new ArgumentException($"{what} of {bytes} bytes; allowed: up to {limit}.");
    }

    /// <summary>Bytes of stream, topic, partitioning and count.</summary>
    internal static int CountMetadataBytes(Identifier stream, Identifier topic, Partitioning partitioning) =>
        CountBytes(stream) + CountBytes(topic) + CountBytes(partitioning) + sizeof(uint);

    private static int CountBytes(Identifier identifier) => 2 + (identifier.Name is { } name ? WireText.CountBytes(name) : sizeof(uint));

    private static int CountBytes(Partitioning partitioning) =>
        2 + (partitioning.Kind is PartitioningKind.PartitionId ? sizeof(uint) : partitioning.Key.Length);
}
