using System.Buffers;
using System.Diagnostics;
using System.Text;
using Iggy.Protocol;

namespace Iggy.Client.Telemetry;

/// <summary>Writes the present span into the headers of messages, and finds it there again: <c>traceparent</c>, <c>tracestate</c>, and of the baggage the
/// entries that the client's settings name.</summary>
internal sealed class MessageContext(IReadOnlyList<string> baggageKeys)
{
    /// <summary>Copies of messages that carry the present span. One that carries a span already keeps it: it was made there.</summary>
    /// <returns>The messages themselves where there is no span.</returns>
    public ReadOnlySpan<Message> Stamp(ReadOnlySpan<Message> messages)
    {
        if (Activity.Current is not { } span)
            return messages;
        var block = Block(span); // shared by all messages without headers of their own
        var stamped = messages.ToArray();
        foreach (ref var message in stamped.AsSpan())
            message = Stamp(message, block);
        return stamped;
    }

    /// <summary>The same of one message.</summary>
    public Message Stamp(Message message) => Activity.Current is { } span ? Stamp(message, Block(span)) : message;

    /// <summary>Gives a span the baggage of a message, as far as the settings name it.</summary>
    public void TakeBaggage(PolledMessage message, Activity span)
    {
        if (baggageKeys.Count == 0 || !message.TryGetHeader(TraceHeaders.Baggage, out var text))
            return;
        foreach (var entry in text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            var parts = entry.Split(';')[0].Split('=', 2, StringSplitOptions.TrimEntries); // properties behind a semicolon are for others
            if (parts.Length == 2 && baggageKeys.Contains(parts[0]))
                span.AddBaggage(parts[0], Uri.UnescapeDataString(parts[1]));
        }
    }

    private static Message Stamp(Message message, ReadOnlyMemory<byte> block)
    {
        if (message.UserHeaders.IsEmpty)
            return message with { UserHeaders = block };
        if (TraceHeaders.Has(message.UserHeaders.Span, "traceparent"u8) || message.UserHeaders.Length + block.Length > ProtocolLimits.MaxUserHeadersBytes)
            return message;
        var headers = new byte[block.Length + message.UserHeaders.Length]; // in front: whoever looks for it looks at the first ones
        block.CopyTo(headers);
        message.UserHeaders.CopyTo(headers.AsMemory(block.Length));
        return message with { UserHeaders = headers };
    }

    private byte[] Block(Activity span)
    {
        var output = new ArrayBufferWriter<byte>(128);
        var writer = new UserHeadersWriter(output);
        writer.Add(TraceHeaders.Parent, span.IdFormat is ActivityIdFormat.W3C
            ? span.Id!
            : $"00-{span.TraceId}-{span.SpanId}-{(byte)span.ActivityTraceFlags:x2}");
        if (span.TraceStateString is { Length: > 0 } state && Encoding.UTF8.GetByteCount(state) <= ProtocolLimits.MaxNameBytes)
            writer.Add(TraceHeaders.State, state);
        if (Baggage(span) is { Length: > 0 } baggage)
            writer.Add(TraceHeaders.Baggage, baggage);
        return output.WrittenSpan.ToArray();
    }

    // Entries that do not fit into one value any more are left out.
    private string Baggage(Activity span)
    {
        if (baggageKeys.Count == 0)
            return "";
        var text = new StringBuilder();
        foreach (var (key, value) in span.Baggage)
        {
            if (!baggageKeys.Contains(key) || value is null)
                continue;
            var entry = $"{key}={Uri.EscapeDataString(value)}";
            if (text.Length + 1 + Encoding.UTF8.GetByteCount(entry) <= ProtocolLimits.MaxNameBytes)
                text.Append(text.Length > 0 ? "," : "").Append(entry);
        }
        return text.ToString();
    }
}
