using System.Text.Json;
using Iggy.Cli.Home;
using Tomlyn;
using Tomlyn.Model;

namespace Iggy.Cli.Output;

/// <summary>Turns a JSON document into TOML. What TOML can't hold comes as near as it gets: a list becomes the key <c>items</c>, a number above its
/// largest a text, and null is left out.</summary>
internal static class TomlTexts
{
    /// <summary>The document as TOML.</summary>
    public static string Of(JsonElement document)
    {
        var root = ValueOf(document);
        return TomlSerializer.Serialize(root as TomlTable ?? new TomlTable { ["items"] = root! }, CliToml.Default.TomlTable).TrimEnd();
    }

    private static object? ValueOf(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Object => Table(element),
        JsonValueKind.Array => List(element),
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        JsonValueKind.Number => element.TryGetInt64(out var whole) ? whole : element.TryGetUInt64(out _) ? element.GetRawText() : element.GetDouble(),
        JsonValueKind.String => element.GetString(),
        _ => null,
    };

    private static TomlTable Table(JsonElement element)
    {
        var table = new TomlTable();
        foreach (var property in element.EnumerateObject())
        {
            if (ValueOf(property.Value) is { } value)
                table[property.Name] = value;
        }
        return table;
    }

    private static object List(JsonElement element)
    {
        if (element.GetArrayLength() > 0 && element.EnumerateArray().All(one => one.ValueKind is JsonValueKind.Object))
        {
            var tables = new TomlTableArray();
            foreach (var one in element.EnumerateArray())
                tables.Add(Table(one));
            return tables;
        }
        var values = new TomlArray();
        foreach (var one in element.EnumerateArray())
            values.Add(ValueOf(one));
        return values;
    }
}
