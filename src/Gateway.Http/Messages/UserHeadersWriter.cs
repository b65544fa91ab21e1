using System.Buffers.Binary;
using System.Text.Json;
using Iggy.Protocol;

namespace Iggy.Gateway.Http.Messages;

/// <summary>Writes a block of user headers: as a list where all of it makes sense, else as the bytes it is.</summary>
internal static class UserHeadersWriter
{
    private const int FieldHeadBytes = 5; // u8 kind, u32 length

    /// <summary>Writes one message's headers; an empty list for none.</summary>
    public static void Write(Utf8JsonWriter json, ReadOnlySpan<byte> block)
    {
        if (block.IsEmpty)
        {
            json.WriteStartArray();
            json.WriteEndArray();
            return;
        }

        var headers = new List<Header>();
        for (var at = 0; at < block.Length;)
        {
            if (!TryReadField(block, ref at, out var key) || !TryReadField(block, ref at, out var value))
            {
                json.WriteBase64StringValue(block);
                return;
            }
            headers.Add(new Header(key, value));
        }

        Sort(headers, block);
        json.WriteStartArray();
        foreach (var header in headers)
        {
            json.WriteStartObject();
            WriteField(json, "key"u8, block, header.Key);
            WriteField(json, "value"u8, block, header.Value);
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }

    private static bool TryReadField(ReadOnlySpan<byte> block, ref int at, out Field field)
    {
        field = default;
        if (block.Length - at < FieldHeadBytes)
            return false;
        var (kind, length) = (block[at], BinaryPrimitives.ReadUInt32LittleEndian(block[(at + 1)..]));
        if (!UserHeaderNames.CanHave(kind, length) || length > block.Length - at - FieldHeadBytes)
            return false;
        field = new Field((UserHeaderKind)kind, at + FieldHeadBytes, (int)length);
        at += FieldHeadBytes + (int)length;
        return true;
    }

    // By kind of the key, then by its bytes: as the released server has it.
    private static void Sort(List<Header> headers, ReadOnlySpan<byte> block)
    {
        if (headers.Count < 2)
            return;
        var bytes = block.ToArray(); // a comparison cannot hold the span
        headers.Sort((a, b) => a.Key.Kind != b.Key.Kind
            ? a.Key.Kind.CompareTo(b.Key.Kind)
            : bytes.AsSpan(a.Key.Start, a.Key.Length).SequenceCompareTo(bytes.AsSpan(b.Key.Start, b.Key.Length)));
    }

    private static void WriteField(Utf8JsonWriter json, ReadOnlySpan<byte> name, ReadOnlySpan<byte> block, Field field)
    {
        json.WriteStartObject(name);
        json.WriteString("kind"u8, UserHeaderNames.Of(field.Kind));
        json.WriteBase64String("value"u8, block.Slice(field.Start, field.Length));
        json.WriteEndObject();
    }

    private readonly record struct Field(UserHeaderKind Kind, int Start, int Length);

    private readonly record struct Header(Field Key, Field Value);
}
