using System.CommandLine;
using System.CommandLine.Parsing;

namespace Iggy.Cli.Output;

/// <summary>How data is printed.</summary>
internal enum OutputFormat
{
    /// <summary>For people.</summary>
    Table,

    /// <summary>One line for each record.</summary>
    List,

    /// <summary>For programs: one document, names as in the HTTP API, sizes in bytes, times in microseconds since 1970.</summary>
    Json,

    /// <summary>The same as TOML.</summary>
    Toml,
}

/// <summary>Reading of format options.</summary>
internal static class Formats
{
    /// <summary>Upstream's option of lists.</summary>
    public static Option<OutputFormat?> ListMode() => new("--list-mode", "-l") { Description = "The same as --output.", HelpName = "table|list", CustomParser = Parse };

    /// <summary>Reads one word; anything else is an error of the command line.</summary>
    public static OutputFormat? Parse(ArgumentResult result)
    {
        var word = result.Tokens.Count == 1 ? result.Tokens[0].Value : "";
        switch (word.ToUpperInvariant())
        {
            case "TABLE":
                return OutputFormat.Table;
            case "LIST":
                return OutputFormat.List;
            case "JSON":
                return OutputFormat.Json;
            case "TOML":
                return OutputFormat.Toml;
            default:
                result.AddError($"'{word}' is no output format; expected table, list, json or toml.");
                return null;
        }
    }
}
