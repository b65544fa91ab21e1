using System.Text.Json;
using Iggy.Protocol;

namespace Iggy.Gateway.Http.Messages;

/// <summary>The kinds of user headers by their names in JSON.</summary>
internal static class UserHeaderNames
{
    // By kind, from 1.
    private static readonly string[] _names =
    [
        "raw", "string", "bool", "int8", "int16", "int32", "int64", "int128", "uint8", "uint16", "uint32", "uint64", "uint128", "float32", "float64",
    ];

    // By kind, from 1; 0 where the length is free.
    private static ReadOnlySpan<byte> FixedBytes => [0, 0, 1, 1, 2, 4, 8, 16, 1, 2, 4, 8, 16, 4, 8];

    /// <summary>The name of a kind, which must be known.</summary>
    public static string Of(UserHeaderKind kind) => _names[(int)kind - 1];

    /// <summary>Whether bytes of this kind can have that length.</summary>
    public static bool CanHave(byte kind, uint length) => kind is >= 1 and <= (byte)UserHeaderKind.Float64
        && length is >= 1 and <= ProtocolLimits.MaxNameBytes && FixedBytes[kind - 1] is var bytes && (bytes == 0 || bytes == length);

    /// <summary>The kind that the present text names.</summary>
    /// <exception cref="JsonException">There is none.</exception>
    public static UserHeaderKind Read(ref Utf8JsonReader json)
    {
        for (var i = 0; i < _names.Length; i++)
        {
            if (json.ValueTextEquals(_names[i]))
                return (UserHeaderKind)(i + 1);
        }
        throw new JsonException("no such kind of header");
    }
}
