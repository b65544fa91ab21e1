using System.CommandLine;
using System.Security.Cryptography;
using Iggy.Cli.Home;
using Iggy.Client;

namespace Iggy.Cli.Commands;

/// <summary><c>iggy login</c> and <c>logout</c>: a short-lived token is kept, so that the commands between them need no credentials.</summary>
internal static class LoginCommands
{
    private const string DefaultLife = "15minutes";

    public static Command CreateLogin(CommandFactory factory)
    {
        var expiry = new Argument<string[]>("EXPIRY") { Description = "How long the session lives, such as 8hours. Default: 15 minutes.", Arity = ArgumentArity.ZeroOrMore };
        return factory.Create(
            "login",
            "li",
            "Open a session: later commands need no credentials.",
            async (session, cancellationToken) =>
            {
                var words = session.Get(expiry);
                var life = TokenCommands.Life(words.Length > 0 ? words : [DefaultLife]);
                var store = new TokenStore(new HomeFolder(session.Surroundings));
                var older = store.FindSession(session.Server);
                // Each session has a token of its own name, so that one machine's logout leaves the others alone.
                var name = $"iggy-cli-{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8))}";
                store.KeepSession(session.Server, name, await session.Client.CreatePersonalAccessTokenAsync(name, life, cancellationToken));
                if (older is not null)
                    await DeleteAsync(session.Client, older.Value.Name, cancellationToken);
                session.Printer.Say(life is { } time ? $"Logged in to {session.Server} for {Values.Durations.Format((ulong)time.TotalMicroseconds)}." : $"Logged in to {session.Server}.");
            },
            expiry);
    }

    public static Command CreateLogout(CommandFactory factory) => factory.Create(
        "logout",
        "lo",
        "Close the session.",
        async (session, cancellationToken) =>
        {
            var store = new TokenStore(new HomeFolder(session.Surroundings));
            if (store.FindSession(session.Server) is not { } open)
                throw new CommandException(ExitCode.NotFound, $"No session is open at {session.Server}.");
            await DeleteAsync(session.Client, open.Name, cancellationToken);
            store.ForgetSession(session.Server);
            session.Printer.Say($"Logged out from {session.Server}.");
        });

    // A token that has expired is gone already; one of another user's session can't be seen, and expires by itself.
    private static async Task DeleteAsync(IggyClient client, string name, CancellationToken cancellationToken)
    {
        var tokens = await client.GetPersonalAccessTokensAsync(cancellationToken);
        if (tokens.Any(token => token.Name == name))
            await client.DeletePersonalAccessTokenAsync(name, cancellationToken);
    }
}
