using System.CommandLine;
using Iggy.Cli.Home;
using Iggy.Cli.Output;

namespace Iggy.Cli.Commands;

/// <summary><c>iggy context</c>: named connection settings, none of which needs the server.</summary>
internal static class ContextCommands
{
    private static readonly string[] _secrets = ["password", "token", "encryption_key"];

    public static Command Create(CommandFactory factory) => CommandFactory.Group(
        "context", "ctx", "Manage contexts: named connection settings.", CreateList(factory), CreateShow(factory), CreateUse(factory), CreateCreate(factory), CreateDelete(factory));

    private static Command CreateList(CommandFactory factory) => factory.CreateLocal(
        "list",
        "l",
        "Show the contexts; the active one has a star.",
        session =>
        {
            var contexts = Contexts(session);
            session.Printer.Rows(
                [.. contexts.Names.Select(name => new ContextJson(name, name == contexts.Active))],
                CliJson.Default.IReadOnlyListContextJson,
                new Column<ContextJson>("Name", context => context.IsActive ? $"{context.Name}*" : context.Name));
        },
        Formats.ListMode());

    private static Command CreateShow(CommandFactory factory)
    {
        var name = new Argument<string?>("NAME") { Description = "Name of the context. Default: the active one.", Arity = ArgumentArity.ZeroOrOne };
        return factory.CreateLocal(
            "show",
            "sh",
            "Show the settings of a context; secrets are left out.",
            session =>
            {
                var contexts = Contexts(session);
                var settings = contexts.Read(session.Find(name) ?? contexts.Active);
                session.Printer.Rows(
                    [.. settings.OrderBy(one => one.Key, StringComparer.Ordinal).Select(one => new SettingJson(one.Key, _secrets.Contains(one.Key, StringComparer.Ordinal) ? "(kept)" : one.Value))],
                    CliJson.Default.IReadOnlyListSettingJson,
                    new("Setting", setting => setting.Name),
                    new Column<SettingJson>("Value", setting => setting.Value));
            },
            name,
            Formats.ListMode());
    }

    private static Command CreateUse(CommandFactory factory)
    {
        var name = Name();
        return factory.CreateLocal(
            "use",
            "u",
            "Make a context the active one.",
            session =>
            {
                Contexts(session).Use(session.Get(name));
                session.Printer.Say($"Context '{session.Get(name)}' is active.");
            },
            name);
    }

    private static Command CreateCreate(CommandFactory factory)
    {
        var name = Name();
        return factory.CreateLocal(
            "create",
            "c",
            "Add a context with the connection options and credentials given here.",
            session =>
            {
                Contexts(session).Create(session.Get(name), factory.ContextSettings(session.Parsed));
                session.Printer.Say($"Context '{session.Get(name)}' created.");
            },
            name);
    }

    private static Command CreateDelete(CommandFactory factory)
    {
        var name = Name();
        return factory.CreateLocal(
            "delete",
            "d",
            "Remove a context.",
            session =>
            {
                Contexts(session).Delete(session.Get(name));
                session.Printer.Say($"Context '{session.Get(name)}' deleted.");
            },
            name);
    }

    private static Argument<string> Name() => new("NAME") { Description = "Name of the context." };

    private static ContextStore Contexts(Invocation session) => new(new HomeFolder(session.Surroundings));
}
