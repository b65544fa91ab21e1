using System.CommandLine;
using Iggy.Cli.Home;
using Iggy.Cli.Output;
using Iggy.Client;

namespace Iggy.Cli;

/// <summary>Options of every command. Where a command has an option of the same short name, that one counts behind the command's name.</summary>
internal sealed class GlobalOptions
{
    private const string UsernameVariable = "IGGY_USERNAME", PasswordVariable = "IGGY_PASSWORD";

    private readonly ConnectionOptions _connection = new();
    private readonly Option<string?> _username = new("--username", "-u") { Description = $"User. Default: {UsernameVariable}.", HelpName = "name", Recursive = true };

    private readonly Option<string?> _password = new("--password", "-p")
    {
        Description = $"Password. Default: {PasswordVariable}; asked for on a terminal.",
        HelpName = "password",
        Recursive = true,
    };

    private readonly Option<string?> _token = new("--token", "-t") { Description = "Personal access token, instead of user and password.", HelpName = "token", Recursive = true };
    private readonly Option<string?> _tokenName = new("--token-name", "-n") { Description = "A token that 'pat create --store-token' kept, by its name.", HelpName = "name", Recursive = true };
    private readonly Option<bool> _quiet = new("--quiet", "-q") { Description = "Print data and faults only.", Recursive = true };

    private readonly Option<OutputFormat?> _output = new("--output")
    {
        Description = "How data is printed: table, list, json or toml. Default: table.",
        HelpName = "table|list|json|toml",
        Recursive = true,
        CustomParser = Formats.Parse,
    };

    /// <summary>Adds the options to the root.</summary>
    public void AddTo(RootCommand root)
    {
        // What upstream's tool calls a user of its own.
        _username.Aliases.Add("--credentials-username");
        _password.Aliases.Add("--credentials-password");
        foreach (var option in (Option[])[_username, _password, _token, _tokenName, _output, _quiet])
            root.Options.Add(option);
        _connection.AddTo(root);
    }

    /// <summary>How data is printed, unless the command has an older option of its own for it.</summary>
    public OutputFormat Format(ParseResult parsed) => parsed.GetValue(_output) ?? OutputFormat.Table;

    /// <summary>Whether sentences are left out.</summary>
    public bool IsQuiet(ParseResult parsed) => parsed.GetValue(_quiet);

    /// <summary>What the command line gives for a new context, by the keys of its file.</summary>
    public Dictionary<string, object> ContextSettings(ParseResult parsed)
    {
        var given = _connection.Given(parsed).ToDictionary(one => one.Key, one => one.Value, StringComparer.Ordinal);
        foreach (var option in (Option<string?>[])[_username, _password, _token, _tokenName])
        {
            if (parsed.GetValue(option) is { } value)
                given[Setting.KeyOf(option)] = value;
        }
        return given;
    }

    /// <summary>How to connect.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="surroundings">Environment and terminal.</param>
    /// <param name="needsLogin">Whether there must be credentials.</param>
    /// <exception cref="CommandException">Address or credentials are missing or make no sense.</exception>
    public IggyClientOptions Read(ParseResult parsed, Surroundings surroundings, bool needsLogin)
    {
        var home = new HomeFolder(surroundings);
        var context = new ContextStore(home).ReadActive();
        var connect = _connection.Read(new Setting(parsed, surroundings, context));
        return needsLogin ? connect with { Credentials = ReadCredentials(parsed, surroundings, context, new(home), connect.Address) } : connect;
    }

    // Whoever is named nearest counts: command line, environment, context, and at last the session that 'iggy login' opened.
    private Credentials ReadCredentials(
        ParseResult parsed, Surroundings surroundings, IReadOnlyDictionary<string, string> context, TokenStore tokens, ServerAddress address)
    {
        var server = address.ToString();
        var (username, token, tokenName) = (parsed.GetValue(_username), parsed.GetValue(_token), parsed.GetValue(_tokenName));
        if ((username is null ? 0 : 1) + (token is null ? 0 : 1) + (tokenName is null ? 0 : 1) > 1)
            throw new CommandException(ExitCode.Usage, "Give only one of --username, --token and --token-name.");
        if (username is null && token is null && tokenName is null)
        {
            username = surroundings.Variable(UsernameVariable) is { Length: > 0 } name ? name : null;
            if (username is null)
                (username, token, tokenName) = (context.GetValueOrDefault("username"), context.GetValueOrDefault("token"), context.GetValueOrDefault("token_name"));
        }

        if (token is { Length: > 0 })
            return Credentials.ForToken(token);
        if (tokenName is { Length: > 0 })
        {
            return Credentials.ForToken(tokens.Find(server, tokenName)
                ?? throw new CommandException(ExitCode.Usage, $"No token '{tokenName}' was kept for {server}; 'iggy pat create --store-token' keeps one."));
        }
        if (string.IsNullOrEmpty(username))
        {
            return tokens.FindSession(server) is { } session
                ? Credentials.ForToken(session.Token)
                : throw new CommandException(ExitCode.Usage, $"Who are you? Give --username and --password, set {UsernameVariable} and {PasswordVariable}, or use 'iggy login'.");
        }

        var password = parsed.GetValue(_password) ?? surroundings.Variable(PasswordVariable) ?? context.GetValueOrDefault("password")
            ?? surroundings.AskPassword($"Password of {username}:")
            ?? throw new CommandException(ExitCode.Usage, $"The password of '{username}' is missing. Give --password or set {PasswordVariable}.");
        return Credentials.ForUser(username, password);
    }
}
