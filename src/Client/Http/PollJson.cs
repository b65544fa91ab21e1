using System.Buffers;
using System.Buffers.Text;
using System.Globalization;
using System.Text.Json;
using Iggy.Client.Connections;
using Iggy.Primitives;
using Iggy.Protocol;
using Iggy.Protocol.Classic;

namespace Iggy.Client.Http;

/// <summary>Poll replies of the API in the layout of the binary protocol, so that messages are the same whatever they came by. Payloads are decoded
/// straight to their place; fields may come in any order, and those that are not known are skipped.</summary>
internal static class PollJson
{
    /// <summary>Reads a poll reply.</summary>
    /// <returns>The reply, owned by the caller.</returns>
    /// <exception cref="IggyException"><see cref="IggyError.CannotDeserializeResource"/>: the body is something else.</exception>
    public static Reply Read(ReadOnlySpan<byte> body)
    {
        // A message takes less room than its JSON: 64 bytes of header stand for eight names and numbers.
        using var reply = new PooledBuffer(body.Length + PollMessagesReply.HeadSizeInBytes);
        try
        {
            Read(new Utf8JsonReader(body), reply);
            return new Reply(reply);
        }
        catch (Exception e) when (e is JsonException or FormatException or InvalidOperationException) // the latter two: a number that does not fit, or a text where none is
        {
            throw new IggyException(IggyError.CannotDeserializeResource, $"The reply to {CommandCode.PollMessages} can't be read: {e.Message}", e);
        }
    }

    private static void Read(Utf8JsonReader json, PooledBuffer reply)
    {
        reply.GetSpan(PollMessagesReply.HeadSizeInBytes)[..PollMessagesReply.HeadSizeInBytes].Clear();
        reply.Advance(PollMessagesReply.HeadSizeInBytes);
        (uint? partition, ulong? current, uint? count, var hasMessages) = (null, null, null, false);
        Expect(ref json, JsonTokenType.StartObject);
        while (NextField(ref json))
        {
            if (json.ValueTextEquals("partition_id"u8) && json.Read())
                partition = json.GetUInt32();
            else if (json.ValueTextEquals("current_offset"u8) && json.Read())
                current = json.GetUInt64();
            else if (json.ValueTextEquals("count"u8) && json.Read())
                count = json.GetUInt32();
            else if (json.ValueTextEquals("messages"u8))
                hasMessages = ReadMessages(ref json, reply);
            else
                json.Skip();
        }
        json.Read(); // fails when anything follows
        if (partition is null || current is null || count is null || !hasMessages)
            throw new JsonException("partition_id, current_offset, count or messages is missing");
        PollMessagesReply.WriteHead(reply.WrittenSpan, partition.Value, current.Value, count.Value);
    }

    private static bool ReadMessages(ref Utf8JsonReader json, PooledBuffer reply)
    {
        using var headers = new PooledBuffer();
        Expect(ref json, JsonTokenType.StartArray);
        while (json.Read() && json.TokenType is not JsonTokenType.EndArray)
            ReadMessage(ref json, reply, headers);
        return true;
    }

    private static void ReadMessage(ref Utf8JsonReader json, PooledBuffer reply, PooledBuffer headers)
    {
        if (json.TokenType is not JsonTokenType.StartObject)
            throw new JsonException("a message is no object");
        var start = reply.Length;
        reply.GetSpan(ClassicMessageHeader.SizeInBytes);
        reply.Advance(ClassicMessageHeader.SizeInBytes);
        headers.Clear();
        ClassicMessageHeader? found = null;
        var hasPayload = false;
        while (NextField(ref json))
        {
            if (json.ValueTextEquals("header"u8))
                found = ReadHeader(ref json);
            else if (json.ValueTextEquals("payload"u8))
                hasPayload = !hasPayload ? ReadBase64(ref json, reply) : throw new JsonException("a payload is given twice");
            else if (json.ValueTextEquals("user_headers"u8))
                UserHeadersJson.Read(ref json, headers);
            else
                json.Skip();
        }
        if (found is not { } header || !hasPayload)
            throw new JsonException("header or payload of a message is missing");
        header.PayloadBytes = (uint)(reply.Length - start - ClassicMessageHeader.SizeInBytes);
        header.UserHeadersBytes = (uint)headers.Length;
        reply.Write(headers.Written.Span);
        header.WriteTo(reply.WrittenSpan[start..]);
    }

    private static ClassicMessageHeader ReadHeader(ref Utf8JsonReader json)
    {
        var header = new ClassicMessageHeader();
        Expect(ref json, JsonTokenType.StartObject);
        while (NextField(ref json))
        {
            if (json.ValueTextEquals("checksum"u8))
                header.Checksum = ReadU64(ref json);
            else if (json.ValueTextEquals("id"u8))
                header.Id = ReadId(ref json);
            else if (json.ValueTextEquals("offset"u8))
                header.Offset = ReadU64(ref json);
            else if (json.ValueTextEquals("timestamp"u8))
                header.TimestampMicros = ReadU64(ref json);
            else if (json.ValueTextEquals("origin_timestamp"u8))
                header.OriginTimestampMicros = ReadU64(ref json);
            else
                json.Skip(); // the lengths, among others: what came counts
        }
        return header;
    }

    private static ulong ReadU64(ref Utf8JsonReader json)
    {
        json.Read();
        return json.GetUInt64();
    }

    // Up to 39 digits: more than a number of the JSON library holds.
    private static UInt128 ReadId(ref Utf8JsonReader json)
    {
        json.Read();
        return json.TokenType is JsonTokenType.Number or JsonTokenType.String
            && UInt128.TryParse(json.ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture, out var id)
            ? id
            : throw new JsonException("an id is no number");
    }

    /// <summary>Decodes the text that follows.</summary>
    /// <exception cref="JsonException">It is no Base64.</exception>
    public static bool ReadBase64(ref Utf8JsonReader json, PooledBuffer into)
    {
        Expect(ref json, JsonTokenType.String);
        DecodeBase64(ref json, into);
        return true;
    }

    /// <summary>Decodes the present text.</summary>
    /// <exception cref="JsonException">It is no Base64.</exception>
    public static void DecodeBase64(ref Utf8JsonReader json, PooledBuffer into)
    {
        var text = json.ValueSpan;
        if (json.ValueIsEscaped) // a plus sign may be written as a Unicode escape
        {
            var plain = new byte[text.Length];
            text = plain.AsSpan(0, json.CopyString(plain));
        }
        var most = Base64.GetMaxDecodedFromUtf8Length(text.Length);
        if (Base64.DecodeFromUtf8(text, into.GetSpan(most), out var read, out var written) is not OperationStatus.Done || read != text.Length)
            throw new JsonException("a text is no Base64");
        into.Advance(written);
    }

    /// <summary>Goes on to the value of a field.</summary>
    /// <exception cref="JsonException">It is of another type.</exception>
    public static void Expect(ref Utf8JsonReader json, JsonTokenType type)
    {
        if (!json.Read() || json.TokenType != type)
            throw new JsonException($"{type} is expected");
    }

    /// <summary>Goes on to the next name in an object; false at its end.</summary>
    public static bool NextField(ref Utf8JsonReader json) => json.Read() && json.TokenType is JsonTokenType.PropertyName;
}
