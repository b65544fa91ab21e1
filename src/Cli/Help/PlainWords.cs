using System.CommandLine.Parsing;
using System.Text.RegularExpressions;

namespace Iggy.Cli.Help;

/// <summary>Faults of the command line in words that need no knowledge of .NET.</summary>
internal static partial class PlainWords
{
    /// <summary>What is wrong with the command line.</summary>
    public static string Of(ParseError error)
    {
        var name = error.SymbolResult switch
        {
            ArgumentResult { Parent: OptionResult option } => option.Option.Name,
            ArgumentResult argument => argument.Argument.Name,
            OptionResult option => option.Option.Name,
            _ => null,
        };
        return OfConversion(error.Message, name) ?? error.Message;
    }

    /// <summary>What is wrong with a value that was asked for while the command line was checked; null for any other fault.</summary>
    public static string? OfConversion(string message, string? name = null) => Conversion().Match(message) is { Success: true } match
        ? $"'{match.Groups["value"].Value}' can't be {name ?? match.Groups["name"].Value}; expected {Expected(match.Groups["type"].Value)}."
        : null;

    /// <summary>What is wrong with a value, without the name that it has in the code.</summary>
    public static string Of(Exception fault)
    {
        var end = fault.Message.IndexOf(" (Parameter '", StringComparison.Ordinal);
        return end < 0 ? fault.Message : fault.Message[..end];
    }

    private static string Expected(string type) => type switch
    {
        _ when type.Contains("System.Byte", StringComparison.Ordinal) => "a whole number from 0 to 255",
        _ when type.Contains("System.UInt16", StringComparison.Ordinal) => "a whole number from 0 to 65535",
        _ when type.Contains("System.UInt32", StringComparison.Ordinal) => "a whole number from 0 to 4294967295",
        _ when type.Contains("System.UInt64", StringComparison.Ordinal) => "a whole number, 0 or more",
        _ when type.Contains("System.Int", StringComparison.Ordinal) => "a whole number",
        _ when type.Contains("System.Double", StringComparison.Ordinal) => "a number",
        _ when type.Contains("System.Boolean", StringComparison.Ordinal) => "true or false",
        _ => "something else",
    };

    [GeneratedRegex("^Cannot parse argument '(?<value>.*)' for (?:option|command) '(?<name>.*)' as expected type '(?<type>.*)'", RegexOptions.Singleline)]
    private static partial Regex Conversion();
}
