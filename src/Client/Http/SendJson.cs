using System.Buffers.Binary;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using Iggy.Primitives;
using Iggy.Protocol;

namespace Iggy.Client.Http;

/// <summary>Batches as the API takes them. Nothing is allocated for a message.</summary>
internal static class SendJson
{
    private const int MessageBytes = 160; // names, an id and an origin time around payload and headers

    private static readonly JsonWriterOptions _options = new() { SkipValidation = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Encodes a batch.</summary>
    /// <returns>The body, owned by the caller.</returns>
    /// <exception cref="ArgumentException">A value that the protocol can't carry.</exception>
    /// <exception cref="IggyException"><see cref="IggyError.FeatureUnavailable"/>: a message without payload.</exception>
    public static PooledBuffer Encode(Partitioning partitioning, ReadOnlySpan<Message> messages)
    {
        var body = new PooledBuffer(Check(messages));
        try
        {
            using var json = new Utf8JsonWriter(body, _options);
            json.WriteStartObject();
            WritePartitioning(json, partitioning);
            json.WriteStartArray("messages"u8);
            foreach (ref readonly var message in messages)
                Write(json, in message);
            json.WriteEndArray();
            json.WriteEndObject();
            json.Flush();
            return body;
        }
        catch
        {
            body.Dispose();
            throw;
        }
    }

    private static void WritePartitioning(Utf8JsonWriter json, Partitioning partitioning)
    {
        json.WriteStartObject("partitioning"u8);
        switch (partitioning.Kind)
        {
            case PartitioningKind.Balanced:
                json.WriteString("kind"u8, "balanced"u8);
                json.WriteString("value"u8, ""u8);
                break;
            case PartitioningKind.PartitionId:
                Span<byte> partition = stackalloc byte[sizeof(uint)];
                BinaryPrimitives.WriteUInt32LittleEndian(partition, partitioning.PartitionId);
                json.WriteString("kind"u8, "partition_id"u8);
                json.WriteBase64String("value"u8, partition);
                break;
            case PartitioningKind.MessagesKey:
                json.WriteString("kind"u8, "messages_key"u8);
                json.WriteBase64String("value"u8, partitioning.Key.Span);
                break;
            default:
                throw new InvalidOperationException("A partitioning without a kind; start from Partitioning.Balanced.");
        }
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, in Message message)
    {
        json.WriteStartObject();
        if (message.Id > ulong.MaxValue)
            WriteText(json, "id"u8, message.Id); // a number of that size is not understood everywhere
        else if (message.Id != 0)
            json.WriteNumber("id"u8, (ulong)message.Id);
        if (message.OriginTimestampMicros != 0)
        {
            json.WriteStartObject("header"u8);
            json.WriteNumber("origin_timestamp"u8, message.OriginTimestampMicros);
            json.WriteEndObject();
        }
        json.WriteBase64String("payload"u8, message.Payload.Span);
        if (!message.UserHeaders.IsEmpty)
            json.WriteBase64String("user_headers"u8, message.UserHeaders.Span); // as a block: it arrives byte for byte, whatever is in it
        json.WriteEndObject();
    }

    private static void WriteText(Utf8JsonWriter json, ReadOnlySpan<byte> name, UInt128 number)
    {
        Span<byte> digits = stackalloc byte[39];
        number.TryFormat(digits, out var written, default, CultureInfo.InvariantCulture);
        json.WriteString(name, digits[..written]);
    }

    // Returns the bytes that the body will need at most.
    private static int Check(ReadOnlySpan<Message> messages)
    {
        if (messages.IsEmpty)
            throw new ArgumentException("A batch needs at least one message.", nameof(messages));
        var bytes = 512L + MessageBytes;
        foreach (ref readonly var message in messages)
        {
            CheckLimit("Payload", message.Payload.Length, ProtocolLimits.MaxMessagePayloadBytes);
            CheckLimit("User headers", message.UserHeaders.Length, ProtocolLimits.MaxUserHeadersBytes);
            if (message.Payload.IsEmpty)
                throw ApiCall.Unavailable("a message without payload is refused");
            bytes += MessageBytes + Base64Bytes(message.Payload.Length) + Base64Bytes(message.UserHeaders.Length);
        }
        CheckLimit("Batch as JSON", bytes, (uint)Array.MaxLength);
        return (int)bytes;
    }

    private static long Base64Bytes(int bytes) => (bytes + 2L) / 3 * 4;

    private static void CheckLimit(string what, long bytes, uint limit)
    {
        if (bytes > limit)
            throw new ArgumentException($"{what} of {bytes} bytes; allowed: up to {limit}.");
    }
}
