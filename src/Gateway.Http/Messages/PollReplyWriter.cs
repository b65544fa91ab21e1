using System.Text.Encodings.Web;
using System.Text.Json;
using Iggy.Gateway.Commands;
using Iggy.Protocol.Classic;
using Microsoft.AspNetCore.Http;

namespace Iggy.Gateway.Http.Messages;

/// <summary>Writes what a poll found, straight from the buffers that the partition wrote.</summary>
internal static class PollReplyWriter
{
    private const int ChunkBytes = 64 * 1024; // what waits at most for a slow client, beside one message

    private static readonly JsonWriterOptions _options = new() { SkipValidation = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Writes an answer.</summary>
    /// <param name="response">Where to.</param>
    /// <param name="polled">What was found; owned by the caller.</param>
    /// <param name="hasRawHeaders">User headers as the block that is stored: a list loses the order, and so what the checksum is of.</param>
    /// <param name="incarnation">Of the partition.</param>
    /// <param name="position">Of the metadata.</param>
    public static async Task WriteAsync(HttpResponse response, PolledReply polled, bool hasRawHeaders, ulong incarnation, ulong position)
    {
        response.ContentType = "application/json";
        await using var json = new Utf8JsonWriter(response.BodyWriter, _options);
        json.WriteStartObject();
        json.WriteNumber("partition_id"u8, polled.PartitionId ?? 0);
        json.WriteNumber("current_offset"u8, polled.Result.CurrentOffset);
        json.WriteNumber("count"u8, polled.Result.Count);
        json.WriteStartObject("context"u8);
        json.WriteNumber("incarnation"u8, incarnation);
        json.WriteNumber("owner_generation"u8, polled.OwnerGeneration);
        json.WriteNumber("metadata_op"u8, position);
        json.WriteEndObject();
        json.WriteStartArray("messages"u8);
        await foreach (var piece in polled.PiecesAsync())
        {
            for (var rest = piece; !rest.IsEmpty;)
            {
                rest = rest[WriteSome(json, rest, hasRawHeaders)..];
                json.Flush();
                await response.BodyWriter.FlushAsync(response.HttpContext.RequestAborted);
            }
        }
        json.WriteEndArray();
        json.WriteEndObject();
        json.Flush();
        SentBytes.Add(response.HttpContext, json.BytesCommitted);
        await response.BodyWriter.FlushAsync(response.HttpContext.RequestAborted);
    }

    /// <summary>Writes one message.</summary>
    /// <param name="json">Where to.</param>
    /// <param name="message">Header, payload and user headers, exactly.</param>
    /// <param name="hasRawHeaders">User headers as the block that is stored.</param>
    public static void WriteMessage(Utf8JsonWriter json, ReadOnlySpan<byte> message, bool hasRawHeaders)
    {
        ref readonly var header = ref ClassicMessageHeader.At(message);
        json.WriteStartObject();
        json.WriteStartObject("header"u8);
        json.WriteNumber("checksum"u8, header.Checksum);
        json.WritePropertyName("id"u8);
        MessageIdText.Write(json, header.Id);
        json.WriteNumber("offset"u8, header.Offset);
        json.WriteNumber("timestamp"u8, header.TimestampMicros);
        json.WriteNumber("origin_timestamp"u8, header.OriginTimestampMicros);
        json.WriteNumber("user_headers_length"u8, header.UserHeadersBytes);
        json.WriteNumber("payload_length"u8, header.PayloadBytes);
        json.WriteNumber("reserved"u8, header.Reserved);
        json.WriteEndObject();
        var payload = message.Slice(ClassicMessageHeader.SizeInBytes, (int)header.PayloadBytes);
        json.WriteBase64String("payload"u8, payload);
        json.WritePropertyName("user_headers"u8);
        var headers = message[(ClassicMessageHeader.SizeInBytes + payload.Length)..];
        if (hasRawHeaders)
            json.WriteBase64StringValue(headers);
        else
            UserHeadersWriter.Write(json, headers);
        json.WriteEndObject();
    }

    // Whole messages, until a chunk is full. Returns the bytes taken.
    private static int WriteSome(Utf8JsonWriter json, ReadOnlyMemory<byte> messages, bool hasRawHeaders)
    {
        var taken = 0;
        while (taken < messages.Length && json.BytesPending < ChunkBytes)
        {
            var length = (int)ClassicMessageHeader.At(messages.Span[taken..]).MessageBytes;
            WriteMessage(json, messages.Span.Slice(taken, length), hasRawHeaders);
            taken += length;
        }
        return taken;
    }
}
