using System.CommandLine;
using System.CommandLine.Invocation;

namespace Iggy.Silo.CommandLine;

/// <summary>The command line of <c>iggy-server</c>: Apache Iggy's options and ours.</summary>
public sealed class ServerCommand
{
    private const string About = """
        Iggy.NET, a persistent message-streaming server that speaks the Apache Iggy protocol.

        Any setting of docs/CONFIGURATION.md can be given as --Iggy:Section:Name=value, for instance
        --Iggy:Tcp:Address=[::]:8090; as the environment variable Iggy__Section__Name; in appsettings.json
        or the JSON file that IGGY_CONFIG_PATH names; and many by Apache Iggy's own name, such as IGGY_TCP_ADDRESS
        or tcp.address in a TOML file that IGGY_CONFIG_PATH names.

        Exit codes:
          0  stopped as asked
          1  unexpected failure, see the log
          2  the configuration is not allowed
          3  another server holds the data folder
          4  an address cannot be listened on
          5  the data cannot be opened
        """;

    private readonly Option<bool> _fresh = new("--fresh", "-f") { Description = "Remove all data before the start." };
    private readonly Option<bool> _defaultRoot = new("--with-default-root-credentials") { Description = "At the first start, take iggy/iggy for what is not given. For trials only." };
    private readonly Option<bool> _follower = new("--follower") { Description = "Taken for Apache Iggy's test tools; a server that runs alone stays the leader." };
    private readonly Option<bool> _configuration = new("--configuration") { Description = "Print the effective configuration, secrets masked, and leave." };
    private readonly Option<bool> _logJson = new("--log-json") { Description = "Log JSON, one object a line." };
    private readonly Option<string> _provider = new("--config-provider", "-c") { Description = "Where the configuration comes from; only 'file' is there." };
    private readonly RootCommand _root;

    /// <summary>Sets the command line up.</summary>
    /// <param name="run">The server; its exit code is the process's.</param>
    /// <param name="resetPassword">Sets the password of a user, by name; reads it from standard input, or generates one.</param>
    /// <param name="copyMetadata">Copies the metadata of a stopped server to PostgreSQL, by its connection string.</param>
    public ServerCommand(
        Func<ServerArguments, Task<ExitCode>> run, Func<ServerArguments, string, bool, Task<ExitCode>> resetPassword, Func<ServerArguments, string, Task<ExitCode>> copyMetadata)
    {
        _provider.AcceptOnlyFromAmong("file");
        _root = new RootCommand(About);
        foreach (var option in _root.Options.OfType<VersionOption>().ToArray())
            _root.Options.Remove(option);
        _root.Options.Add(new VersionOption("--version", "-V") { Action = new PrintVersion() });
        foreach (var option in (Option[])[_fresh, _defaultRoot, _follower, _configuration, _logJson, _provider])
            _root.Options.Add(option);
        _root.SetAction(async (parsed, _) => (int)await run(Read(parsed)));

        var (username, fromInput) = (
            new Argument<string>("username") { Description = "Whose password.", DefaultValueFactory = static _ => "iggy" },
            new Option<bool>("--password-stdin") { Description = "Read it from the first line of standard input; otherwise one is generated and shown." });
        var reset = new Command("reset-password", "Give a user a new password. The server must be stopped.") { username, fromInput };
        reset.SetAction(async (parsed, _) => (int)await resetPassword(Read(parsed), parsed.GetValue(username)!, parsed.GetValue(fromInput)));
        _root.Subcommands.Add(new Command("user", "Look after users while the server is stopped.") { reset });

        var to = new Option<string>("--to") { Description = "Where to, such as 'Host=db;Database=iggy;Username=iggy'; the password may be in PGPASSWORD.", Required = true };
        var copy = new Command("copy", "Copy metadata.db to PostgreSQL. The server must be stopped; it starts with Iggy:Metadata:Store=PostgreSql from then on.") { to };
        copy.SetAction(async (parsed, _) => (int)await copyMetadata(Read(parsed), parsed.GetValue(to)!));
        _root.Subcommands.Add(new Command("metadata", "Look after the metadata while the server is stopped.") { copy });
    }

    private IReadOnlyList<string> _settings = [];

    /// <summary>Reads the arguments and does what they ask for.</summary>
    /// <returns>The exit code for the process.</returns>
    public async Task<int> InvokeAsync(string[] arguments)
    {
        (_settings, var rest) = SplitSettings(arguments);
        var parsed = _root.Parse(rest);
        if (parsed.Errors.Count > 0)
        {
            foreach (var error in parsed.Errors)
                await Console.Error.WriteLineAsync(error.Message);
            await Console.Error.WriteLineAsync("See iggy-server --help.");
            return (int)ExitCode.Configuration;
        }

        // The server has signal handling of its own, and tells its own failures.
        return await parsed.InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = null, EnableDefaultExceptionHandler = false });
    }

    private ServerArguments Read(ParseResult parsed) => new()
    {
        Fresh = parsed.GetValue(_fresh),
        WithDefaultRootCredentials = parsed.GetValue(_defaultRoot),
        Follower = parsed.GetValue(_follower),
        ShowConfiguration = parsed.GetValue(_configuration),
        Settings = parsed.GetValue(_logJson) ? ["--Iggy:Logging:Json=true", .. _settings] : _settings,
    };

    // Settings are taken out first: their names hold colons, which the parser reads as the border of an option and its value.
    private static (IReadOnlyList<string> Settings, IReadOnlyList<string> Others) SplitSettings(string[] arguments)
    {
        var (settings, rest) = (new List<string>(), new List<string>());
        for (var i = 0; i < arguments.Length; i++)
        {
            if (!arguments[i].StartsWith("--Iggy:", StringComparison.OrdinalIgnoreCase))
            {
                rest.Add(arguments[i]);
                continue;
            }
            settings.Add(arguments[i]);
            if (!arguments[i].Contains('=', StringComparison.Ordinal) && i + 1 < arguments.Length)
                settings.Add(arguments[++i]);
        }
        return (settings, rest);
    }

    private sealed class PrintVersion : SynchronousCommandLineAction
    {
        public override int Invoke(ParseResult parseResult)
        {
            parseResult.InvocationConfiguration.Output.WriteLine(ServerVersion.Text);
            return (int)ExitCode.Ok;
        }
    }
}
