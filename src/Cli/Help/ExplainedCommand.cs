using System.CommandLine;

namespace Iggy.Cli.Help;

/// <summary>A command with examples in its help.</summary>
internal sealed class ExplainedCommand(string name, string description) : Command(name, description)
{
    /// <summary>Lines to paste, each with a comment if it needs one.</summary>
    public IReadOnlyList<string> Examples { get; set; } = [];
}

/// <summary>Adds names and examples.</summary>
internal static class ExampleExtensions
{
    /// <summary>Gives a command one more name.</summary>
    public static Command WithAlias(this Command command, string alias)
    {
        command.Aliases.Add(alias);
        return command;
    }

    /// <summary>Sets the examples of a command.</summary>
    public static Command WithExamples(this Command command, params string[] examples)
    {
        ((ExplainedCommand)command).Examples = examples;
        return command;
    }
}
