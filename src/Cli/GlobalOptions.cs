using System.CommandLine;
using Iggy.Cli.Output;
using Iggy.Client;

namespace Iggy.Cli;

/// <summary>Options of every command. Where a command has an option of the same short name, that one counts behind the command's name.</summary>
internal sealed class GlobalOptions
{
    private const string AddressVariable = "IGGY_TCP_SERVER_ADDRESS", UsernameVariable = "IGGY_USERNAME", PasswordVariable = "IGGY_PASSWORD";

    private readonly Option<string?> _address = new("--tcp-server-address")
    {
        Description = $"Server, host:port. Default: {AddressVariable}, or {ServerAddress.DefaultTcp}.",
        HelpName = "host:port",
        Recursive = true,
    };

    private readonly Option<string?> _transport = new("--transport") { Description = "Only 'tcp' is there.", HelpName = "tcp", Recursive = true };
    private readonly Option<string?> _username = new("--username", "-u") { Description = $"User. Default: {UsernameVariable}.", HelpName = "name", Recursive = true };

    private readonly Option<string?> _password = new("--password", "-p")
    {
        Description = $"Password. Default: {PasswordVariable}; asked for on a terminal.",
        HelpName = "password",
        Recursive = true,
    };

    private readonly Option<string?> _token = new("--token", "-t") { Description = "Personal access token, instead of user and password.", HelpName = "token", Recursive = true };
    private readonly Option<bool> _quiet = new("--quiet", "-q") { Description = "Print data and faults only.", Recursive = true };

    private readonly Option<OutputFormat?> _output = new("--output")
    {
        Description = "How data is printed: table, list or json. Default: table.",
        HelpName = "table|list|json",
        Recursive = true,
        CustomParser = Formats.Parse,
    };

    public GlobalOptions() => _transport.AcceptOnlyFromAmong("tcp");

    /// <summary>Adds the options to the root.</summary>
    public void AddTo(RootCommand root)
    {
        foreach (var option in (Option[])[_address, _transport, _username, _password, _token, _output, _quiet])
            root.Options.Add(option);
    }

    /// <summary>How data is printed, unless the command has an older option of its own for it.</summary>
    public OutputFormat Format(ParseResult parsed) => parsed.GetValue(_output) ?? OutputFormat.Table;

    /// <summary>Whether sentences are left out.</summary>
    public bool IsQuiet(ParseResult parsed) => parsed.GetValue(_quiet);

    /// <summary>How to connect.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="surroundings">Environment and terminal.</param>
    /// <param name="needsLogin">Whether there must be credentials.</param>
    /// <exception cref="CommandException">Address or credentials are missing or make no sense.</exception>
    public IggyClientOptions Read(ParseResult parsed, Surroundings surroundings, bool needsLogin)
    {
        var text = parsed.GetValue(_address) ?? surroundings.Variable(AddressVariable);
        var address = ServerAddress.DefaultTcp;
        if (text is not null && !ServerAddress.TryParse(text, out address))
            throw new CommandException(ExitCode.Usage, $"'{text}' is no server address; expected host:port, such as {ServerAddress.DefaultTcp}.");
        return new() { Address = address, Credentials = needsLogin ? ReadCredentials(parsed, surroundings) : null };
    }

    private Credentials ReadCredentials(ParseResult parsed, Surroundings surroundings)
    {
        var username = parsed.GetValue(_username);
        if (parsed.GetValue(_token) is { Length: > 0 } token)
        {
            return username is null
                ? Credentials.ForToken(token)
                : throw new CommandException(ExitCode.Usage, "Give either --username or --token.");
        }

        username ??= surroundings.Variable(UsernameVariable);
        if (string.IsNullOrEmpty(username))
            throw new CommandException(ExitCode.Usage, $"Who are you? Give --username and --password, or set {UsernameVariable} and {PasswordVariable}.");
        var password = parsed.GetValue(_password) ?? surroundings.Variable(PasswordVariable) ?? surroundings.AskPassword(username)
            ?? throw new CommandException(ExitCode.Usage, $"The password of '{username}' is missing. Give --password or set {PasswordVariable}.");
        return Credentials.ForUser(username, password);
    }
}
