using System.CommandLine;
using Iggy.Cli.Output;
using Iggy.Cli.Values;
using Iggy.Protocol;
using Iggy.Protocol.Classic;

namespace Iggy.Cli.Commands;

/// <summary><c>iggy user</c>.</summary>
internal static class UserCommands
{
    private const string Active = "active", Inactive = "inactive";

    public static Command Create(CommandFactory factory) => CommandFactory.Group(
        "user",
        "u",
        "Manage users.",
        CreateCreate(factory),
        CreateDelete(factory),
        CreateGet(factory),
        CreateList(factory),
        CreateName(factory),
        CreateStatus(factory),
        CreatePassword(factory),
        CreatePermissions(factory));

    private static Command CreateCreate(CommandFactory factory)
    {
        var (name, password) = (new Argument<string>("USERNAME") { Description = "3 to 50 bytes." }, new Argument<string>("PASSWORD") { Description = "3 to 100 bytes." });
        var status = new Option<string>("--user-status", "-u") { Description = "active or inactive. Default: active.", HelpName = "status", DefaultValueFactory = _ => Active };
        status.AcceptOnlyFromAmong(Active, Inactive);
        var permissions = new PermissionSymbols();
        return factory.Create(
            "create",
            "c",
            "Add a user.",
            async (session, cancellationToken) =>
            {
                var user = await session.Client.CreateUserAsync(
                    session.Get(name), session.Get(password), permissions.Read(session), StatusOf(session.Get(status)!), cancellationToken);
                session.Printer.SayOrJson($"User '{user.User.Username}' created with ID {user.User.Id}.", UserJson.Of(user.User, user.Permissions), CliJson.Default.UserJson);
            },
            [name, password, status, .. permissions.All]);
    }

    private static Command CreateDelete(CommandFactory factory)
    {
        var user = User();
        return factory.Create(
            "delete",
            "d",
            "Remove a user; its sessions end.",
            async (session, cancellationToken) =>
            {
                await session.Client.DeleteUserAsync(session.Id(user), cancellationToken);
                session.Printer.Say($"User {session.Get(user)} deleted.");
            },
            user);
    }

    private static Command CreateGet(CommandFactory factory)
    {
        var user = User();
        return factory.Create(
            "get",
            "g",
            "Show one user with its permissions.",
            async (session, cancellationToken) => Print(session, await session.Client.GetUserAsync(session.Id(user), cancellationToken)
                ?? throw new CommandException(ExitCode.NotFound, $"There is no user {session.Get(user)}.")),
            user);
    }

    private static Command CreateList(CommandFactory factory) => factory.Create(
        "list",
        "l",
        "Show all users.",
        async (session, cancellationToken) =>
        {
            var users = await session.Client.GetUsersAsync(cancellationToken);
            session.Printer.Rows([.. users.Select(user => UserJson.Of(user))], CliJson.Default.IReadOnlyListUserJson, _columns);
        },
        Formats.ListMode());

    private static Command CreateName(CommandFactory factory)
    {
        var (user, name) = (User(), new Argument<string>("NEWNAME") { Description = "3 to 50 bytes." });
        return factory.Create(
            "name",
            "n",
            "Rename a user.",
            async (session, cancellationToken) =>
            {
                await session.Client.UpdateUserAsync(session.Id(user), username: session.Get(name), cancellationToken: cancellationToken);
                session.Printer.Say($"User {session.Get(user)} renamed to '{session.Get(name)}'.");
            },
            user,
            name);
    }

    private static Command CreateStatus(CommandFactory factory)
    {
        var (user, status) = (User(), new Argument<string>("STATUS") { Description = "active or inactive." });
        status.AcceptOnlyFromAmong(Active, Inactive);
        return factory.Create(
            "status",
            "s",
            "Let a user in or keep it out; an inactive user's sessions end.",
            async (session, cancellationToken) =>
            {
                await session.Client.UpdateUserAsync(session.Id(user), status: StatusOf(session.Get(status)), cancellationToken: cancellationToken);
                session.Printer.Say($"User {session.Get(user)} is {session.Get(status)}.");
            },
            user,
            status);
    }

    private static Command CreatePassword(CommandFactory factory)
    {
        var user = User();
        var current = new Argument<string?>("CURRENT") { Description = "Password now. Default: asked for.", Arity = ArgumentArity.ZeroOrOne };
        var fresh = new Argument<string?>("NEW") { Description = "New password, 3 to 100 bytes. Default: asked for.", Arity = ArgumentArity.ZeroOrOne };
        return factory.Create(
            "password",
            "pwd",
            "Change the password of a user.",
            async (session, cancellationToken) =>
            {
                string Ask(Argument<string?> argument, string question) => session.Find(argument) ?? session.Surroundings.AskPassword(question)
                    ?? throw new CommandException(ExitCode.Usage, $"{argument.Name} is missing, and nobody is there to be asked.");
                var (old, replacement) = (Ask(current, $"Password of {session.Get(user)} now:"), Ask(fresh, "New password:"));
                await session.Client.ChangePasswordAsync(session.Id(user), old, replacement, cancellationToken);
                session.Printer.Say($"Password of user {session.Get(user)} changed.");
            },
            user,
            current,
            fresh);
    }

    private static Command CreatePermissions(CommandFactory factory)
    {
        var (user, permissions) = (User(), new PermissionSymbols());
        return factory.Create(
            "permissions",
            "p",
            "Replace the permissions of a user; none given takes all away.",
            async (session, cancellationToken) =>
            {
                await session.Client.UpdatePermissionsAsync(session.Id(user), permissions.Read(session), cancellationToken);
                session.Printer.Say($"Permissions of user {session.Get(user)} replaced.");
            },
            [user, .. permissions.All]);
    }

    private static Argument<string> User() => new("USER") { Description = "User, by id or name." };

    private static UserStatus StatusOf(string word) => word == Active ? UserStatus.Active : UserStatus.Inactive;

    private static void Print(Session session, UserDetails user)
    {
        var json = UserJson.Of(user.User, user.Permissions);
        session.Printer.Record(json, CliJson.Default.UserJson, [.. _columns, new("Global permissions", one => string.Join(", ", one.Permissions ?? []))]);
        var rows = (json.Streams ?? []).SelectMany(stream => stream.Topics
            .Select(topic => (Stream: stream.StreamId, Topic: (uint?)topic.TopicId, topic.Permissions))
            .Prepend((stream.StreamId, null, stream.Permissions)));
        session.Printer.Details<(uint Stream, uint? Topic, IReadOnlyList<string> Permissions)>(
            "Permissions on streams and topics",
            [.. rows],
            new("Stream ID", row => Texts.Number(row.Stream)),
            new("Topic ID", row => row.Topic is { } topic ? Texts.Number(topic) : ""),
            new("Permissions", row => string.Join(", ", row.Permissions)));
    }

    private static readonly Column<UserJson>[] _columns =
    [
        new("ID", user => Texts.Number(user.Id)),
        new("Created", user => Texts.Time(user.CreatedAt)),
        new("Username", user => user.Username),
        new("Status", user => user.Status),
    ];

    /// <summary>Options for permissions.</summary>
    private sealed class PermissionSymbols
    {
        private readonly Option<string[]> _global = new("--global-permissions", "-g") { Description = "On the whole server, joined by commas, such as read_streams,poll_messages.", HelpName = "flags" };
        private readonly Option<string[]> _streams = new("--stream-permissions", "-s") { Description = "On one stream: STREAM_ID[:flags][#TOPIC_ID[:flags]]. May be given again.", HelpName = "stream" };

        public Symbol[] All => [_global, _streams];

        public Permissions? Read(Session session) => PermissionTexts.Parse(session.Get(_global) ?? [], session.Get(_streams) ?? []);
    }
}
