using System.Buffers;
using System.Text.Json;
using Iggy.Primitives;
using Iggy.Protocol;

namespace Iggy.Client.Http;

/// <summary>The user headers of a polled message: the block in Base64, or a list of keys and values.</summary>
internal static class UserHeadersJson
{
    // By kind, from 1.
    private static readonly string[] _kinds =
    [
        "raw", "string", "bool", "int8", "int16", "int32", "int64", "int128", "uint8", "uint16", "uint32", "uint64", "uint128", "float32", "float64",
    ];

    /// <summary>Reads the value that follows as a block.</summary>
    /// <exception cref="JsonException">It is something else.</exception>
    public static void Read(ref Utf8JsonReader json, PooledBuffer block)
    {
        json.Read();
        switch (json.TokenType)
        {
            case JsonTokenType.Null:
                return;
            case JsonTokenType.String:
                PollJson.DecodeBase64(ref json, block);
                return;
            case JsonTokenType.StartArray:
                while (json.Read() && json.TokenType is not JsonTokenType.EndArray)
                    ReadHeader(ref json, block);
                return;
            default:
                throw new JsonException("user_headers is no list");
        }
    }

    private static void ReadHeader(ref Utf8JsonReader json, PooledBuffer block)
    {
        if (json.TokenType is not JsonTokenType.StartObject)
            throw new JsonException("a user header is no object");
        using var value = new PooledBuffer();
        var (hasKey, hasValue) = (false, false);
        while (PollJson.NextField(ref json))
        {
            if (json.ValueTextEquals("key"u8))
                hasKey = !hasKey ? ReadField(ref json, block) : throw new JsonException("a key is given twice");
            else if (json.ValueTextEquals("value"u8))
                hasValue = !hasValue ? ReadField(ref json, value) : throw new JsonException("a value is given twice");
            else
                json.Skip();
        }
        if (!hasKey || !hasValue)
            throw new JsonException("a user header has no key or no value");
        block.Write(value.Written.Span); // behind the key, whichever came first
    }

    // u8 kind, u32 length, bytes.
    private static bool ReadField(ref Utf8JsonReader json, PooledBuffer into)
    {
        using var bytes = new PooledBuffer();
        var kind = 0;
        PollJson.Expect(ref json, JsonTokenType.StartObject);
        while (PollJson.NextField(ref json))
        {
            if (json.ValueTextEquals("kind"u8))
                kind = ReadKind(ref json);
            else if (json.ValueTextEquals("value"u8))
                PollJson.ReadBase64(ref json, bytes);
            else
                json.Skip();
        }
        var writer = new WireWriter(into);
        writer.U8((byte)(kind > 0 ? kind : throw new JsonException("a user header has no kind")));
        writer.U32((uint)bytes.Length);
        writer.Bytes(bytes.Written.Span);
        return true;
    }

    private static int ReadKind(ref Utf8JsonReader json)
    {
        PollJson.Expect(ref json, JsonTokenType.String);
        for (var kind = 0; kind < _kinds.Length; kind++)
        {
            if (json.ValueTextEquals(_kinds[kind]))
                return kind + 1;
        }
        throw new JsonException("no such kind of user header");
    }
}
