using Iggy.Protocol.Classic;

namespace Iggy.Ui.Messages;

/// <summary>Takes what a poll found apart.</summary>
internal static class MessageDecoder
{
    /// <summary>The messages of a block.</summary>
    /// <param name="block">Whole ones, one after the other, as a partition wrote them.</param>
    /// <param name="partitionId">Where they lie.</param>
    /// <param name="mostPayloadBytes">What is kept of each payload.</param>
    public static List<ConsoleMessage> Read(ReadOnlySpan<byte> block, uint partitionId, int mostPayloadBytes = int.MaxValue)
    {
        var messages = new List<ConsoleMessage>();
        while (block.Length >= ClassicMessageHeader.SizeInBytes)
        {
            ref readonly var header = ref ClassicMessageHeader.At(block);
            if (header.MessageBytes > (ulong)block.Length)
                break; // a partition writes whole messages only
            var bytes = (int)header.PayloadBytes;
            var payload = block.Slice(ClassicMessageHeader.SizeInBytes, bytes);
            var headers = block.Slice(ClassicMessageHeader.SizeInBytes + bytes, (int)header.UserHeadersBytes);
            messages.Add(new ConsoleMessage(partitionId, header.Offset, header.TimestampMicros, header.OriginTimestampMicros, header.Id,
                payload[..Math.Min(bytes, mostPayloadBytes)].ToArray(), bytes, headers.ToArray()));
            block = block[(int)header.MessageBytes..];
        }
        return messages;
    }
}
