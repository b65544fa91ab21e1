using System.CommandLine;
using System.CommandLine.Parsing;
using Iggy.Cli.Help;
using Iggy.Cli.Messages;
using Iggy.Cli.Output;
using Iggy.Cli.Values;
using Iggy.Client;
using Iggy.Protocol;

namespace Iggy.Cli.Commands;

/// <summary><c>iggy message poll</c>: so many, up to the end, or as messages come. It keeps no messages, so that any number may pass.</summary>
internal sealed class PollCommand
{
    private readonly Argument<string> _stream = Arguments.Stream();
    private readonly Argument<string> _topic = Arguments.Topic();
    private readonly Argument<uint?> _partition = new("PARTITION") { Description = "Partition, from 0. Without it, all of them, in the order in which something comes.", Arity = ArgumentArity.ZeroOrOne };
    private readonly Option<ulong?> _count = new("--message-count", "-m") { Description = "Most messages; with --last and no PARTITION so many of each. Default: 1; no limit with --until-end and --follow.", HelpName = "n" };
    private readonly Option<bool> _untilEnd = new("--until-end", "-e") { Description = "Read up to the messages that are there now, and stop." };
    private readonly Option<bool> _follow = new("--follow") { Description = "Go on as messages come, until Ctrl-C. One line each, with --output json one document each." };
    private readonly Option<ulong?> _offset = new("--offset", "-o") { Description = "Start at this offset.", HelpName = "n" };
    private readonly Option<bool> _first = new("--first", "-f") { Description = "Start at the first message." };
    private readonly Option<bool> _last = new("--last", "-l") { Description = "Start so that the last messages come." };
    private readonly Option<bool> _next = new("--next", "-n") { Description = "Start after the consumer's stored offset. The default." };
    private readonly Option<string?> _timestamp = new("--timestamp") { Description = "Start at the first message of this time or later: 2026-01-31T12:00:00Z, or microseconds since 1970.", HelpName = "time" };
    private readonly Option<string?> _since = new("--since") { Description = "Start so long ago, such as 15min or 2h.", HelpName = "duration" };
    private readonly Option<string> _consumer = new("--consumer", "-c") { Description = "Consumer, by id or name. Default: 0.", HelpName = "id", DefaultValueFactory = _ => "0" };
    private readonly Option<string?> _group = new("--group", "-g") { Description = "Read as a member of this consumer group, made where it is missing; what was printed is stored.", HelpName = "group" };
    private readonly Option<bool> _commit = new("--auto-commit", "-a") { Description = "Store the offset of the last message for the consumer." };
    private readonly Option<string?> _format = new("--format") { Description = $"Print this text for each message: {MessageTemplate.Placeholders}.", HelpName = "text" };
    private readonly Option<bool> _showHeaders = new("--show-headers", "-s") { Description = "Show the user headers." };
    private readonly Option<string?> _file = new("--output-file") { Description = "Write the messages to this file, whole, for 'message send --input-file'.", HelpName = "file" };

    public static Command Create(CommandFactory factory)
    {
        var symbols = new PollCommand();
        var command = factory.Create(
            "poll",
            "p",
            "Read messages of a topic.",
            symbols.RunAsync,
            symbols._stream,
            symbols._topic,
            symbols._partition,
            symbols._count,
            symbols._untilEnd,
            symbols._follow,
            symbols._offset,
            symbols._first,
            symbols._last,
            symbols._next,
            symbols._timestamp,
            symbols._since,
            symbols._consumer,
            symbols._group,
            symbols._commit,
            symbols._format,
            symbols._showHeaders,
            symbols._file);
        command.Validators.Add(symbols.Validate);
        return command.WithExamples(
            "iggy message poll orders events 0 --first -m 10           # ten messages of one partition",
            "iggy message poll orders events --first --until-end       # all that is there, of all partitions",
            "iggy message poll orders events --since 15min --follow    # a quarter of an hour ago, and what comes",
            "iggy message poll orders events --group billing --follow  # as a member of a group",
            "iggy message poll orders events -f -e --format '{partition}:{offset} {header:type} {payload}'");
    }

    private void Validate(CommandResult result)
    {
        var starts = (result.GetValue(_offset) is null ? 0 : 1) + (result.GetValue(_first) ? 1 : 0) + (result.GetValue(_last) ? 1 : 0) + (result.GetValue(_next) ? 1 : 0)
            + (result.GetValue(_timestamp) is null ? 0 : 1) + (result.GetValue(_since) is null ? 0 : 1);
        if (starts > 1)
            result.AddError("Give at most one of --offset, --first, --last, --next, --timestamp and --since.");
        if (result.GetValue(_count) == 0)
            result.AddError("--message-count must be 1 or more.");
        if (result.GetValue(_untilEnd) && result.GetValue(_follow))
            result.AddError("Give either --until-end or --follow.");
        if (result.GetValue(_last) && result.GetValue(_count) is null && (result.GetValue(_untilEnd) || result.GetValue(_follow)))
            result.AddError("--last needs --message-count here.");
        if (result.GetValue(_format) is not null && result.GetValue(_file) is not null)
            result.AddError("Give either --format or --output-file.");
        if (result.GetValue(_group) is null)
            return;
        if (starts > (result.GetValue(_next) ? 1 : 0) || result.GetValue(_partition) is not null || result.GetResult(_consumer) is { Implicit: false })
            result.AddError("With --group the server chooses partitions and offsets: give no PARTITION, --consumer or start.");
    }

    private async Task RunAsync(Session session, CancellationToken cancellationToken)
    {
        var (plan, follows) = (ReadPlanOf(session), session.Get(_follow));
        FileStream? file = session.Get(_file) is { } name ? new FileStream(name, FileMode.Create, FileAccess.Write, FileShare.Read, 256 * 1024, useAsync: true) : null;
        await using (file)
        {
            var sink = SinkOf(session, plan, file);
            var (count, current, partition) = (0L, 0UL, plan.Partition);
            try
            {
                await Progress.RunAsync(session.Surroundings, session.Printer.IsQuiet || file is null, "Writing", async report =>
                {
                    var batches = session.Get(_group) is null
                        ? new TopicReader(session.Client, plan, session.Surroundings.Clock).ReadAsync(cancellationToken)
                        : new GroupReader(session.Client, plan, session.Surroundings.Clock).ReadAsync(cancellationToken);
                    await foreach (var messages in batches)
                    {
                        await sink.WriteAsync(messages, cancellationToken);
                        current = messages.CurrentOffset;
                        report(count += messages.Count);
                    }
                    return count;
                });
            }
            catch (OperationCanceledException) when (follows && cancellationToken.IsCancellationRequested)
            {
                return; // Ctrl-C is how following ends
            }
            await sink.EndAsync(count);
            Tell(session, file, partition, count, current);
        }
    }

    private void Tell(Session session, FileStream? file, uint? partition, long count, ulong current)
    {
        var of = partition is null ? "" : $" of partition {partition}";
        if (file is not null)
            session.Printer.SayOrJson($"{count} messages{of} written to {file.Name}.", new(file.Name, count), CliJson.Default.WrittenJson);
        else if (session.Get(_format) is not null || session.Get(_follow))
            return;
        else if (count == 0)
            session.Printer.Say($"No messages{of}.");
        else
            session.Printer.Say(partition is null ? $"{count} messages." : $"{count} messages{of}; the current offset is {current}.");
    }

    private IMessageSink SinkOf(Session session, ReadPlan plan, FileStream? file)
    {
        var (output, isTerminal, hasPartitions) = (session.Surroundings.Out, session.Surroundings.IsOutTerminal, plan.Partition is null);
        if (file is not null)
            return new FileSink(file, plan.Follow);
        if (session.Get(_format) is { } template)
            return new TemplateSink(output, MessageTemplate.Parse(template, isTerminal));
        return session.Printer.Format switch
        {
            OutputFormat.Json or OutputFormat.Toml when plan.Follow => new DocumentSink(output, session.Printer.Format),
            OutputFormat.Json => new JsonSink(output, plan.Partition),
            OutputFormat.Toml => new TomlSink(output),
            _ when plan.Follow => new LineSink(output, isTerminal, hasPartitions, session.Get(_showHeaders)),
            OutputFormat.List => new ListSink(output, isTerminal, hasPartitions, session.Get(_showHeaders)),
            _ => new TableSink(output, hasPartitions, session.Get(_showHeaders)),
        };
    }

    private ReadPlan ReadPlanOf(Session session)
    {
        var group = session.Get(_group);
        var (follows, endless) = (session.Get(_follow), session.Get(_follow) || session.Get(_untilEnd));
        return new()
        {
            Stream = session.Id(_stream),
            Topic = session.Id(_topic),
            Partition = session.Parsed.GetValue(_partition),
            Consumer = group is null ? new(ConsumerKind.Single, Identifier.FromText(session.Get(_consumer)!)) : new(ConsumerKind.Group, Identifier.FromText(group)),
            Start = ReadStart(session),
            Count = session.Get(_count) ?? (endless ? null : 1),
            Follow = follows,
            Commit = !session.Get(_commit) ? CommitMode.None : follows ? CommitMode.AfterBatch : CommitMode.OnPoll,
        };
    }

    private PollingStrategy ReadStart(Session session)
    {
        if (session.Get(_offset) is { } offset)
            return PollingStrategy.FromOffset(offset);
        if (Moments.Start(session.Get(_timestamp), session.Get(_since), session.Surroundings.Clock) is { } byTime)
            return byTime;
        if (session.Get(_first))
            return PollingStrategy.First;
        return session.Get(_last) ? PollingStrategy.Last : PollingStrategy.Next;
    }
}
