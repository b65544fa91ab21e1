using System.CommandLine;
using Iggy.Cli.Home;
using Iggy.Cli.Output;
using Iggy.Cli.Values;
using Iggy.Protocol;

namespace Iggy.Cli.Commands;

/// <summary><c>iggy pat</c>: personal access tokens of the own user.</summary>
internal static class TokenCommands
{
    public static Command Create(CommandFactory factory) =>
        CommandFactory.Group("pat", null, "Manage personal access tokens.", CreateCreate(factory), CreateDelete(factory), CreateList(factory));

    /// <summary>How long a token lives that was asked for with these words.</summary>
    /// <returns>Null for ever, which is also what a server makes of no words.</returns>
    public static TimeSpan? Life(IReadOnlyList<string> words) => Durations.ParseExpiry(words) switch
    {
        ProtocolLimits.ServerDefault or ProtocolLimits.Unlimited => null,
        var micros when micros <= (ulong)(TimeSpan.MaxValue.Ticks / TimeSpan.TicksPerMicrosecond) => TimeSpan.FromTicks((long)micros * TimeSpan.TicksPerMicrosecond),
        _ => throw new CommandException(ExitCode.Usage, $"'{string.Join(' ', words)}' is longer than a token can live; 'never' is allowed."),
    };

    private static Command CreateCreate(CommandFactory factory)
    {
        var name = new Argument<string>("NAME") { Description = "3 to 30 bytes." };
        var expiry = new Argument<string[]>("EXPIRY") { Description = "How long it lives, such as 1day 2hours. Default: never ends.", Arity = ArgumentArity.ZeroOrMore };
        var store = new Option<bool>("--store-token", "-s") { Description = "Keep it for --token-name, in a file of the user's, instead of printing it." };
        return factory.Create(
            "create",
            "c",
            "Add a token.",
            async (session, cancellationToken) =>
            {
                var token = await session.Client.CreatePersonalAccessTokenAsync(session.Get(name), Life(session.Get(expiry)), cancellationToken);
                if (session.Get(store))
                {
                    new TokenStore(new HomeFolder(session.Surroundings)).Keep(session.Server, session.Get(name), token);
                    session.Printer.Say($"Token '{session.Get(name)}' created and kept.");
                }
                else if (session.Printer.IsDocument)
                {
                    session.Printer.Json(new(session.Get(name), token), CliJson.Default.NewTokenJson);
                }
                else
                {
                    // The only time it is shown: also to those who want it quiet, and then alone.
                    await session.Surroundings.Out.WriteLineAsync(session.Printer.IsQuiet ? token : $"Token '{session.Get(name)}' created: {token}");
                }
            },
            name,
            expiry,
            store);
    }

    private static Command CreateDelete(CommandFactory factory)
    {
        var name = new Argument<string>("NAME") { Description = "Name of the token." };
        return factory.Create(
            "delete",
            "d",
            "Remove a token.",
            async (session, cancellationToken) =>
            {
                await session.Client.DeletePersonalAccessTokenAsync(session.Get(name), cancellationToken);
                new TokenStore(new HomeFolder(session.Surroundings)).Forget(session.Server, session.Get(name));
                session.Printer.Say($"Token '{session.Get(name)}' deleted.");
            },
            name);
    }

    private static Command CreateList(CommandFactory factory) => factory.Create(
        "list",
        "l",
        "Show the tokens, without their secrets.",
        async (session, cancellationToken) =>
        {
            var tokens = await session.Client.GetPersonalAccessTokensAsync(cancellationToken);
            session.Printer.Rows(
                [.. tokens.Select(TokenJson.Of)],
                CliJson.Default.IReadOnlyListTokenJson,
                new("Name", token => token.Name),
                new("Expires", token => token.ExpiresAt is { } time ? Texts.Time(time) : "never"));
        },
        Formats.ListMode());
}
