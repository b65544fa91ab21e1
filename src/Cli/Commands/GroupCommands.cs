using System.CommandLine;
using Iggy.Cli.Help;
using Iggy.Cli.Offsets;
using Iggy.Cli.Output;
using Iggy.Cli.Values;

namespace Iggy.Cli.Commands;

/// <summary><c>iggy consumer-group</c>.</summary>
internal static class GroupCommands
{
    public const string Name = "consumer-group", ShortName = "g";

    public static Command Create(CommandFactory factory) => CommandFactory.Group(
        Name, "group", "Manage consumer groups.", CreateCreate(factory), CreateDelete(factory), CreateGet(factory), CreateList(factory), CreateDescribe(factory));

    private static Command CreateDescribe(CommandFactory factory)
    {
        var (stream, topic, group) = (Arguments.Stream(), Arguments.Topic(), Group());
        return factory.Create(
            "describe",
            "ds",
            "Show how far a group is in each partition, and which member reads it.",
            async (session, cancellationToken) =>
            {
                var progress = await GroupProgress.ReadAsync(session.Client, session.Id(stream), session.Id(topic), session.Id(group), cancellationToken);
                session.Printer.Record(progress, CliJson.Default.GroupProgressJson,
                    new("ID", one => Texts.Number(one.Id)), new("Name", one => one.Name), new("Members count", one => Texts.Number(one.MembersCount)), new("Lag", one => Texts.Number(one.Lag)));
                session.Printer.Details("Partitions", progress.Partitions, _progressColumns);
            },
            stream,
            topic,
            group).WithExamples(
            "iggy group describe orders events billing",
            "iggy group describe orders events billing --output json");
    }

    private static Command CreateCreate(CommandFactory factory)
    {
        var (stream, topic, name) = (Arguments.Stream(), Arguments.Topic(), new Argument<string>("NAME") { Description = "1 to 255 bytes." });
        return factory.Create(
            "create",
            "c",
            "Add a group.",
            async (session, cancellationToken) =>
            {
                var group = await session.Client.CreateConsumerGroupAsync(session.Id(stream), session.Id(topic), session.Get(name), cancellationToken);
                session.Printer.SayOrJson($"Consumer group '{group.Name}' created with ID {group.Id}.", GroupJson.Of(group), CliJson.Default.GroupJson);
            },
            stream,
            topic,
            name,
            Arguments.Ignored("--group-id", "-g"));
    }

    private static Command CreateDelete(CommandFactory factory)
    {
        var (stream, topic, group) = (Arguments.Stream(), Arguments.Topic(), Group());
        return factory.Create(
            "delete",
            "d",
            "Remove a group with its stored offsets.",
            async (session, cancellationToken) =>
            {
                await session.Client.DeleteConsumerGroupAsync(session.Id(stream), session.Id(topic), session.Id(group), cancellationToken);
                session.Printer.Say($"Consumer group {session.Get(group)} of topic {session.Get(topic)} of stream {session.Get(stream)} deleted.");
            },
            stream,
            topic,
            group);
    }

    private static Command CreateGet(CommandFactory factory)
    {
        var (stream, topic, group) = (Arguments.Stream(), Arguments.Topic(), Group());
        return factory.Create(
            "get",
            "g",
            "Show one group with its members.",
            async (session, cancellationToken) =>
            {
                var found = await session.Client.GetConsumerGroupAsync(session.Id(stream), session.Id(topic), session.Id(group), cancellationToken)
                    ?? throw new CommandException(ExitCode.NotFound, $"There is no consumer group {session.Get(group)} of topic {session.Get(topic)} of stream {session.Get(stream)}.");
                var json = GroupJson.Of(found.Group, found.Members);
                session.Printer.Record(json, CliJson.Default.GroupJson, _columns);
                session.Printer.Details(
                    "Members",
                    json.Members!,
                    new Column<MemberJson>("ID", member => Texts.Number(member.Id)),
                    new Column<MemberJson>("Partitions", member => string.Join(", ", member.Partitions)));
            },
            stream,
            topic,
            group);
    }

    private static Command CreateList(CommandFactory factory)
    {
        var (stream, topic) = (Arguments.Stream(), Arguments.Topic());
        return factory.Create(
            "list",
            "l",
            "Show the groups of a topic.",
            async (session, cancellationToken) =>
            {
                var groups = await session.Client.GetConsumerGroupsAsync(session.Id(stream), session.Id(topic), cancellationToken);
                session.Printer.Rows([.. groups.Select(group => GroupJson.Of(group))], CliJson.Default.IReadOnlyListGroupJson, _columns);
            },
            stream,
            topic,
            Formats.ListMode());
    }

    private static Argument<string> Group() => new("GROUP") { Description = "Consumer group, by id or name." };

    private static readonly Column<PartitionProgressJson>[] _progressColumns =
    [
        new("Partition ID", one => Texts.Number(one.PartitionId)),
        new("Current offset", one => Texts.Number(one.CurrentOffset)),
        new("Stored offset", one => one.StoredOffset is { } offset ? Texts.Number(offset) : ""),
        new("Lag", one => Texts.Number(one.Lag)),
        new("Member ID", one => one.MemberId is { } member ? Texts.Number(member) : ""),
    ];

    private static readonly Column<GroupJson>[] _columns =
    [
        new("ID", group => Texts.Number(group.Id)),
        new("Name", group => group.Name),
        new("Partitions count", group => Texts.Number(group.PartitionsCount)),
        new("Members count", group => Texts.Number(group.MembersCount)),
    ];
}
