using System.CommandLine;

namespace Iggy.Cli.Help;

/// <summary>A command with examples in its help.</summary>
internal sealed class ExplainedCommand(string name, string description) : Command(name, description)
{
    /// <summary>Lines to paste, each with a comment if it needs one.</summary>
    public IReadOnlyList<string> Examples { get; set; } = [];
}

/// <summary>Adds examples.</summary>
internal static class ExampleExtensions
{
    /// <summary>Sets the examples of a command.</summary>
    public static Command WithExamples(this Command command, params string[] examples)
    {
        ((ExplainedCommand)command).Examples = examples;
        return command;
    }
}
