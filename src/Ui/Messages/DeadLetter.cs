using System.Buffers;
using Iggy.Protocol;

namespace Iggy.Ui.Messages;

/// <summary>Messages that nobody could handle, as the client's hosting sets them aside: what they were, and headers that tell why.</summary>
internal static class DeadLetter
{
    /// <summary>What its headers begin with.</summary>
    public const string Prefix = "iggy-dlq-";

    /// <summary>The header that tells where it came from.</summary>
    public const string Topic = Prefix + "topic", Partition = Prefix + "partition", Offset = Prefix + "offset", Group = Prefix + "group", Attempts = Prefix + "attempts", Error = Prefix + "error";

    /// <summary>Whether a message is one.</summary>
    public static bool Is(ConsoleMessage message) => message.Header(Topic) is not null;

    /// <summary>The user headers as they were before; the same where they cannot be read.</summary>
    public static ReadOnlyMemory<byte> WithoutMarks(ReadOnlyMemory<byte> headers)
    {
        var kept = new ArrayBufferWriter<byte>();
        var writer = new UserHeadersWriter(kept);
        var walk = new UserHeaderEnumerator(headers.Span);
        while (walk.MoveNext())
        {
            if (walk.Key.TryGetText(out var name) && name.StartsWith(Prefix, StringComparison.Ordinal))
                continue;
            writer.Add(walk.Key.Kind, walk.Key.Bytes, walk.Value.Kind, walk.Value.Bytes);
        }
        return walk.Error is IggyError.None ? kept.WrittenMemory : headers;
    }
}
