using System.CommandLine;
using System.CommandLine.Invocation;
using Iggy.Cli.Completion;
using Iggy.Cli.Help;

namespace Iggy.Cli.Commands;

/// <summary><c>iggy completion</c>, and <c>--generate</c> as Apache's tool calls it.</summary>
internal static class CompletionCommand
{
    public static Command Create(CommandFactory factory, RootCommand root)
    {
        var generate = new Option<string?>("--generate") { Description = "The same as 'iggy completion'.", HelpName = "shell", Hidden = true };
        generate.AcceptOnlyFromAmong(CompletionScripts.Shells);
        generate.Action = new PrintAction(generate);
        root.Options.Add(generate);

        var shell = new Argument<string>("SHELL") { Description = $"{string.Join(", ", CompletionScripts.Shells)}." };
        shell.AcceptOnlyFromAmong(CompletionScripts.Shells);
        return factory.CreateLocal(
            "completion",
            null,
            "Print a script by which a shell completes commands and options of this tool.",
            invocation => invocation.Surroundings.Out.WriteLine(CompletionScripts.Of(invocation.Get(shell))),
            shell).WithExamples(
            "source <(iggy completion bash)",
            "iggy completion fish > ~/.config/fish/completions/iggy.fish");
    }

    private sealed class PrintAction(Option<string?> option) : SynchronousCommandLineAction
    {
        public override bool Terminating => true;

        public override bool ClearsParseErrors => true;

        public override int Invoke(ParseResult parseResult)
        {
            parseResult.InvocationConfiguration.Output.WriteLine(CompletionScripts.Of(parseResult.GetValue(option) ?? CompletionScripts.Shells[0]));
            return 0;
        }
    }
}
