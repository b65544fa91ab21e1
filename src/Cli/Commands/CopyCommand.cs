using System.CommandLine;
using Iggy.Cli.Help;
using Iggy.Cli.Messages;
using Iggy.Cli.Output;
using Iggy.Cli.Values;
using Iggy.Client;
using Iggy.Protocol;

namespace Iggy.Cli.Commands;

/// <summary><c>iggy message copy</c>: from a topic to another, also of another server; with a time it replays what came since.</summary>
internal sealed class CopyCommand
{
    private readonly Argument<string> _stream = Arguments.Stream();
    private readonly Argument<string> _topic = Arguments.Topic();
    private readonly Argument<string> _toStream = new("TO_STREAM") { Description = "Stream of the copy, by id or name." };
    private readonly Argument<string> _toTopic = new("TO_TOPIC") { Description = "Topic of the copy, by id or name. Each message goes to the partition of the same number." };
    private readonly Option<string?> _to = new("--to") { Description = "Server of the copy: iggy://user:password@host:port. Default: the same.", HelpName = "connection" };
    private readonly Option<uint?> _partition = new("--partition-id", "-p") { Description = "Only this partition. Default: all.", HelpName = "id" };
    private readonly Option<string?> _consumer = new("--consumer", "-c") { Description = "Go on where this consumer is, and store how far the copy is. Default: everything.", HelpName = "id" };
    private readonly Option<string?> _timestamp = new("--timestamp") { Description = "Start at the first message of this time or later.", HelpName = "time" };
    private readonly Option<string?> _since = new("--since") { Description = "Start so long ago, such as 15min or 2h.", HelpName = "duration" };
    private readonly Option<ulong?> _count = new("--message-count", "-m") { Description = "Most messages. Default: no limit.", HelpName = "n" };
    private readonly Option<bool> _follow = new("--follow") { Description = "Go on as messages come, until Ctrl-C." };

    public static Command Create(CommandFactory factory)
    {
        var symbols = new CopyCommand();
        var command = factory.Create(
            "copy",
            "c",
            "Copy messages to another topic, with ids, headers and times of origin.",
            symbols.RunAsync,
            symbols._stream,
            symbols._topic,
            symbols._toStream,
            symbols._toTopic,
            symbols._to,
            symbols._partition,
            symbols._consumer,
            symbols._timestamp,
            symbols._since,
            symbols._count,
            symbols._follow);
        command.Validators.Add(result =>
        {
            if ((result.GetValue(symbols._timestamp) is null ? 0 : 1) + (result.GetValue(symbols._since) is null ? 0 : 1) + (result.GetValue(symbols._consumer) is null ? 0 : 1) > 1)
                result.AddError("Give at most one of --consumer, --timestamp and --since.");
        });
        return command.WithExamples(
            "iggy message copy orders events test events --since 1h          # replays an hour",
            "iggy message copy orders events orders events --to iggy://iggy:secret@other:8090 --consumer copier --follow");
    }

    private async Task RunAsync(Session session, CancellationToken cancellationToken)
    {
        await using var other = session.Get(_to) is { } to ? await session.Surroundings.Connect(Connections.Parse(to, "--to"), cancellationToken) : null;
        if (other is null && session.Get(_stream) == session.Get(_toStream) && session.Get(_topic) == session.Get(_toTopic))
            throw new CommandException(ExitCode.Usage, "A topic can't be copied to itself.");
        var plan = new ReadPlan
        {
            Stream = session.Id(_stream),
            Topic = session.Id(_topic),
            Partition = session.Get(_partition),
            Consumer = new(ConsumerKind.Single, Identifier.FromText(session.Get(_consumer) ?? "0")),
            Start = ReadStart(session),
            Count = session.Get(_count),
            Follow = session.Get(_follow),
            Commit = session.Get(_consumer) is null ? CommitMode.None : CommitMode.AfterBatch,
        };
        var copy = new MessageCopy(other ?? session.Client, session.Id(_toStream), session.Id(_toTopic));
        var copied = 0L;
        try
        {
            await Progress.RunAsync(session.Surroundings, session.Printer.IsQuiet, "Copying", async report =>
            {
                await foreach (var messages in new TopicReader(session.Client, plan, session.Surroundings.Clock).ReadAsync(cancellationToken))
                    report(copied += await copy.SendAsync(messages, 0, messages.PartitionId, cancellationToken));
                return copied;
            });
        }
        catch (OperationCanceledException) when (plan.Follow && cancellationToken.IsCancellationRequested)
        {
            return; // Ctrl-C is how following ends
        }
        catch (Exception e) when (copied > 0 && e is IggyException or TimeoutException or OperationCanceledException)
        {
            await session.Surroundings.Error.WriteLineAsync($"Before this, {copied} messages were copied.");
            throw;
        }
        session.Printer.SayOrJson($"{copied} messages copied to topic {session.Get(_toTopic)} of stream {session.Get(_toStream)}.", new(copied), CliJson.Default.CopiedJson);
    }

    private PollingStrategy ReadStart(Session session)
    {
        if (Moments.Start(session.Get(_timestamp), session.Get(_since), session.Surroundings.Clock) is { } byTime)
            return byTime;
        return session.Get(_consumer) is null ? PollingStrategy.First : PollingStrategy.Next;
    }
}
