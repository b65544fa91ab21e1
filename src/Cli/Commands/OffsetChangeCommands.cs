using System.CommandLine;
using Iggy.Cli.Help;
using Iggy.Cli.Offsets;
using Iggy.Cli.Output;
using Iggy.Cli.Values;
using Iggy.Protocol;

namespace Iggy.Cli.Commands;

/// <summary><c>iggy consumer-offset reset</c> and <c>delete</c>: they show what would change, and change it when told so.</summary>
internal sealed class OffsetChangeCommands
{
    private readonly Argument<string> _consumer = new("CONSUMER") { Description = "Consumer or group, by id or name." };
    private readonly Argument<string> _stream = Arguments.Stream();
    private readonly Argument<string> _topic = Arguments.Topic();
    private readonly Argument<uint?> _partition = new("PARTITION") { Description = "Partition, from 0. Without it, all of them.", Arity = ArgumentArity.ZeroOrOne };
    private readonly Option<string> _kind = new("--kind", "-k") { Description = "consumer or consumer-group. Default: consumer.", HelpName = "kind", DefaultValueFactory = _ => "consumer" };
    private readonly Option<bool> _first = new("--to-first") { Description = "To the first message kept." };
    private readonly Option<bool> _last = new("--to-last") { Description = "Behind the last message: only new ones come." };
    private readonly Option<ulong?> _offset = new("--to-offset") { Description = "To this message: it comes next.", HelpName = "n" };
    private readonly Option<string?> _time = new("--to-time") { Description = "To the first message of this time or later: 2026-01-31T12:00:00Z, or microseconds since 1970.", HelpName = "time" };
    private readonly Option<bool> _yes = new("--yes", "-y") { Description = "Do it. Without it, what would change is shown and nothing is changed." };

    private OffsetChangeCommands()
    {
        _kind.AcceptOnlyFromAmong("consumer", "consumer-group");
        _yes.Aliases.Add("--execute");
    }

    public static Command CreateReset(CommandFactory factory)
    {
        var symbols = new OffsetChangeCommands();
        var command = factory.Create(
            "reset",
            "r",
            "Send a consumer or a group to another place.",
            (session, cancellationToken) => symbols.RunAsync(session, symbols.ReadTarget(session), cancellationToken),
            [symbols._consumer, symbols._stream, symbols._topic, symbols._partition, symbols._kind, symbols._first, symbols._last, symbols._offset, symbols._time, symbols._yes]);
        command.Validators.Add(result =>
        {
            var targets = (result.GetValue(symbols._first) ? 1 : 0) + (result.GetValue(symbols._last) ? 1 : 0) + (result.GetValue(symbols._offset) is null ? 0 : 1) + (result.GetValue(symbols._time) is null ? 0 : 1);
            if (targets != 1)
                result.AddError("Give one of --to-first, --to-last, --to-offset and --to-time.");
        });
        return command.WithExamples(
            "iggy offset reset billing orders events --kind consumer-group --to-first          # shows what would change",
            "iggy offset reset billing orders events --kind consumer-group --to-first --yes    # and changes it",
            "iggy offset reset me orders events 0 --to-time 2026-01-31T12:00:00Z --yes");
    }

    public static Command CreateDelete(CommandFactory factory)
    {
        var symbols = new OffsetChangeCommands();
        return factory.Create(
            "delete",
            "d",
            "Forget how far a consumer or a group is.",
            (session, cancellationToken) => symbols.RunAsync(session, new(OffsetTargetKind.Deleted), cancellationToken),
            [symbols._consumer, symbols._stream, symbols._topic, symbols._partition, symbols._kind, symbols._yes]).WithExamples(
            "iggy offset delete me orders events 0 --yes");
    }

    private OffsetTarget ReadTarget(Session session)
    {
        if (session.Get(_offset) is { } offset)
            return new(OffsetTargetKind.Offset, offset);
        if (session.Get(_time) is { } time)
            return new(OffsetTargetKind.Time, Moments.Parse(time, "--to-time"));
        return new(session.Get(_first) ? OffsetTargetKind.First : OffsetTargetKind.Last);
    }

    private async Task RunAsync(Session session, OffsetTarget target, CancellationToken cancellationToken)
    {
        var (stream, topic, wanted) = (session.Id(_stream), session.Id(_topic), session.Parsed.GetValue(_partition));
        var consumer = new Consumer(session.Get(_kind) == "consumer-group" ? ConsumerKind.Group : ConsumerKind.Single, session.Id(_consumer));
        var details = await session.Client.GetTopicAsync(stream, topic, cancellationToken)
            ?? throw new CommandException(ExitCode.NotFound, $"There is no topic {topic} in a stream {stream}.");
        var partitions = details.Partitions.Where(partition => wanted is null || partition.Id == wanted).ToArray();
        if (partitions.Length == 0)
            throw new CommandException(ExitCode.NotFound, $"There is no partition {wanted} of topic {topic} of stream {stream}.");

        var changes = new List<OffsetChangeJson>();
        foreach (var partition in partitions)
        {
            if (await target.PlanAsync(session.Client, consumer, stream, topic, partition, cancellationToken) is { } change)
                changes.Add(change);
        }
        var isDone = session.Get(_yes);
        if (isDone)
        {
            foreach (var change in changes)
            {
                if (change.NewOffset is { } offset)
                    await session.Client.StoreConsumerOffsetAsync(consumer, stream, topic, change.PartitionId, offset, cancellationToken);
                else
                    await session.Client.DeleteConsumerOffsetAsync(consumer, stream, topic, change.PartitionId, cancellationToken);
            }
        }
        Print(session, changes, isDone);
    }

    private void Print(Session session, List<OffsetChangeJson> changes, bool isDone)
    {
        var who = $"{session.Get(_kind)} {session.Get(_consumer)}";
        if (session.Printer.IsDocument)
        {
            session.Printer.Json(new(isDone, changes), CliJson.Default.OffsetChangesJson);
            return;
        }
        session.Printer.Details(
            isDone ? $"Changed for {who}:" : $"Would change for {who}:",
            changes,
            new Column<OffsetChangeJson>("Partition ID", one => Texts.Number(one.PartitionId)),
            new Column<OffsetChangeJson>("Stored offset", one => one.StoredOffset is { } offset ? Texts.Number(offset) : "none"),
            new Column<OffsetChangeJson>("New offset", one => one.NewOffset is { } offset ? Texts.Number(offset) : "none"),
            new Column<OffsetChangeJson>("Comes next", one => one.NextOffset is { } offset ? Texts.Number(offset) : "the first"));
        if (changes.Count == 0)
            session.Printer.Say($"Nothing to change for {who}.");
        else if (!isDone)
            session.Printer.Say("Nothing was changed; --yes does it.");
    }
}
