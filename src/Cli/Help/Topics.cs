using System.CommandLine;

namespace Iggy.Cli.Help;

/// <summary>Tells the options of every command apart.</summary>
internal static class Topics
{
    private static readonly string[] _general = ["--help", "--version", "--output", "--quiet", "--username", "--password", "--token", "--token-name"];

    /// <summary>Whether an option of the root says how the server is reached.</summary>
    public static bool IsConnection(Option option) => !_general.Contains(option.Name, StringComparer.Ordinal);
}
