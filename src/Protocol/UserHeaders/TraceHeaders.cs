using System.Diagnostics;

namespace Iggy.Protocol;

/// <summary>The user headers that carry a message's trace from its producer to its consumers, as W3C Trace Context and Baggage name them.</summary>
public static class TraceHeaders
{
    /// <summary>Which span made the message.</summary>
    public const string Parent = "traceparent";

    /// <summary>What tracing systems add to it.</summary>
    public const string State = "tracestate";

    /// <summary>What the application sends along.</summary>
    public const string Baggage = "baggage";

    // A block of 100,000 bytes may hold ten thousand headers; whoever writes a context writes it near the front.
    private const int MaxHeaders = 64;

    /// <summary>Reads the context of the span that made the message. Allocates only when there is one.</summary>
    /// <param name="block">The user headers of one message, unchecked.</param>
    /// <param name="context">Marked as of another process.</param>
    public static bool TryReadContext(ReadOnlySpan<byte> block, out ActivityContext context)
    {
        context = default;
        string? parent = null, state = null;
        var headers = new UserHeaderEnumerator(block);
        for (var i = 0; i < MaxHeaders && (parent is null || state is null) && headers.MoveNext(); i++)
        {
            if (headers.Key.Kind is not UserHeaderKind.Text)
                continue;
            if (headers.Key.Bytes.SequenceEqual("traceparent"u8))
                headers.Value.TryGetText(out parent);
            else if (headers.Key.Bytes.SequenceEqual("tracestate"u8))
                headers.Value.TryGetText(out state);
        }
        return !string.IsNullOrEmpty(parent) && ActivityContext.TryParse(parent, state, isRemote: true, out context);
    }

    /// <summary>Whether a block has a text header of a name, as far as anybody would look.</summary>
    public static bool Has(ReadOnlySpan<byte> block, ReadOnlySpan<byte> name)
    {
        var headers = new UserHeaderEnumerator(block);
        for (var i = 0; i < MaxHeaders && headers.MoveNext(); i++)
        {
            if (headers.Key.Kind is UserHeaderKind.Text && headers.Key.Bytes.SequenceEqual(name))
                return true;
        }
        return false;
    }
}
