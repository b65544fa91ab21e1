using System.Globalization;
using Tomlyn;
using Tomlyn.Model;
using Tomlyn.Parsing;

namespace Iggy.Silo.Configuration;

/// <summary>Apache Iggy's own configuration file: each of its keys stands for an environment name, by Apache Iggy's rule, so that
/// <see cref="IggyEnvironmentNames"/> is the one table for both.</summary>
public static class IggyTomlFile
{
    /// <summary>A setting of the file.</summary>
    /// <param name="Text">Its value as an environment variable would give it.</param>
    /// <param name="Spelling">How people find it in the file.</param>
    public readonly record struct Setting(string Text, string Spelling);

    /// <summary>Whether a file is one, by its name.</summary>
    public static bool IsOne(string path) => path.EndsWith(".toml", StringComparison.OrdinalIgnoreCase);

    /// <summary>Reads a file.</summary>
    /// <returns>Its settings by environment name, such as <c>IGGY_TCP_ADDRESS</c> for <c>tcp.address</c>.</returns>
    /// <exception cref="ConfigurationException">It is no TOML. Its content is not quoted: it may hold secrets.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static Dictionary<string, Setting> Read(string path)
    {
        try
        {
            var text = File.ReadAllText(path);
            SyntaxParser.ParseStrict(text, path); // finds keys that stand twice too, of which one would have no effect and nobody would hear of it
            var settings = new Dictionary<string, Setting>(StringComparer.Ordinal);
            if (TomlSerializer.Deserialize<TomlTable>(text) is { } root)
                Add(root, "", Path.GetFileName(path), settings);
            return settings;
        }
        catch (TomlException wrong)
        {
            throw new ConfigurationException($"The configuration cannot be read: no TOML at line {wrong.Line?.ToString(CultureInfo.InvariantCulture) ?? "?"} of {path}.");
        }
    }

    private static void Add(object? value, string key, string file, Dictionary<string, Setting> settings)
    {
        switch (value)
        {
            case TomlTable table:
                foreach (var (name, inner) in table)
                    Add(inner, key.Length == 0 ? name : $"{key}.{name}", file, settings);
                break;
            case TomlTableArray tables:
                for (var i = 0; i < tables.Count; i++)
                    Add(tables[i], string.Create(CultureInfo.InvariantCulture, $"{key}.{i}"), file, settings);
                break;
            case TomlArray array when array.Count > 0 && array.All(static entry => entry is TomlTable): // tables written in line
                for (var i = 0; i < array.Count; i++)
                    Add(array[i], string.Create(CultureInfo.InvariantCulture, $"{key}.{i}"), file, settings);
                break;
            default:
                settings[$"IGGY_{key.Replace('.', '_').ToUpperInvariant()}"] = new Setting(TextOf(value), $"{key} ({file})");
                break;
        }
    }

    private static string TextOf(object? value) => value switch
    {
        bool flag => flag ? "true" : "false",
        TomlArray list => $"[{string.Join(", ", list.Select(TextOf))}]",
        _ => Convert.ToString(value, CultureInfo.InvariantCulture) ?? "",
    };
}
