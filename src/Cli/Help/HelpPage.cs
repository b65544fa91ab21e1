using System.CommandLine;
using System.CommandLine.Invocation;

namespace Iggy.Cli.Help;

/// <summary>Help of a command: what it does, its own arguments and options, examples; what every command takes stands in one line, and in the help of the tool itself.</summary>
internal sealed class HelpPage(RootCommand root, Surroundings surroundings) : SynchronousCommandLineAction
{
    private const int LeftColumn = 34, WidestPiped = 120, Narrowest = 60;

    /// <summary>The words that call a command, such as <c>iggy stream create</c>.</summary>
    public static string PathOf(Command command)
    {
        var words = new Stack<string>();
        for (var one = command; one is not null; one = one.Parents.OfType<Command>().FirstOrDefault())
            words.Push(one is RootCommand ? "iggy" : one.Name);
        return string.Join(' ', words);
    }

    /// <inheritdoc/>
    public override bool Terminating => true;

    /// <inheritdoc/>
    public override bool ClearsParseErrors => true;

    /// <inheritdoc/>
    public override int Invoke(ParseResult parseResult)
    {
        var command = parseResult.CommandResult.Command;
        Line(command.Description ?? "");
        Line();
        Line("Usage:");
        Line($"  {UsageOf(command)}");
        Section("Commands:", command.Subcommands.Where(one => !one.Hidden).Select(one => (NamesOf(one.Name, one.Aliases), one.Description)));
        Section("Arguments:", command.Arguments.Where(one => !one.Hidden).Select(one => (one.Name, one.Description)));
        if (command is RootCommand)
            EndOfRoot();
        else
            EndOf(command);
        return 0;
    }

    private void EndOfRoot()
    {
        Section("Options of every command:", OptionsOf(root.Options.Where(option => !Topics.IsConnection(option))));
        Section("Connection options:", OptionsOf(root.Options.Where(Topics.IsConnection)));
        Line();
        Line("Each connection option may also stand in the environment (IGGY_TCP_SERVER_ADDRESS) or in a context ('iggy context create').");
    }

    private void EndOf(Command command)
    {
        Section("Options:", OptionsOf(command.Options));
        if (command is ExplainedCommand { Examples.Count: > 0 } explained)
        {
            Line();
            Line("Examples:");
            foreach (var example in explained.Examples)
                Line($"  {example}");
        }
        Line();
        Line("Login, connection and output: see 'iggy --help'.");
        var own = command.Options.SelectMany(option => option.Aliases).ToHashSet(StringComparer.Ordinal);
        foreach (var option in root.Options.Where(option => !option.Hidden))
        {
            foreach (var alias in option.Aliases.Where(own.Contains))
                Line($"Behind '{command.Name}', {alias} is {command.Options.First(one => one.Aliases.Contains(alias)).Name}; write {option.Name} in full.");
        }
    }

    private static string UsageOf(Command command)
    {
        var arguments = command.Arguments.Where(one => !one.Hidden).Select(one =>
        {
            var name = one.Arity.MaximumNumberOfValues > 1 ? $"{one.Name}..." : one.Name;
            return one.Arity.MinimumNumberOfValues == 0 ? $"[{name}]" : name;
        });
        string[] words = [PathOf(command), .. command.Subcommands.Count > 0 ? (string[])["<command>"] : [], .. arguments, "[options]"];
        return string.Join(' ', words);
    }

    private static IEnumerable<(string, string?)> OptionsOf(IEnumerable<Option> options) => options.Where(option => !option.Hidden).Select(option =>
        (NamesOf(option.Name, option.Aliases) + (option.HelpName is { } value ? option.Arity.MinimumNumberOfValues == 0 ? $" [{value}]" : $" <{value}>" : ""), option.Description));

    // Short names first, as everywhere; what is only another spelling of Apache's tool stays out.
    private static string NamesOf(string name, IEnumerable<string> aliases) =>
        string.Join(", ", (string[])[.. aliases.Where(alias => alias.Length <= name.Length && alias != "-?" && alias != "/?" && alias != "/h").OrderBy(alias => alias.Length), name]);

    private void Section(string title, IEnumerable<(string Left, string? Right)> rows)
    {
        var isFirst = true;
        foreach (var (left, right) in rows)
        {
            if (isFirst)
            {
                Line();
                Line(title);
                isFirst = false;
            }
            Row(left, right ?? "");
        }
    }

    private void Row(string left, string right)
    {
        var width = Math.Max(Narrowest, surroundings.Width ?? WidestPiped);
        var line = $"  {left}".PadRight(LeftColumn - 1) + ' ';
        foreach (var word in right.Split(' '))
        {
            if (line.Length + word.Length >= width && line.Trim().Length > 0)
            {
                Line(line.TrimEnd());
                line = new string(' ', LeftColumn);
            }
            line += word + ' ';
        }
        Line(line.TrimEnd());
    }

    private void Line(string text = "") => surroundings.Out.WriteLine(text);
}
