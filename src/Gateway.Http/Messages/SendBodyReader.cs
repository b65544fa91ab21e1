using System.Text.Json;
using Iggy.Protocol;

namespace Iggy.Gateway.Http.Messages;

/// <summary>Reads the body of a send. Payloads go from the text straight to where the partition reads them; nothing is allocated for a message.</summary>
/// <remarks>Fields may come in any order, those that are not known are skipped, and none may come twice.</remarks>
internal static class SendBodyReader
{
    /// <summary>Reads a body.</summary>
    /// <param name="body">The whole of it.</param>
    /// <param name="maxBytes">Most bytes that the messages may have.</param>
    /// <param name="originMicros">When it came: the origin time of messages that bring none.</param>
    /// <exception cref="RequestRejectedException">It is no JSON, or not of this shape.</exception>
    public static SendBody Read(ReadOnlySpan<byte> body, int maxBytes, ulong originMicros)
    {
        var block = new MessageBlock(Math.Min(body.Length + 64, maxBytes), maxBytes, originMicros);
        try
        {
            return Read(new Utf8JsonReader(body), block);
        }
        catch (Exception wrong)
        {
            block.Dispose();
            if (wrong is JsonException or InvalidOperationException) // the latter: a text that is no UTF-8
                throw JsonBodies.Wrong(body, wrong as JsonException ?? new JsonException(wrong.Message));
            throw;
        }
    }

    private static SendBody Read(Utf8JsonReader json, MessageBlock block)
    {
        (PartitioningKind Kind, byte[] Value)? partitioning = null;
        var hasMessages = false;
        var incarnation = 0UL;
        Expect(ref json, JsonTokenType.StartObject);
        while (NextField(ref json))
        {
            if (json.ValueTextEquals("partitioning"u8))
                partitioning = partitioning is null ? ReadPartitioning(ref json) : throw Twice("partitioning");
            else if (json.ValueTextEquals("messages"u8))
                hasMessages = !hasMessages ? ReadMessages(ref json, block) : throw Twice("messages");
            else if (json.ValueTextEquals("context"u8))
                incarnation = ReadIncarnation(ref json);
            else
                json.Skip();
        }
        json.Read(); // fails when anything follows
        if (partitioning is not { } chosen)
            throw JsonBodies.Missing("partitioning");
        if (!hasMessages)
            throw JsonBodies.Missing("messages");
        return new SendBody(block) { Kind = chosen.Kind, Value = chosen.Value, Incarnation = incarnation };
    }

    private static (PartitioningKind Kind, byte[] Value) ReadPartitioning(ref Utf8JsonReader json)
    {
        PartitioningKind? kind = null;
        byte[]? value = null;
        Expect(ref json, JsonTokenType.StartObject);
        while (NextField(ref json))
        {
            if (json.ValueTextEquals("kind"u8))
            {
                Expect(ref json, JsonTokenType.String);
                kind = kind is not null ? throw Twice("kind")
                    : json.ValueTextEquals("balanced"u8) ? PartitioningKind.Balanced
                    : json.ValueTextEquals("partition_id"u8) ? PartitioningKind.PartitionId
                    : json.ValueTextEquals("messages_key"u8) ? PartitioningKind.MessagesKey
                    : throw new JsonException("no such kind of partitioning");
            }
            else if (json.ValueTextEquals("value"u8))
            {
                Expect(ref json, JsonTokenType.String);
                value = value is null ? Base64Text.DecodeLoose(ref json) : throw Twice("value");
            }
            else
            {
                json.Skip();
            }
        }
        return (kind ?? throw JsonBodies.Missing("partitioning.kind"), value ?? throw JsonBodies.Missing("partitioning.value"));
    }

    // What else stands there says nothing of a send. Null says nothing at all.
    private static ulong ReadIncarnation(ref Utf8JsonReader json)
    {
        json.Read();
        if (json.TokenType is JsonTokenType.Null)
            return 0;
        if (json.TokenType is not JsonTokenType.StartObject)
            throw new JsonException("the context is no object");
        var incarnation = 0UL;
        while (NextField(ref json))
        {
            if (!json.ValueTextEquals("incarnation"u8))
            {
                json.Skip();
                continue;
            }
            Expect(ref json, JsonTokenType.Number);
            incarnation = json.GetUInt64();
        }
        return incarnation;
    }

    private static bool ReadMessages(ref Utf8JsonReader json, MessageBlock block)
    {
        var headers = new UserHeadersReader();
        Expect(ref json, JsonTokenType.StartArray);
        while (json.Read() && json.TokenType is not JsonTokenType.EndArray)
        {
            if (json.TokenType is not JsonTokenType.StartObject)
                throw new JsonException("a message is no object");
            ReadMessage(ref json, block, headers);
        }
        return true;
    }

    private static void ReadMessage(ref Utf8JsonReader json, MessageBlock block, UserHeadersReader headers)
    {
        UInt128? id = null;
        (UInt128 Id, ulong OriginMicros)? header = null;
        var (hasPayload, hasHeaders) = (false, false);
        headers.Clear();
        while (NextField(ref json))
        {
            if (json.ValueTextEquals("payload"u8))
            {
                Expect(ref json, JsonTokenType.String);
                hasPayload = !hasPayload ? ReadPayload(ref json, block) : throw Twice("payload");
            }
            else if (json.ValueTextEquals("id"u8))
            {
                id = id is null ? MessageIdText.Read(ref json) : throw Twice("id");
            }
            else if (json.ValueTextEquals("user_headers"u8))
            {
                hasHeaders = !hasHeaders ? headers.Read(ref json) : throw Twice("user_headers");
            }
            else if (json.ValueTextEquals("header"u8))
            {
                header = header is null ? ReadHeader(ref json) : throw Twice("header"); // where the Java client has the id
            }
            else
            {
                json.Skip();
            }
        }
        if (!hasPayload)
            throw JsonBodies.Missing("messages.payload");
        block.Add(id ?? header?.Id ?? 0, header?.OriginMicros ?? 0, headers.Block);
    }

    private static bool ReadPayload(ref Utf8JsonReader json, MessageBlock block)
    {
        var bytes = Base64Text.DecodeStrict(ref json, block.PayloadRoom(Base64Text.MostBytes(in json)));
        if (bytes == 0)
            throw new JsonException("a payload is empty");
        block.PayloadWritten(bytes);
        return true;
    }

    private static (UInt128 Id, ulong OriginMicros) ReadHeader(ref Utf8JsonReader json)
    {
        json.Read();
        if (json.TokenType is JsonTokenType.Null)
            return default;
        if (json.TokenType is not JsonTokenType.StartObject)
            throw new JsonException("a header is no object");
        var (id, originMicros) = (default(UInt128), 0UL);
        while (NextField(ref json))
        {
            if (json.ValueTextEquals("id"u8))
                id = MessageIdText.Read(ref json);
            else if (json.ValueTextEquals("origin_timestamp"u8))
                originMicros = ReadMicros(ref json);
            else
                json.Skip();
        }
        return (id, originMicros);
    }

    private static ulong ReadMicros(ref Utf8JsonReader json)
    {
        Expect(ref json, JsonTokenType.Number);
        return json.TryGetUInt64(out var micros) ? micros : throw new JsonException("an origin_timestamp is no number of microseconds");
    }

    /// <summary>Goes on to the value of a field or the first of a list.</summary>
    public static void Expect(ref Utf8JsonReader json, JsonTokenType type)
    {
        json.Read();
        if (json.TokenType != type)
            throw new JsonException($"{type} is expected");
    }

    /// <summary>Goes on to the next name in an object; false at its end.</summary>
    public static bool NextField(ref Utf8JsonReader json) => json.Read() && json.TokenType is JsonTokenType.PropertyName;

    /// <summary>A field that came before.</summary>
    public static JsonException Twice(string field) => new($"{field} is given twice");
}
