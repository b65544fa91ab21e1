using System.CommandLine;
using Iggy.Cli.Home;
using Iggy.Cli.Output;
using Iggy.Cli.Values;
using Iggy.Protocol;

namespace Iggy.Cli.Commands;

/// <summary><c>iggy session</c>: who the tool is, for which server, and for how long.</summary>
internal static class SessionCommand
{
    public static Command Create(CommandFactory factory) => CommandFactory.Group("session", null, "See how this tool is logged in.", factory.Create(
        "status",
        "st",
        "Show server, context and login of the commands, and what is left of the session that 'iggy login' opened.",
        async (session, cancellationToken) =>
        {
            var home = new HomeFolder(session.Surroundings);
            var me = (await session.Client.GetMeAsync(cancellationToken)).Client;
            var kept = new TokenStore(home).FindSession(session.Server);
            var token = kept is null ? null : (await session.Client.GetPersonalAccessTokensAsync(cancellationToken)).Where(one => one.Name == kept.Value.Name).Select(TokenJson.Of).FirstOrDefault();
            session.Printer.Record(
                new(
                    new ContextStore(home).Active, session.Server, Names.Of(session.Connection.Transport), session.Connection.Credentials!.ToString(),
                    kept?.Name, token?.ExpiresAt, me.ClientId, me.UserId == ProtocolLimits.NoUser ? null : me.UserId),
                CliJson.Default.SessionJson,
                new Column<SessionJson>("Context", one => one.Context),
                new Column<SessionJson>("Server", one => one.Server),
                new Column<SessionJson>("Transport", one => one.Transport),
                new Column<SessionJson>("Login", one => one.Login),
                new Column<SessionJson>("Session", one => one.SessionName ?? "none"),
                new Column<SessionJson>("Session expires", one => one.SessionName is null ? "" : one.SessionExpiresAt is { } time ? Texts.Time(time) : token is null ? "not this user's, or gone" : "never"),
                new Column<SessionJson>("Client ID", one => Texts.Number(one.ClientId)),
                new Column<SessionJson>("User ID", one => one.UserId is { } user ? Texts.Number(user) : ""));
        }));
}
