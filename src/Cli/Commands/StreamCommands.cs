using System.CommandLine;
using Iggy.Cli.Output;

namespace Iggy.Cli.Commands;

/// <summary><c>iggy stream</c>.</summary>
internal static class StreamCommands
{
    public static Command Create(CommandFactory factory) => CommandFactory.Group(
        "stream",
        "s",
        "Manage streams.",
        CreateCreate(factory),
        CreateDelete(factory),
        CreateUpdate(factory),
        CreateGet(factory),
        CreateList(factory),
        CreatePurge(factory));

    private static Command CreateCreate(CommandFactory factory)
    {
        var name = new Argument<string>("NAME") { Description = "1 to 255 bytes." };
        return factory.Create(
            "create",
            "c",
            "Add a stream.",
            async (session, cancellationToken) =>
            {
                var stream = await session.Client.CreateStreamAsync(session.Get(name), cancellationToken);
                session.Printer.SayOrJson($"Stream '{stream.Name}' created with ID {stream.Id}.", StreamJson.Of(stream), CliJson.Default.StreamJson);
            },
            name,
            Arguments.Ignored("--stream-id", "-s"));
    }

    private static Command CreateDelete(CommandFactory factory)
    {
        var stream = Arguments.Stream();
        return factory.Create(
            "delete",
            "d",
            "Remove a stream with all its topics and messages.",
            async (session, cancellationToken) =>
            {
                await session.Client.DeleteStreamAsync(session.Id(stream), cancellationToken);
                session.Printer.Say($"Stream {session.Get(stream)} deleted.");
            },
            stream);
    }

    private static Command CreateUpdate(CommandFactory factory)
    {
        var (stream, name) = (Arguments.Stream(), new Argument<string>("NAME") { Description = "The new name." });
        return factory.Create(
            "update",
            "u",
            "Rename a stream.",
            async (session, cancellationToken) =>
            {
                await session.Client.UpdateStreamAsync(session.Id(stream), session.Get(name), cancellationToken);
                session.Printer.Say($"Stream {session.Get(stream)} renamed to '{session.Get(name)}'.");
            },
            stream,
            name);
    }

    private static Command CreateGet(CommandFactory factory)
    {
        var stream = Arguments.Stream();
        return factory.Create(
            "get",
            "g",
            "Show a stream and its topics.",
            async (session, cancellationToken) =>
            {
                var found = await session.Client.GetStreamAsync(session.Id(stream), cancellationToken)
                    ?? throw new CommandException(ExitCode.NotFound, $"There is no stream {session.Get(stream)}.");
                var json = StreamJson.Of(found.Stream, found.Topics);
                session.Printer.Record(json, CliJson.Default.StreamJson, Columns.Stream);
                session.Printer.Details("Topics", json.Topics!, Columns.Topic);
            },
            stream);
    }

    private static Command CreateList(CommandFactory factory) => factory.Create(
        "list",
        "l",
        "Show all streams.",
        async (session, cancellationToken) =>
        {
            var streams = await session.Client.GetStreamsAsync(cancellationToken);
            session.Printer.Rows([.. streams.Select(stream => StreamJson.Of(stream))], CliJson.Default.IReadOnlyListStreamJson, Columns.Stream);
        },
        Formats.ListMode());

    private static Command CreatePurge(CommandFactory factory)
    {
        var stream = Arguments.Stream();
        return factory.Create(
            "purge",
            "p",
            "Remove all messages and stored offsets of all topics.",
            async (session, cancellationToken) =>
            {
                await session.Client.PurgeStreamAsync(session.Id(stream), cancellationToken);
                session.Printer.Say($"Stream {session.Get(stream)} purged.");
            },
            stream);
    }
}
