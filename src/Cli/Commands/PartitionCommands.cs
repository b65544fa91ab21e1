using System.CommandLine;
using Iggy.Cli.Output;
using Iggy.Client;
using Iggy.Protocol;

namespace Iggy.Cli.Commands;

/// <summary><c>iggy partition</c> and <c>iggy segment</c>.</summary>
internal static class PartitionCommands
{
    public static Command CreatePartition(CommandFactory factory) => CommandFactory.Group(
        "partition",
        "p",
        "Manage partitions.",
        CreateChange(factory, "create", "c", "Add partitions after the last.", "added to", (client, stream, topic, count, cancellationToken) => client.CreatePartitionsAsync(stream, topic, count, cancellationToken)),
        CreateChange(factory, "delete", "d", "Remove the last partitions with their messages.", "removed from", (client, stream, topic, count, cancellationToken) => client.DeletePartitionsAsync(stream, topic, count, cancellationToken)),
        CreateList(factory));

    public static Command CreateSegment(CommandFactory factory) =>
        CommandFactory.Group("segment", "seg", "Manage segments.", CreateSegmentDelete(factory));

    private static Command CreateChange(
        CommandFactory factory,
        string name,
        string alias,
        string description,
        string done,
        Func<IggyClient, Identifier, Identifier, uint, CancellationToken, ValueTask> change)
    {
        var (stream, topic, count) = (Arguments.Stream(), Arguments.Topic(), Arguments.Count("How many."));
        return factory.Create(
            name,
            alias,
            description,
            async (session, cancellationToken) =>
            {
                await change(session.Client, session.Id(stream), session.Id(topic), session.Get(count), cancellationToken);
                session.Printer.Say($"{session.Get(count)} partitions {done} topic {session.Get(topic)} of stream {session.Get(stream)}.");
            },
            stream,
            topic,
            count);
    }

    private static Command CreateList(CommandFactory factory)
    {
        var (stream, topic) = (Arguments.Stream(), Arguments.Topic());
        return factory.Create(
            "list",
            "l",
            "Show the partitions of a topic.",
            async (session, cancellationToken) =>
            {
                var found = await session.Client.GetTopicAsync(session.Id(stream), session.Id(topic), cancellationToken)
                    ?? throw new CommandException(ExitCode.NotFound, $"There is no topic {session.Get(topic)} in a stream {session.Get(stream)}.");
                session.Printer.Rows([.. found.Partitions.Select(PartitionJson.Of)], CliJson.Default.IReadOnlyListPartitionJson, Columns.Partition);
            },
            stream,
            topic,
            Formats.ListMode());
    }

    private static Command CreateSegmentDelete(CommandFactory factory)
    {
        var (stream, topic, partition, count) = (Arguments.Stream(), Arguments.Topic(), Arguments.Partition(), Arguments.Count("At most so many."));
        return factory.Create(
            "delete",
            "d",
            "Remove the oldest closed segments that every stored offset has passed.",
            async (session, cancellationToken) =>
            {
                await session.Client.DeleteSegmentsAsync(session.Id(stream), session.Id(topic), session.Get(partition), session.Get(count), cancellationToken);
                session.Printer.Say($"Up to {session.Get(count)} segments of partition {session.Get(partition)} of topic {session.Get(topic)} of stream {session.Get(stream)} deleted.");
            },
            stream,
            topic,
            partition,
            count);
    }
}
