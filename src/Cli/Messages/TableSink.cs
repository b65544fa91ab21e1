using Iggy.Cli.Values;
using Iggy.Client;

namespace Iggy.Cli.Messages;

/// <summary>A table of messages for people, written as they come. Its columns are as wide as the first batch needs; what is longer later runs over.</summary>
internal sealed class TableSink(TextWriter output, bool showsPartition, bool showsHeaders) : TextSink(output)
{
    private readonly string[] _titles = [.. showsPartition ? (string[])["Partition"] : [], "Offset", "Timestamp", "ID", "Payload", .. showsHeaders ? (string[])["Headers"] : []];
    private int[]? _widths;

    /// <inheritdoc/>
    protected override void Begin(PolledMessages messages)
    {
        if (_widths is not null)
            return;
        _widths = [.. _titles.Select(title => title.Length)];
        foreach (var message in messages)
        {
            var cells = Cells(messages.PartitionId, message);
            for (var i = 0; i < cells.Length; i++)
                _widths[i] = Math.Max(_widths[i], cells[i].Length);
        }
        Rule();
        Row(_titles);
        Rule();
    }

    /// <inheritdoc/>
    protected override void Write(uint partition, PolledMessage message) => Row(Cells(partition, message));

    /// <inheritdoc/>
    protected override void End(long count)
    {
        if (_widths is not null)
            Rule();
    }

    // A line end inside of a cell would break the table: control characters are dots, whoever reads.
    private string[] Cells(uint partition, PolledMessage message)
    {
        string[] common =
        [
            Texts.Number(message.Offset), Texts.Time(message.TimestampMicros), message.Id.ToString(null, System.Globalization.CultureInfo.InvariantCulture),
            MessageView.Show(message.Payload.Span, isTerminal: true),
        ];
        return [.. showsPartition ? (string[])[Texts.Number(partition)] : [], .. common, .. showsHeaders ? (string[])[MessageView.Headers(message, isTerminal: true)] : []];
    }

    private void Row(string[] cells)
    {
        for (var i = 0; i < cells.Length; i++)
            Text.Append("| ").Append(cells[i]).Append(' ', Math.Max(0, _widths![i] - cells[i].Length) + 1);
        Text.Append("|\n");
    }

    private void Rule()
    {
        foreach (var width in _widths!)
            Text.Append('+').Append('-', width + 2);
        Text.Append("+\n");
    }
}

/// <summary>One line for each message, as lists have it: <c>Title: value|…</c>.</summary>
internal sealed class ListSink(TextWriter output, bool isTerminal, bool showsPartition, bool showsHeaders) : TextSink(output)
{
    /// <inheritdoc/>
    protected override void Write(uint partition, PolledMessage message)
    {
        if (showsPartition)
            Text.Append("Partition: ").Append(partition).Append('|');
        Text.Append("Offset: ").Append(message.Offset).Append("|Timestamp: ").Append(Texts.Time(message.TimestampMicros))
            .Append("|ID: ").Append(message.Id.ToString(null, System.Globalization.CultureInfo.InvariantCulture))
            .Append("|Payload: ").Append(MessageView.Show(message.Payload.Span, isTerminal));
        if (showsHeaders)
            Text.Append("|Headers: ").Append(MessageView.Headers(message, isTerminal));
        Text.Append('\n');
    }
}

/// <summary>One line for each message while following: offset, time, headers if asked for, payload.</summary>
internal sealed class LineSink(TextWriter output, bool isTerminal, bool showsPartition, bool showsHeaders) : TextSink(output)
{
    /// <inheritdoc/>
    protected override void Write(uint partition, PolledMessage message)
    {
        if (showsPartition)
            Text.Append(partition).Append(':');
        Text.Append(message.Offset).Append(' ').Append(Texts.Time(message.TimestampMicros)).Append(' ');
        if (showsHeaders && !message.UserHeaders.IsEmpty)
            Text.Append('[').Append(MessageView.Headers(message, isTerminal)).Append("] ");
        Text.Append(MessageView.Show(message.Payload.Span, isTerminal)).Append('\n');
    }
}
