using System.Buffers.Binary;
using System.Text;
using Iggy.Grains.Interfaces.Partitions;

namespace Iggy.Grains.Tests.Setup;

/// <summary>Classic messages as a client sends and reads them; shares no code with the log.</summary>
internal static class Messages
{
    private const int HeaderBytes = 64;

    public static readonly ConsumerKey Consumer = new(ConsumerKind.Consumer, 7);

    /// <summary>A batch of messages with these payloads.</summary>
    public static MessageBatch Batch(params string[] payloads)
    {
        var bytes = new List<byte>();
        foreach (var payload in payloads)
        {
            var header = new byte[HeaderBytes];
            BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(52), (uint)Encoding.UTF8.GetByteCount(payload));
            bytes.AddRange(header);
            bytes.AddRange(Encoding.UTF8.GetBytes(payload));
        }

        return new MessageBatch(MessageLayout.Classic, bytes.ToArray(), (uint)payloads.Length);
    }

    public static PollRequest Poll(PollFrom from, ulong value = 0, uint count = 100, bool autoCommit = false, int headroom = 0, int maxBytes = 0) =>
        new(Consumer, from, value, count, autoCommit, MessageLayout.Classic, PartitionId: 0, headroom, maxBytes);

    /// <summary>How many messages lie there.</summary>
    public static uint CountIn(ReadOnlySpan<byte> messages)
    {
        var count = 0u;
        for (; !messages.IsEmpty; count++)
            messages = messages[(HeaderBytes + (int)BinaryPrimitives.ReadUInt32LittleEndian(messages[52..]))..];
        return count;
    }

    /// <summary>Offsets and payloads of a poll's answer; gives its buffer back.</summary>
    public static (ulong Offset, string Payload)[] Read(PollResult result, int headroom = 0)
    {
        using var owned = result.Messages;
        var read = new List<(ulong, string)>();
        for (var rest = owned is null ? default : owned.Bytes.Span[headroom..]; !rest.IsEmpty;)
        {
            var payloadBytes = (int)BinaryPrimitives.ReadUInt32LittleEndian(rest[52..]);
            read.Add((BinaryPrimitives.ReadUInt64LittleEndian(rest[24..]), Encoding.UTF8.GetString(rest.Slice(HeaderBytes, payloadBytes))));
            rest = rest[(HeaderBytes + payloadBytes)..];
        }

        Assert.Equal((int)result.Count, read.Count);
        return [.. read];
    }
}
