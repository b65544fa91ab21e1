using System.CommandLine;
using Iggy.Cli.Output;
using Iggy.Client;
using Iggy.Protocol;

namespace Iggy.Cli;

/// <summary>What a command works with while it runs: the command line, the printer and the terminal.</summary>
internal class Invocation(ParseResult parsed, Printer printer, Surroundings surroundings)
{
    /// <summary>The command line.</summary>
    public ParseResult Parsed => parsed;

    /// <summary>For data and sentences.</summary>
    public Printer Printer { get; } = printer;

    /// <summary>Terminal and environment.</summary>
    public Surroundings Surroundings { get; } = surroundings;

    /// <summary>The value of an argument.</summary>
    public T Get<T>(Argument<T> argument) => parsed.GetRequiredValue(argument);

    /// <summary>The value of an argument that may be left out; null where it was.</summary>
    public string? Find(Argument<string?> argument) => parsed.GetValue(argument);

    /// <summary>The value of an option; default when it was not given.</summary>
    public T? Get<T>(Option<T> option) => parsed.GetValue(option);

    /// <summary>Whether an option was given.</summary>
    public bool IsGiven(Option option) => parsed.GetResult(option) is { Implicit: false };

    /// <summary>A stream, topic or consumer: digits are a number, anything else a name.</summary>
    public Identifier Id(Argument<string> argument) => Identifier.FromText(Get(argument));
}

/// <summary>What a command works with that needs the server: also a connected client.</summary>
internal sealed class Session(IggyClient client, IggyClientOptions connection, ParseResult parsed, Printer printer, Surroundings surroundings)
    : Invocation(parsed, printer, surroundings)
{
    /// <summary>Connected and, unless the command needs none, logged in.</summary>
    public IggyClient Client { get; } = client;

    /// <summary>The server, as tokens are kept for it.</summary>
    public string Server { get; } = connection.Address.ToString();
}

/// <summary>Builds commands.</summary>
internal sealed class CommandFactory(GlobalOptions options, Surroundings surroundings)
{
    /// <summary>A command with its aliases.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="alias">Its short name; null for none.</param>
    /// <param name="description">For help.</param>
    /// <param name="symbols">Arguments in their order, options, commands below it.</param>
    public static Command Group(string name, string? alias, string description, params Symbol[] symbols)
    {
        var command = new Command(name, description);
        if (alias is not null)
            command.Aliases.Add(alias);
        foreach (var symbol in symbols)
        {
            if (symbol is Command below)
                command.Subcommands.Add(below);
            else if (symbol is Argument argument)
                command.Arguments.Add(argument);
            else
                command.Options.Add((Option)symbol);
        }
        return command;
    }

    /// <summary>A command that does something.</summary>
    public Command Create(string name, string? alias, string description, Func<Session, CancellationToken, Task> run, params Symbol[] symbols) =>
        Create(name, alias, description, needsLogin: true, run, symbols);

    /// <summary>A command that does something, perhaps without login.</summary>
    public Command Create(
        string name, string? alias, string description, bool needsLogin, Func<Session, CancellationToken, Task> run, params Symbol[] symbols)
    {
        return CreateUnconnected(name, alias, description, needsLogin, RunAsync, symbols);

        async Task RunAsync(Invocation invocation, IggyClientOptions connect, CancellationToken cancellationToken)
        {
            await using var client = await surroundings.Connect(connect, cancellationToken);
            await run(new Session(client, connect, invocation.Parsed, invocation.Printer, surroundings), cancellationToken);
        }
    }

    /// <summary>A command that connects by itself.</summary>
    public Command CreateUnconnected(
        string name, string? alias, string description, bool needsLogin, Func<Invocation, IggyClientOptions, CancellationToken, Task> run, params Symbol[] symbols)
    {
        var command = Group(name, alias, description, symbols);
        var ownFormat = symbols.OfType<Option<OutputFormat?>>().SingleOrDefault();
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var connect = options.Read(parsed, surroundings, needsLogin);
            var format = (ownFormat is null ? null : parsed.GetValue(ownFormat)) ?? options.Format(parsed);
            using var cipher = connect.Cipher;
            await run(new Invocation(parsed, new Printer(surroundings, format, options.IsQuiet(parsed)), surroundings), connect, cancellationToken);
        });
        return command;
    }

    /// <summary>A command that works without a server.</summary>
    public Command CreateLocal(string name, string? alias, string description, Action<Invocation> run, params Symbol[] symbols)
    {
        var command = Group(name, alias, description, symbols);
        var ownFormat = symbols.OfType<Option<OutputFormat?>>().SingleOrDefault();
        command.SetAction(parsed =>
        {
            var format = (ownFormat is null ? null : parsed.GetValue(ownFormat)) ?? options.Format(parsed);
            run(new Invocation(parsed, new Printer(surroundings, format, options.IsQuiet(parsed)), surroundings));
        });
        return command;
    }

    /// <summary>What the command line gives for a new context.</summary>
    public Dictionary<string, object> ContextSettings(ParseResult parsed) => options.ContextSettings(parsed);
}
