using System.CommandLine;
using Iggy.Cli.Help;
using Iggy.Cli.Messages;
using Iggy.Cli.Output;
using Iggy.Cli.Values;
using Iggy.Client;
using Iggy.Protocol;

namespace Iggy.Cli.Commands;

/// <summary><c>iggy dead-letter</c>: messages that the handlers of a group could not handle and set aside in a topic of their own.</summary>
internal sealed class DeadLetterCommands
{
    // How far replaying is, is stored under this name: what was sent back does not come again.
    private const string Replayer = "iggy-replay";

    private const uint ListedByDefault = 100;

    private readonly Argument<string> _stream = Arguments.Stream();
    private readonly Argument<string> _topic = new("TOPIC") { Description = "Topic that the group reads, by name." };
    private readonly Argument<string> _group = new("GROUP") { Description = "Group, by name." };
    private readonly Option<string?> _letters = new("--dead-letter-topic") { Description = "Topic of the dead letters. Default: TOPIC.dlq.GROUP.", HelpName = "name" };
    private readonly Option<uint?> _count = new("--message-count", "-m") { Description = "Most messages. Default of list: 100, of replay: no limit.", HelpName = "n" };
    private readonly Option<bool> _all = new("--all", "-a") { Description = "Also those that were replayed." };

    public static Command Create(CommandFactory factory) =>
        CommandFactory.Group("dead-letter", "dl", "See and replay messages that a group could not handle.", new DeadLetterCommands().CreateList(factory), new DeadLetterCommands().CreateReplay(factory));

    private Command CreateList(CommandFactory factory) => factory.Create(
        "list",
        "l",
        "Show what was set aside and not replayed yet: where it was, how often it was tried, and why it failed.",
        ListAsync,
        _stream,
        _topic,
        _group,
        _letters,
        _count,
        _all).WithExamples(
        "iggy dead-letter list shop orders billing",
        "iggy dead-letter list shop orders billing --all --output json");

    private Command CreateReplay(CommandFactory factory) => factory.Create(
        "replay",
        "r",
        "Send what was set aside back to its topic and partition, for all groups that read them; a run that was stopped goes on, and may send the last one again.",
        ReplayAsync,
        _stream,
        _topic,
        _group,
        _letters,
        _count).WithExamples(
        "iggy dead-letter replay shop orders billing",
        "iggy dead-letter replay shop orders billing -m 1");

    private async Task ListAsync(Session session, CancellationToken cancellationToken)
    {
        var rows = new List<DeadLetterJson>();
        var plan = Plan(session, session.Get(_count) ?? ListedByDefault) with { Start = session.Get(_all) ? PollingStrategy.First : PollingStrategy.Next };
        await foreach (var messages in new TopicReader(session.Client, plan, session.Surroundings.Clock).ReadAsync(cancellationToken))
        {
            foreach (var message in messages)
            {
                if (DeadLetter.Read(message) is { } letter)
                    rows.Add(letter.ToJson(messages.PartitionId, message));
            }
        }
        session.Printer.Rows(rows, CliJson.Default.IReadOnlyListDeadLetterJson,
            new("Offset", one => Texts.Number(one.Offset)), new("Time", one => Texts.Time(one.Timestamp)), new("From", one => $"{one.OriginTopic}/{one.OriginPartitionId}:{one.OriginOffset}"),
            new("Attempts", one => $"{one.Attempts}"), new("Error", one => Texts.WithoutControls(one.Error)), new("Payload", one => Texts.WithoutControls(one.Payload)));
    }

    private async Task ReplayAsync(Session session, CancellationToken cancellationToken)
    {
        var (replayed, skipped) = (0L, 0L);
        var plan = Plan(session, session.Get(_count));
        try
        {
            await foreach (var messages in new TopicReader(session.Client, plan, session.Surroundings.Clock).ReadAsync(cancellationToken))
            {
                foreach (var message in messages)
                {
                    if (DeadLetter.Read(message) is { } letter)
                    {
                        await session.Client.SendMessageAsync(
                            plan.Stream, new Identifier(letter.Topic), Partitioning.ToPartition(letter.PartitionId), letter.Restore(message), cancellationToken);
                        replayed++;
                    }
                    else
                    {
                        skipped++; // somebody's who wrote to this topic; it stays there
                    }
                    await session.Client.StoreConsumerOffsetAsync(plan.Consumer, plan.Stream, plan.Topic, messages.PartitionId, message.Offset, cancellationToken);
                }
            }
        }
        catch (Exception e) when (replayed > 0 && e is IggyException or TimeoutException or OperationCanceledException)
        {
            await session.Surroundings.Error.WriteLineAsync($"Before this, {replayed} messages were replayed.");
            throw;
        }
        session.Printer.SayOrJson(
            $"{replayed} messages replayed to topic {session.Get(_topic)}{(skipped > 0 ? $"; {skipped} were no dead letters" : "")}.", new(replayed, skipped), CliJson.Default.ReplayedJson);
    }

    private ReadPlan Plan(Session session, uint? count) => new()
    {
        Stream = session.Id(_stream),
        Topic = new Identifier(session.Get(_letters) ?? $"{session.Get(_topic)}.dlq.{session.Get(_group)}"),
        Consumer = new(ConsumerKind.Single, new Identifier(Replayer)),
        Start = PollingStrategy.Next,
        Count = count,
    };
}
