using System.CommandLine;
using System.CommandLine.Help;
using Iggy.Cli.Commands;
using Iggy.Cli.Help;
using Iggy.Client;
using Iggy.Protocol;

namespace Iggy.Cli;

/// <summary>The command line of <c>iggy</c>, and the way from failures to messages and exit codes.</summary>
internal sealed class IggyCommand
{
    private const string About = """
        Manages an Iggy server, sends messages to it and reads them.

        Streams, topics and consumers are named by number or by name; digits alone are a number.

        Exit codes:
          0    done
          1    the server refused; its error is printed
          2    the command line or an input file cannot be used
          3    the server cannot be reached or does not answer
          4    what was asked for does not exist
          130  interrupted by Ctrl-C before it was done
        """;

    private readonly RootCommand _root = new(About);
    private readonly Surroundings _surroundings;

    /// <summary>Sets the command line up.</summary>
    public IggyCommand(Surroundings surroundings)
    {
        _surroundings = surroundings;
        var options = new GlobalOptions();
        options.AddTo(_root);
        foreach (var version in _root.Options.OfType<VersionOption>())
            version.Aliases.Add("-V");
        foreach (var help in _root.Options.OfType<HelpOption>())
            help.Action = new HelpPage(_root, surroundings);

        var factory = new CommandFactory(options, surroundings);
        _root.Subcommands.Add(StreamCommands.Create(factory));
        _root.Subcommands.Add(TopicCommands.Create(factory));
        _root.Subcommands.Add(PartitionCommands.CreatePartition(factory));
        _root.Subcommands.Add(PartitionCommands.CreateSegment(factory));
        _root.Subcommands.Add(PingCommand.Create(factory));
        _root.Subcommands.Add(SystemCommands.CreateMe(factory));
        _root.Subcommands.Add(SystemCommands.CreateStats(factory));
        _root.Subcommands.Add(SystemCommands.CreateClient(factory));
        _root.Subcommands.Add(SystemCommands.CreateCluster(factory));
        _root.Subcommands.Add(SnapshotCommand.Create(factory));
        _root.Subcommands.Add(TokenCommands.Create(factory));
        _root.Subcommands.Add(UserCommands.Create(factory));
        _root.Subcommands.Add(GroupCommands.Create(factory));
        _root.Subcommands.Add(OffsetCommands.Create(factory));
        _root.Subcommands.Add(DeadLetterCommands.Create(factory));
        _root.Subcommands.Add(ContextCommands.Create(factory));
        _root.Subcommands.Add(LoginCommands.CreateLogin(factory));
        _root.Subcommands.Add(LoginCommands.CreateLogout(factory));
        _root.Subcommands.Add(SessionCommand.Create(factory));
        _root.Subcommands.Add(MirrorCommand.Create(factory));
        _root.Subcommands.Add(OptionsCommand.Create(factory));
        _root.Subcommands.Add(BenchCommand.Create(factory));
        _root.Subcommands.Add(CompletionCommand.Create(factory, _root));
        _root.Subcommands.Add(CommandFactory.Group("message", "m", "Send and read messages.", SendCommand.Create(factory), PollCommand.Create(factory), CopyCommand.Create(factory), FlushCommand.Create(factory)));
    }

    /// <summary>The tree of commands, to be looked at.</summary>
    internal static RootCommand Create(Surroundings surroundings) => new IggyCommand(surroundings)._root;

    /// <summary>Does what the arguments ask for. Failures are told on standard error.</summary>
    public async Task<ExitCode> InvokeAsync(IReadOnlyList<string> arguments, CancellationToken cancellationToken = default)
    {
        ParseResult parsed;
        try
        {
            parsed = _root.Parse(SpellOutGroup(arguments));
        }
        catch (InvalidOperationException e) when (PlainWords.OfConversion(e.Message) is { } fault) // a check of several values came upon one that is none
        {
            await _surroundings.Error.WriteLineAsync(fault);
            return ExitCode.Usage;
        }
        if (parsed.Errors.Count > 0)
        {
            foreach (var error in parsed.Errors)
                await _surroundings.Error.WriteLineAsync(PlainWords.Of(error));
            await _surroundings.Error.WriteLineAsync($"See {HelpPage.PathOf(parsed.CommandResult.Command)} --help.");
            return ExitCode.Usage;
        }

        try
        {
            var configuration = new InvocationConfiguration { EnableDefaultExceptionHandler = false, Output = _surroundings.Out, Error = _surroundings.Error };
            var code = (ExitCode)await parsed.InvokeAsync(configuration, cancellationToken);
            await _surroundings.Out.FlushAsync(CancellationToken.None);
            return code;
        }
        catch (ReaderGoneException)
        {
            return ExitCode.Ok; // whoever read has what it wanted
        }
        catch (Exception e) when (Explain(e) is { } failure)
        {
            await _surroundings.Error.WriteLineAsync(failure.Message);
            return failure.Code;
        }
    }

    // Upstream's short name of consumer-group is that of its own sub-command get too, which the parser does not take; so it is put into words first.
    private string[] SpellOutGroup(IReadOnlyList<string> arguments)
    {
        string[] spelled = [.. arguments];
        for (var i = 0; i < spelled.Length; i++)
        {
            if (!spelled[i].StartsWith('-'))
            {
                if (spelled[i] == GroupCommands.ShortName)
                    spelled[i] = GroupCommands.Name;
                break;
            }
            var option = _root.Options.FirstOrDefault(option => option.Name == spelled[i] || option.Aliases.Contains(spelled[i]));
            i += option?.Arity.MinimumNumberOfValues ?? 0; // its value is not the command
        }
        return spelled;
    }

    // What is foreseen. The rest is a fault of the tool and ends it with a trace.
    private static (ExitCode Code, string Message)? Explain(Exception exception) => exception switch
    {
        CommandException e => (e.Code, e.Message),
        IggyConnectionException e => (ExitCode.NoConnection, e.Message),
        IggyException e => (IsNotFound(e.Error) ? ExitCode.NotFound : ExitCode.Refused, e.Message),
        TimeoutException e => (ExitCode.NoConnection, e.Message),
        OperationCanceledException => (ExitCode.Interrupted, "Interrupted."),
        NotSupportedException e => (ExitCode.Usage, e.Message), // a transport that is not there
        ArgumentException e => (ExitCode.Usage, PlainWords.Of(e)), // a value that the protocol can't carry, such as a name that is too long
        IOException or UnauthorizedAccessException => (ExitCode.Usage, exception.Message), // files of the user's
        _ => null,
    };

    private static bool IsNotFound(IggyError error) => error is IggyError.StreamIdNotFound or IggyError.TopicIdNotFound or IggyError.PartitionNotFound
        or IggyError.ConsumerGroupIdNotFound or IggyError.ConsumerOffsetNotFound or IggyError.ResourceNotFound;
}
