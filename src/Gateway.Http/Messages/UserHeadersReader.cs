using System.Buffers;
using System.Text;
using System.Text.Json;
using Iggy.Protocol;

namespace Iggy.Gateway.Http.Messages;

/// <summary>Makes the binary block of user headers from JSON; one serves for all messages of a body.</summary>
/// <remarks>The length of a value is not compared with its kind: released examples send values that do not fit theirs, and get them back as they are.</remarks>
internal sealed class UserHeadersReader
{
    private readonly List<(byte[] Key, byte[] Value)> _headers = []; // each with kind and length in front
    private readonly Dictionary<string, int> _places = new(StringComparer.Ordinal);
    private readonly ArrayBufferWriter<byte> _block = new();

    /// <summary>The block that was read last; borrowed until <see cref="Clear"/>.</summary>
    public ReadOnlySpan<byte> Block => _block.WrittenSpan;

    /// <summary>Forgets the last message.</summary>
    public void Clear() => _block.ResetWrittenCount();

    /// <summary>Reads the value that follows: a list of headers, the block in Base64, or null.</summary>
    /// <exception cref="JsonException">It is none of these.</exception>
    public bool Read(ref Utf8JsonReader json)
    {
        json.Read();
        switch (json.TokenType)
        {
            case JsonTokenType.Null:
                return true;
            case JsonTokenType.String:
                var most = Base64Text.MostBytes(in json);
                _block.Advance(Base64Text.DecodeStrict(ref json, _block.GetSpan(Math.Max(1, most))[..most]));
                return true;
            case JsonTokenType.StartArray:
                ReadList(ref json);
                return true;
            default:
                throw new JsonException("user_headers is no list");
        }
    }

    private void ReadList(ref Utf8JsonReader json)
    {
        _headers.Clear();
        _places.Clear();
        while (json.Read() && json.TokenType is not JsonTokenType.EndArray)
        {
            if (json.TokenType is not JsonTokenType.StartObject)
                throw new JsonException("a header is no object");
            Add(ReadHeader(ref json));
        }
        foreach (var (key, value) in _headers)
        {
            _block.Write(key);
            _block.Write(value);
        }
    }

    // Of two headers with one key the later counts.
    private void Add((byte[] Key, byte[] Value) header)
    {
        var key = Encoding.Latin1.GetString(header.Key);
        if (_places.TryAdd(key, _headers.Count))
            _headers.Add(header);
        else
            _headers[_places[key]] = header;
    }

    private static (byte[] Key, byte[] Value) ReadHeader(ref Utf8JsonReader json)
    {
        byte[]? key = null, value = null;
        while (SendBodyReader.NextField(ref json))
        {
            if (json.ValueTextEquals("key"u8))
                key = key is null ? ReadField(ref json) : throw SendBodyReader.Twice("key");
            else if (json.ValueTextEquals("value"u8))
                value = value is null ? ReadField(ref json) : throw SendBodyReader.Twice("value");
            else
                json.Skip();
        }
        return (key ?? throw new JsonException("key is missing"), value ?? throw new JsonException("value is missing"));
    }

    // u8 kind, u32 length, bytes: as it stands in the block.
    private static byte[] ReadField(ref Utf8JsonReader json)
    {
        UserHeaderKind? kind = null;
        byte[]? bytes = null;
        SendBodyReader.Expect(ref json, JsonTokenType.StartObject);
        while (SendBodyReader.NextField(ref json))
        {
            if (json.ValueTextEquals("kind"u8))
            {
                SendBodyReader.Expect(ref json, JsonTokenType.String);
                kind = kind is null ? UserHeaderNames.Read(ref json) : throw SendBodyReader.Twice("kind");
            }
            else if (json.ValueTextEquals("value"u8))
            {
                SendBodyReader.Expect(ref json, JsonTokenType.String);
                bytes = bytes is null ? Base64Text.DecodeLoose(ref json) : throw SendBodyReader.Twice("value");
            }
            else
            {
                json.Skip();
            }
        }
        if (kind is null || bytes is not { Length: >= 1 and <= ProtocolLimits.MaxNameBytes })
            throw new JsonException("a header is not complete");
        return [(byte)kind, .. BitConverter.GetBytes(bytes.Length), .. bytes];
    }
}
