using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json.Serialization;
using System.Text;
using Iggy.Gateway.Commands;
using Iggy.Gateway.Errors;
using Iggy.Grains.Interfaces.Topics;
using Iggy.Protocol.Vsr;
using Iggy.Protocol;

namespace Iggy.Gateway.Http;

/// <summary>An option of a topic as it is in force.</summary>
/// <param name="Value">As a text, whatever its type.</param>
/// <param name="Explicit">Whether a client has set it.</param>
/// <param name="Kind">Its type: clients since the 0.10 line insist on it.</param>
internal sealed record OptionReply(string Value, bool Explicit, string Kind);

/// <summary>An option that can be set.</summary>
/// <param name="Key">Its name.</param>
/// <param name="Kind">Its type.</param>
/// <param name="DefaultValue">The bytes of its default.</param>
/// <param name="Description">For people.</param>
internal sealed record OptionDescriptionReply(string Key, string Kind, int[] DefaultValue, string Description)
{
    /// <summary>Whether an update may set it anew, and put it back to its default.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool Updatable { get; init; }

    /// <summary>As the other.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool Resettable { get; init; }
}

/// <summary>Options as JSON has them: texts by their names. They came with the 0.9 line; clients before it neither send nor read them.</summary>
internal static class OptionsJson
{
    /// <summary>What is in force of a topic.</summary>
    public static Dictionary<string, OptionReply> Of(TopicSettings settings)
    {
        var (set, inForce) = TopicOptionRules.ToOptions(settings);
        var options = new Dictionary<string, OptionReply>();
        foreach (var option in set.ToPairs(OptionLines.All))
            options.Add(option.Key, new OptionReply(TopicOptionTexts.Text(option), Explicit: true, TopicOptionTexts.Name(option.Kind)));
        foreach (var option in set.ToDerivedPairs(inForce, OptionLines.All))
            options.Add(option.Key, new OptionReply(TopicOptionTexts.Text(option), Explicit: false, TopicOptionTexts.Name(option.Kind)));
        return options;
    }

    /// <summary>What is in force of a stream: which key its messages are kept under, where they are kept under any.</summary>
    public static Dictionary<string, OptionReply> Of(StreamView view) => view.Stream.Key is null && view.ServerFingerprint is null ? []
        : view.KeyOptions.ToDictionary(static option => option.Name, static option => new OptionReply(option.Text, Explicit: false, "string"));

    /// <summary>What can be set in a scope.</summary>
    public static OptionDescriptionReply[] Describe(OptionScope scope) =>
    [
        .. (scope is OptionScope.Topic ? TopicOptionCatalog.All : []).Where(static option => option.IsOffered).Select(static option =>
            new OptionDescriptionReply(option.Key, TopicOptionTexts.Name(option.Kind), [.. option.Get(TopicOptions.Defaults)!.Value.Value.Select(static one => (int)one)], option.Description)
            {
                Updatable = option.IsUpdatable, Resettable = option.IsUpdatable,
            }),
    ];

    /// <summary>Reads the options of a topic.</summary>
    /// <exception cref="CommandRefusedException"><see cref="IggyError.UnsupportedOptionKey"/> or <see cref="IggyError.InvalidOptionValue"/>.</exception>
    public static TopicOptions Read(Dictionary<string, string>? given) => TopicOptionTexts.Read(given ?? []);

    /// <summary>Whether a text is a whole number: JSON cannot say all of them exactly, so clients may send them as texts.</summary>
    public static bool IsNumber(string text, out ulong number) => ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number);

    /// <summary>Options as they come, for whoever judges them.</summary>
    public static ImmutableArray<WireOption> ToPairs(Dictionary<string, string>? given) =>
        [.. (given ?? []).Select(static one => new WireOption(one.Key, UserHeaderKind.Text, [.. Encoding.UTF8.GetBytes(one.Value)]))];

    /// <summary>Refuses options where there are none to set: streams and users.</summary>
    /// <exception cref="CommandRefusedException"><see cref="IggyError.UnsupportedOptionKey"/>.</exception>
    public static void DemandNone(Dictionary<string, string>? given)
    {
        if (given is { Count: > 0 })
            throw new CommandRefusedException(IggyError.UnsupportedOptionKey);
    }
}
