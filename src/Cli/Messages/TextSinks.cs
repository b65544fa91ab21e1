using System.Globalization;
using System.Text;
using System.Text.Json;
using Iggy.Cli.Output;
using Iggy.Cli.Values;
using Iggy.Client;

namespace Iggy.Cli.Messages;

/// <summary>Writes a text for each message; a batch leaves in one write.</summary>
internal abstract class TextSink(TextWriter output) : IMessageSink
{
    // A batch of large messages leaves in several writes.
    private const int MostChars = 64 * 1024;

    // The runtime would collect nothing before it has filled something as large as the processor's last cache, hundreds of megabytes on a server.
    private const long CollectEveryBytes = 16 * 1024 * 1024;

    private long _collectedAtBytes;

    /// <summary>What was not written yet.</summary>
    protected StringBuilder Text { get; } = new();

    /// <inheritdoc/>
    public async ValueTask WriteAsync(PolledMessages messages, CancellationToken cancellationToken)
    {
        Begin(messages);
        foreach (var message in messages)
        {
            Write(messages.PartitionId, message);
            if (Text.Length >= MostChars)
                await FlushAsync();
        }
        await FlushAsync();
        await output.FlushAsync(cancellationToken);
        CollectIfDue();
    }

    /// <inheritdoc/>
    public async ValueTask EndAsync(long count)
    {
        End(count);
        await FlushAsync();
    }

    /// <summary>Before each batch.</summary>
    protected virtual void Begin(PolledMessages messages)
    {
    }

    /// <summary>Puts a message into <see cref="Text"/>.</summary>
    protected abstract void Write(uint partition, PolledMessage message);

    /// <summary>After the last.</summary>
    protected virtual void End(long count)
    {
    }

    private void CollectIfDue()
    {
        var allocated = GC.GetTotalAllocatedBytes();
        if (allocated - _collectedAtBytes < CollectEveryBytes)
            return;
        GC.Collect(0, GCCollectionMode.Forced, blocking: true);
        _collectedAtBytes = allocated;
    }

    private async ValueTask FlushAsync()
    {
        foreach (var chunk in Text.GetChunks())
            await output.WriteAsync(chunk);
        Text.Clear();
    }
}

/// <summary>One text for each message, by a template.</summary>
internal sealed class TemplateSink(TextWriter output, MessageTemplate template) : TextSink(output)
{
    /// <inheritdoc/>
    protected override void Write(uint partition, PolledMessage message) => template.Write(Text, partition, message);
}

/// <summary>One JSON document in a line, or one TOML document, for each message.</summary>
internal sealed class DocumentSink(TextWriter output, OutputFormat format) : TextSink(output)
{
    /// <inheritdoc/>
    protected override void Write(uint partition, PolledMessage message)
    {
        var json = MessageView.ToJson(partition, message);
        Text.Append(format is OutputFormat.Toml
            ? TomlTexts.Of(JsonSerializer.SerializeToElement(json, CliJson.Default.MessageJson))
            : JsonSerializer.Serialize(json, CliJson.Default.MessageJson)).Append('\n');
    }
}

/// <summary>One JSON document of all messages, written as they come.</summary>
/// <param name="output">Where to.</param>
/// <param name="partition">The only one that is read; null for several.</param>
internal sealed class JsonSink(TextWriter output, uint? partition) : TextSink(output)
{
    private bool _hasHead, _hasMessages;

    /// <inheritdoc/>
    protected override void Begin(PolledMessages messages)
    {
        if (!_hasHead && partition is not null)
            Text.Append(CultureInfo.InvariantCulture, $"{{\"partition_id\":{partition},\"current_offset\":{messages.CurrentOffset},\"messages\":[");
        else if (!_hasHead)
            Text.Append("{\"messages\":[");
        _hasHead = true;
    }

    /// <inheritdoc/>
    protected override void Write(uint partition, PolledMessage message)
    {
        if (_hasMessages)
            Text.Append(',');
        _hasMessages = true;
        Text.Append(JsonSerializer.Serialize(MessageView.ToJson(partition, message), CliJson.Default.MessageJson));
    }

    /// <inheritdoc/>
    protected override void End(long count) => Text.Append(_hasHead ? "" : "{\"messages\":[").Append(CultureInfo.InvariantCulture, $"],\"count\":{count}}}{Environment.NewLine}");
}

/// <summary>One TOML document of all messages, written as they come: a table <c>[[messages]]</c> each.</summary>
internal sealed class TomlSink(TextWriter output) : TextSink(output)
{
    /// <inheritdoc/>
    protected override void Write(uint partition, PolledMessage message) => Text
        .Append(TomlTexts.Of(JsonSerializer.SerializeToElement(new MessagesJson([MessageView.ToJson(partition, message)]), CliJson.Default.MessagesJson))).Append('\n');
}

/// <summary>Messages written whole into a file, for <c>message send --input-file</c>.</summary>
internal sealed class FileSink(Stream file, bool flushesEach) : IMessageSink
{
    /// <inheritdoc/>
    public async ValueTask WriteAsync(PolledMessages messages, CancellationToken cancellationToken)
    {
        await MessageFile.WriteAsync(file, messages, cancellationToken);
        if (flushesEach)
            await file.FlushAsync(cancellationToken);
    }

    /// <inheritdoc/>
    public ValueTask EndAsync(long count) => ValueTask.CompletedTask;
}
