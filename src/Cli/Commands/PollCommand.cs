using System.CommandLine;
using System.Text;
using System.Text.Unicode;
using Iggy.Cli.Output;
using Iggy.Cli.Values;
using Iggy.Client;
using Iggy.Protocol;

namespace Iggy.Cli.Commands;

/// <summary><c>iggy message poll</c>: once, or as messages come.</summary>
internal sealed class PollCommand
{
    private const uint FollowBatchCount = 1000;

    private readonly Argument<string> _stream = Arguments.Stream();
    private readonly Argument<string> _topic = Arguments.Topic();
    private readonly Argument<uint> _partition = Arguments.Partition();
    private readonly Option<uint?> _count = new("--message-count", "-m") { Description = "Most messages. Default: 1; with --follow the most of one poll, 1000.", HelpName = "n" };
    private readonly Option<bool> _commit = new("--auto-commit", "-a") { Description = "Store the offset of the last message for the consumer." };
    private readonly Option<ulong?> _offset = new("--offset", "-o") { Description = "Start at this offset.", HelpName = "n" };
    private readonly Option<bool> _first = new("--first", "-f") { Description = "Start at the first message." };
    private readonly Option<bool> _last = new("--last", "-l") { Description = "Start so that the last messages come." };
    private readonly Option<bool> _next = new("--next", "-n") { Description = "Start after the consumer's stored offset. The default." };
    private readonly Option<string> _consumer = new("--consumer", "-c") { Description = "Consumer, by id or name. Default: 0.", HelpName = "id", DefaultValueFactory = _ => "0" };
    private readonly Option<bool> _showHeaders = new("--show-headers", "-s") { Description = "Show the user headers." };
    private readonly Option<string?> _file = new("--output-file") { Description = "Write the messages to this file, whole, for 'message send --input-file'.", HelpName = "file" };
    private readonly Option<bool> _follow = new("--follow") { Description = "Go on as messages come, until Ctrl-C. One line each, with --output json one document each." };

    public static Command Create(CommandFactory factory)
    {
        var symbols = new PollCommand();
        var command = factory.Create(
            "poll",
            "p",
            "Read messages of a partition.",
            symbols.RunAsync,
            symbols._stream,
            symbols._topic,
            symbols._partition,
            symbols._count,
            symbols._commit,
            symbols._offset,
            symbols._first,
            symbols._last,
            symbols._next,
            symbols._consumer,
            symbols._showHeaders,
            symbols._file,
            symbols._follow);
        command.Validators.Add(result =>
        {
            var starts = (result.GetValue(symbols._offset) is null ? 0 : 1) + (result.GetValue(symbols._first) ? 1 : 0)
                + (result.GetValue(symbols._last) ? 1 : 0) + (result.GetValue(symbols._next) ? 1 : 0);
            if (starts > 1)
                result.AddError("Give at most one of --offset, --first, --last and --next.");
            if (result.GetValue(symbols._count) == 0)
                result.AddError("--message-count must be 1 or more.");
        });
        return command;
    }

    private async Task RunAsync(Session session, CancellationToken cancellationToken)
    {
        FileStream? file = session.Get(_file) is { } name ? new FileStream(name, FileMode.Create, FileAccess.Write, FileShare.Read, 256 * 1024, useAsync: true) : null;
        await using (file)
        {
            if (session.Get(_follow))
                await FollowAsync(session, file, cancellationToken);
            else
                await PollAsync(session, file, cancellationToken);
        }
    }

    private async Task PollAsync(Session session, FileStream? file, CancellationToken cancellationToken)
    {
        var count = session.Get(_count) ?? 1;
        var (partition, current, found, rows) = (0u, 0ul, 0L, new List<MessageJson>());
        await Progress.RunAsync(session.Surroundings, session.Printer.IsQuiet || file is null, "Writing", async report =>
        {
            var strategy = ReadStrategy(session);
            while (true)
            {
                // A reply has a bounded size, so many messages take several polls.
                using var messages = await session.Client.PollMessagesAsync(
                    ReadConsumer(session),
                    session.Id(_stream),
                    session.Id(_topic),
                    session.Get(_partition),
                    strategy,
                    (uint)(count - found),
                    session.Get(_commit),
                    cancellationToken);
                (partition, current, found) = (messages.PartitionId, messages.CurrentOffset, found + messages.Count);
                if (file is not null)
                    await MessageFile.WriteAsync(file, messages, cancellationToken);
                else
                    rows.AddRange(messages.Select(ToJson));
                report(found);

                var last = LastOffset(messages);
                if (last is null || last >= current || found >= count)
                    return found;
                strategy = PollingStrategy.FromOffset(last.Value + 1);
            }
        });
        Print(session, file, partition, current, found, rows);
    }

    private void Print(Session session, FileStream? file, uint partition, ulong current, long found, List<MessageJson> rows)
    {
        if (file is not null)
            session.Printer.SayOrJson($"{found} messages of partition {partition} written to {file.Name}.", new(partition, current, found, null), CliJson.Default.PollJson);
        else if (session.Printer.IsDocument)
            session.Printer.Json(new(partition, current, found, rows), CliJson.Default.PollJson);
        else if (rows.Count > 0)
            session.Printer.Details($"Partition {partition}, current offset {current}, {found} messages", rows, ReadColumns(session));
        else
            session.Printer.Say($"No messages; the current offset of partition {partition} is {current}.");
    }

    private static ulong? LastOffset(PolledMessages messages)
    {
        ulong? last = null;
        foreach (var message in messages)
            last = message.Offset;
        return last;
    }

    private async Task FollowAsync(Session session, FileStream? file, CancellationToken cancellationToken)
    {
        var options = new ConsumeOptions
        {
            Stream = session.Id(_stream),
            Topic = session.Id(_topic),
            PartitionId = session.Get(_partition),
            Consumer = ReadConsumer(session),
            Start = ReadStrategy(session),
            BatchCount = session.Get(_count) ?? FollowBatchCount,
            Commit = session.Get(_commit) ? CommitMode.AfterBatch : CommitMode.None,
            Follow = true,
        };
        var output = session.Surroundings.Out;
        try
        {
            await Progress.RunAsync(session.Surroundings, session.Printer.IsQuiet || file is null, "Writing", async report =>
            {
                var count = 0L;
                await foreach (var messages in session.Client.ConsumeAsync(options, cancellationToken))
                {
                    if (file is not null)
                    {
                        await MessageFile.WriteAsync(file, messages, cancellationToken);
                        await file.FlushAsync(cancellationToken);
                    }
                    else
                    {
                        foreach (var message in messages)
                            PrintLine(session, message);
                        await output.FlushAsync(cancellationToken);
                    }
                    report(count += messages.Count);
                }
                return count;
            });
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return; // Ctrl-C is how following ends
        }
    }

    private void PrintLine(Session session, PolledMessage message)
    {
        var json = ToJson(message);
        if (session.Printer.IsDocument)
        {
            session.Printer.Json(json, CliJson.Default.MessageJson);
            return;
        }
        var headers = session.Get(_showHeaders) && json.UserHeaders.Count > 0 ? $" [{DescribeHeaders(json)}]" : "";
        session.Surroundings.Out.WriteLine($"{json.Offset} {Texts.Time(json.Timestamp)}{headers} {Show(session, json)}");
    }

    private Column<MessageJson>[] ReadColumns(Session session)
    {
        Column<MessageJson>[] columns =
        [
            new("Offset", message => Texts.Number(message.Offset)),
            new("Timestamp", message => Texts.Time(message.Timestamp)),
            new("ID", message => message.Id),
            new("Payload", message => Show(session, message)),
        ];
        return session.Get(_showHeaders) ? [.. columns, new("Headers", DescribeHeaders)] : columns;
    }

    private Consumer ReadConsumer(Session session) => new(ConsumerKind.Single, Identifier.FromText(session.Get(_consumer)!));

    private PollingStrategy ReadStrategy(Session session)
    {
        if (session.Get(_offset) is { } offset)
            return PollingStrategy.FromOffset(offset);
        if (session.Get(_first))
            return PollingStrategy.First;
        return session.Get(_last) ? PollingStrategy.Last : PollingStrategy.Next;
    }

    private static MessageJson ToJson(PolledMessage message)
    {
        var headers = new List<HeaderJson>();
        var walk = message.EnumerateHeaders();
        while (walk.MoveNext())
            headers.Add(new(new(HeaderTexts.NameOf(walk.Key.Kind), HeaderTexts.Format(walk.Key)), new(HeaderTexts.NameOf(walk.Value.Kind), HeaderTexts.Format(walk.Value))));
        if (walk.Error is not IggyError.None) // producers may write anything there
            headers = [new(new("raw", ""), new("raw", Convert.ToHexString(message.UserHeaders.Span)))];
        return new(
            message.Offset,
            message.Id.ToString(null, System.Globalization.CultureInfo.InvariantCulture),
            message.TimestampMicros,
            message.OriginTimestampMicros,
            Texts.Number(message.Checksum),
            Convert.ToBase64String(message.Payload.Span),
            Utf8.IsValid(message.Payload.Span) ? Encoding.UTF8.GetString(message.Payload.Span) : null,
            headers);
    }

    // Whoever sent the message must not get to steer the reader's terminal; a file gets the text as it is.
    private static string Show(Session session, MessageJson message)
    {
        var text = message.Text ?? $"base64:{message.Payload}";
        return session.Surroundings.IsOutTerminal ? Texts.WithoutControls(text) : text;
    }

    private static string DescribeHeaders(MessageJson message) =>
        string.Join(", ", message.UserHeaders.Select(header => $"{header.Key.Value}:{header.Value.Kind}:{header.Value.Value}"));
}
