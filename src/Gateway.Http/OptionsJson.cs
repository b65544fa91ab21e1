using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using Iggy.Gateway.Commands;
using Iggy.Gateway.Errors;
using Iggy.Grains.Interfaces.Topics;
using Iggy.Protocol;
using Iggy.Protocol.Vsr;

namespace Iggy.Gateway.Http;

/// <summary>An option of a topic as it is in force.</summary>
/// <param name="Value">As a text, whatever its type.</param>
/// <param name="Explicit">Whether a client has set it.</param>
internal sealed record OptionReply(string Value, bool Explicit);

/// <summary>An option that can be set.</summary>
/// <param name="Key">Its name.</param>
/// <param name="Kind">Its type.</param>
/// <param name="DefaultValue">The bytes of its default.</param>
/// <param name="Description">For people.</param>
internal sealed record OptionDescriptionReply(string Key, string Kind, int[] DefaultValue, string Description);

/// <summary>Options as JSON has them: texts by their names. They came with the 0.9 line; clients before it neither send nor read them.</summary>
internal static class OptionsJson
{
    /// <summary>What is in force of a topic.</summary>
    public static Dictionary<string, OptionReply> Of(TopicSettings settings)
    {
        var (set, inForce) = TopicOptionRules.ToOptions(settings);
        var options = new Dictionary<string, OptionReply>();
        foreach (var option in set.ToPairs())
            options.Add(option.Key, new OptionReply(Text(option), Explicit: true));
        foreach (var option in set.ToDerivedPairs(inForce))
            options.Add(option.Key, new OptionReply(Text(option), Explicit: false));
        return options;
    }

    /// <summary>What can be set in a scope.</summary>
    public static OptionDescriptionReply[] Describe(OptionScope scope) =>
    [
        .. DescribeOptionsReply.Of(scope).Options.Select(static described => new OptionDescriptionReply(
            described.Option.Key, Name(described.Option.Kind), [.. described.Option.Value.Select(static one => (int)one)], described.Description)),
    ];

    /// <summary>Reads the options of a topic.</summary>
    /// <exception cref="CommandRefusedException"><see cref="IggyError.UnsupportedOptionKey"/> or <see cref="IggyError.InvalidOptionValue"/>.</exception>
    public static TopicOptions Read(Dictionary<string, string>? given)
    {
        var read = TopicOptions.None;
        foreach (var (key, text) in given ?? [])
        {
            if (TopicOptionCatalog.Find(key) is not { } option)
                throw new CommandRefusedException(IggyError.UnsupportedOptionKey);
            read = option.TrySet(read, new WireOption(key, UserHeaderKind.Text, [.. Encoding.UTF8.GetBytes(text)]))
                ?? throw new CommandRefusedException(IggyError.InvalidOptionValue);
        }
        return read;
    }

    /// <summary>Refuses options where there are none to set: streams and users.</summary>
    /// <exception cref="CommandRefusedException"><see cref="IggyError.UnsupportedOptionKey"/>.</exception>
    public static void DemandNone(Dictionary<string, string>? given)
    {
        if (given is { Count: > 0 })
            throw new CommandRefusedException(IggyError.UnsupportedOptionKey);
    }

    private static string Text(WireOption option)
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

    private static string Name(UserHeaderKind kind) => kind switch
    {
        UserHeaderKind.Boolean => "bool",
        UserHeaderKind.UInt32 => "uint32",
        UserHeaderKind.UInt64 => "uint64",
        _ => "string",
    };
}
