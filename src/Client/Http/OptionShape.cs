using System.Text.Json;
using Iggy.Protocol;
using Iggy.Protocol.Vsr;

namespace Iggy.Client.Http;

/// <summary>An option that can be set; the default comes as the numbers of its bytes.</summary>
internal sealed record OptionShape(string Key, string Kind, int[] DefaultValue, string Description)
{
    /// <summary>As the wire has it.</summary>
    /// <exception cref="JsonException">A number is no byte.</exception>
    public OptionDescription ToDescription() => new(new WireOption(Key, KindOf(Kind), [.. Array.ConvertAll(DefaultValue, ByteOf)]), Description);

    private static byte ByteOf(int value) => value is >= byte.MinValue and <= byte.MaxValue ? (byte)value : throw new JsonException($"{value} is no byte");

    private static UserHeaderKind KindOf(string kind) => kind switch
    {
        "bool" => UserHeaderKind.Boolean,
        "uint32" => UserHeaderKind.UInt32,
        "uint64" => UserHeaderKind.UInt64,
        _ => UserHeaderKind.Text,
    };
}
