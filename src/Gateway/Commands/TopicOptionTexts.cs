using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using Iggy.Gateway.Errors;
using Iggy.Protocol;
using Iggy.Protocol.Vsr;

namespace Iggy.Gateway.Commands;

/// <summary>Options of topics as texts by their names, for front ends whose clients have no types of the protocol.</summary>
internal static class TopicOptionTexts
{
    /// <summary>Reads options.</summary>
    /// <exception cref="CommandRefusedException"><see cref="IggyError.UnsupportedOptionKey"/> or <see cref="IggyError.InvalidOptionValue"/>.</exception>
    public static TopicOptions Read(IEnumerable<KeyValuePair<string, string>> given)
    {
        var read = TopicOptions.None;
        foreach (var (key, text) in given)
        {
            if (TopicOptionCatalog.Find(key) is not { } option)
                throw new CommandRefusedException(IggyError.UnsupportedOptionKey);
            read = option.TrySet(read, ToPair(option, text)) ?? throw new CommandRefusedException(IggyError.InvalidOptionValue);
        }
        return read;
    }

    /// <summary>An option as the protocol has it: numbers that clients send as texts are numbers.</summary>
    public static WireOption ToPair(TopicOption option, string text)
    {
        if (option.Kind is not UserHeaderKind.UInt64 || !ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number))
            return ToPair(option.Key, text);
        var bytes = new byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, number);
        return new(option.Key, UserHeaderKind.UInt64, [.. bytes]);
    }

    /// <summary>A text as the protocol has it.</summary>
    public static WireOption ToPair(string key, string text) => new(key, UserHeaderKind.Text, [.. Encoding.UTF8.GetBytes(text)]);

    /// <summary>The value as a text.</summary>
    public static string Text(WireOption option)
    {
        var value = option.Value.AsSpan();
        return option.Kind switch
        {
            UserHeaderKind.Boolean => value[0] == 1 ? "true" : "false",
            UserHeaderKind.UInt32 => BinaryPrimitives.ReadUInt32LittleEndian(value).ToString(CultureInfo.InvariantCulture),
            UserHeaderKind.UInt64 => BinaryPrimitives.ReadUInt64LittleEndian(value).ToString(CultureInfo.InvariantCulture),
            _ => Encoding.UTF8.GetString(value),
        };
    }

    /// <summary>The type's name.</summary>
    public static string Name(UserHeaderKind kind) => kind switch
    {
        UserHeaderKind.Boolean => "bool",
        UserHeaderKind.UInt32 => "uint32",
        UserHeaderKind.UInt64 => "uint64",
        _ => "string",
    };
}
