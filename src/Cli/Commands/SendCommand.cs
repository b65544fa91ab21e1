using System.CommandLine;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using Iggy.Cli.Help;
using Iggy.Cli.Messages;
using Iggy.Cli.Output;
using Iggy.Cli.Values;
using Iggy.Client;
using Iggy.Protocol;

namespace Iggy.Cli.Commands;

/// <summary><c>iggy message send</c>: from arguments, from a file of messages, or from lines of a text.</summary>
internal sealed class SendCommand
{
    // A batch is sent before it grows past this, whatever the number of its messages.
    private const long MaxBatchBytes = 4 * 1024 * 1024;

    private readonly Argument<string> _stream = Arguments.Stream();
    private readonly Argument<string> _topic = Arguments.Topic();
    private readonly Argument<string[]> _messages = new("MESSAGES") { Description = "Messages. Without them, and without a file, lines of standard input are sent.", Arity = ArgumentArity.ZeroOrMore };
    private readonly Option<uint?> _partition = new("--partition-id", "-p") { Description = "Send to this partition. Default: the server takes turns, batch by batch.", HelpName = "id" };
    private readonly Option<string?> _key = new("--message-key", "-m") { Description = "Send all to the partition that this key selects.", HelpName = "key" };
    private readonly Option<string[]> _headers = new("--headers", "-H") { Description = $"key:kind:value, joined by commas; for text only. Kinds: {HeaderTexts.Kinds}.", HelpName = "headers" };
    private readonly Option<string?> _file = new("--input-file") { Description = "Send the messages of a file that 'message poll --output-file' wrote, with their ids and headers.", HelpName = "file" };
    private readonly Option<string?> _lines = new("--lines") { Description = "Send the lines of a text file, '-' for standard input. Empty lines are left out.", HelpName = "file" };
    private readonly Option<string?> _separator = new("--key-separator", "-K") { Description = "Each line is a key, this text and the message; the key selects the partition.", HelpName = "text" };
    private readonly Option<bool> _json = new("--json-lines", "-J") { Description = "Each line is a JSON object: value (or text, or payload in base64), key or partition_id, headers, id." };
    private readonly Option<int> _batch = new("--batch-size") { Description = "Most messages of one request. Default: 1000.", HelpName = "n", DefaultValueFactory = _ => 1000 };

    private SendCommand() => _batch.Validators.Add(result =>
    {
        if (result.GetValueOrDefault<int>() is < 1 or > 1_000_000)
            result.AddError("--batch-size must be 1 to 1000000.");
    });

    public static Command Create(CommandFactory factory)
    {
        var symbols = new SendCommand();
        var command = factory.Create(
            "send",
            "s",
            "Send messages.",
            symbols.RunAsync,
            symbols._stream,
            symbols._topic,
            symbols._messages,
            symbols._partition,
            symbols._key,
            symbols._headers,
            symbols._file,
            symbols._lines,
            symbols._separator,
            symbols._json,
            symbols._batch);
        command.Validators.Add(result =>
        {
            if (result.GetValue(symbols._separator) is { } separator && (separator.Length == 0 || result.GetValue(symbols._json)))
                result.AddError("Give either --json-lines or a --key-separator that is not empty.");
            if ((result.GetValue(symbols._separator) is not null || result.GetValue(symbols._json))
                && (result.GetValue(symbols._messages) is { Length: > 0 } || result.GetValue(symbols._file) is not null || result.GetValue(symbols._partition) is not null || result.GetValue(symbols._key) is not null))
            {
                result.AddError("--key-separator and --json-lines are for lines, which choose their partitions themselves.");
            }
            if (result.GetValue(symbols._partition) is not null && result.GetValue(symbols._key) is not null)
                result.AddError("Give either --partition-id or --message-key.");
            var sources = (result.GetValue(symbols._messages) is { Length: > 0 } ? 1 : 0)
                + (result.GetValue(symbols._file) is null ? 0 : 1) + (result.GetValue(symbols._lines) is null ? 0 : 1);
            if (sources > 1)
                result.AddError("Give either MESSAGES, --input-file or --lines.");
            if (result.GetValue(symbols._file) is not null && result.GetValue(symbols._headers) is { Length: > 0 })
                result.AddError("--headers can't be used with --input-file: its messages have their own.");
        });
        return command.WithExamples(
            "iggy message send orders events first second",
            "tail -f app.log | iggy message send orders events                  # line by line, as they come",
            "iggy message send orders events -m customer-7 -H type:string:order hello",
            "echo 'customer-7=hello' | iggy message send orders events --key-separator =",
            """echo '{"key":"customer-7","value":{"total":9},"headers":{"type":"order"}}' | iggy message send orders events --json-lines""");
    }

    private async Task RunAsync(Session session, CancellationToken cancellationToken)
    {
        var (stream, topic, partitioning) = (session.Id(_stream), session.Id(_topic), ReadPartitioning(session));
        var (sent, bytes) = (0L, 0L);
        try
        {
            await Progress.RunAsync(session.Surroundings, session.Printer.IsQuiet, "Sending", async report =>
            {
                var router = new LineRouter(session.Client, stream, topic, partitioning);
                await foreach (var batch in ReadBatchesAsync(session, cancellationToken))
                {
                    foreach (var (to, messages) in await router.RouteAsync(batch, cancellationToken))
                    {
                        await session.Client.SendMessagesAsync(stream, topic, to, CollectionsMarshal.AsSpan(messages), cancellationToken);
                        sent += messages.Count;
                        foreach (var message in messages)
                            bytes += message.Payload.Length;
                    }
                    report(sent);
                }
                return sent;
            });
        }
        catch (Exception e) when (sent > 0 && e is IggyException or TimeoutException or OperationCanceledException or IOException or CommandException)
        {
            await session.Surroundings.Error.WriteLineAsync($"Before this, {sent} messages were sent.");
            throw;
        }
        session.Printer.SayOrJson($"{sent} messages sent to topic {session.Get(_topic)} of stream {session.Get(_stream)}.", new(sent, bytes), CliJson.Default.SentJson);
    }

    private Partitioning ReadPartitioning(Session session)
    {
        if (session.Get(_partition) is { } partition)
            return Partitioning.ToPartition(partition);
        return session.Get(_key) is { } key ? Partitioning.ByKey(Encoding.UTF8.GetBytes(key)) : Partitioning.Balanced;
    }

    private async IAsyncEnumerable<List<Outgoing>> ReadBatchesAsync(Session session, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var headers = HeaderTexts.Parse(session.Get(_headers) ?? []);
        var batchCount = session.Get(_batch);
        if (session.Get(_messages) is { Length: > 0 } texts)
        {
            foreach (var chunk in texts.Chunk(batchCount))
                yield return [.. chunk.Select(text => new Outgoing(new Message(text) { UserHeaders = headers }, null))];
            yield break;
        }

        if (session.Get(_file) is { } name)
        {
            await using var file = new FileStream(name, new FileStreamOptions { BufferSize = 256 * 1024, Options = FileOptions.Asynchronous | FileOptions.SequentialScan });
            await foreach (var batch in GroupAsync(MessageFile.ReadAsync(file, name, cancellationToken), batchCount))
                yield return batch;
            yield break;
        }

        var input = session.Get(_lines) is { } lines and not "-" ? File.OpenRead(lines) : session.Surroundings.OpenInput();
        await foreach (var batch in TextLines.ReadAsync(input, batchCount, ReaderOf(session, headers), cancellationToken))
            yield return batch;
    }

    private Func<ReadOnlyMemory<byte>, Outgoing> ReaderOf(Session session, ReadOnlyMemory<byte> headers)
    {
        if (session.Get(_json))
            return line => OutgoingLines.Json(line, headers);
        if (session.Get(_separator) is not { } text)
            return line => OutgoingLines.Plain(line, headers);
        var separator = Encoding.UTF8.GetBytes(text.Replace("\\t", "\t", StringComparison.Ordinal));
        return line => OutgoingLines.Keyed(line, separator, headers);
    }

    private static async IAsyncEnumerable<List<Outgoing>> GroupAsync(IAsyncEnumerable<Message> messages, int batchCount)
    {
        var (batch, bytes) = (new List<Outgoing>(), 0L);
        await foreach (var message in messages)
        {
            batch.Add(new(message, null));
            bytes += message.Payload.Length + message.UserHeaders.Length;
            if (batch.Count < batchCount && bytes < MaxBatchBytes)
                continue;
            yield return batch;
            (batch, bytes) = ([], 0);
        }
        if (batch.Count > 0)
            yield return batch;
    }
}
