using System.Buffers.Binary;

namespace Iggy.Protocol.Classic;

/// <summary>The checks of a send, in the order and with the codes of the released server.</summary>
public static class ClassicBatch
{
    /// <summary>Bytes of an index entry: u32 offset (0), u32 end of the message in its block, u64 time (0).</summary>
    public const int IndexEntryBytes = 16;

    /// <summary>Proves that a block from a client is a row of whole messages that its index describes. Allocates nothing.</summary>
    /// <remarks>The last index entry does not bound its message: that ends with the block. So where a block passes, the lengths in the headers
    /// are right and every position but the last is too. The reserved field is not judged; whoever stores the messages clears it.
    /// Source: apache/iggy server-0.8.0, <c>core/server/src/streaming/segments</c>.</remarks>
    /// <param name="indexes">One entry of <see cref="IndexEntryBytes"/> for each message, no more and no less.</param>
    /// <param name="messages">The messages, back to back.</param>
    /// <returns><see cref="IggyError.None"/>, or what is wrong with the first message that is wrong:
    /// <see cref="IggyError.InvalidMessagesCount"/>, <see cref="IggyError.NonZeroOffset"/>, <see cref="IggyError.NonZeroTimestamp"/>,
    /// <see cref="IggyError.MissingIndex"/>, <see cref="IggyError.TooBigMessagePayload"/>, <see cref="IggyError.TooBigUserHeaders"/>,
    /// <see cref="IggyError.InvalidOffset"/>, <see cref="IggyError.CannotReadIndexPosition"/>; at last, for all of them,
    /// <see cref="IggyError.InvalidMessagesSize"/>.</returns>
    public static IggyError Check(ReadOnlySpan<byte> indexes, ReadOnlySpan<byte> messages)
    {
        if (indexes.IsEmpty)
            return IggyError.InvalidMessagesCount;

        var (start, end, previousPosition) = (0U, 0U, 0U);
        var (previousOffset, totalBytes) = (0UL, 0UL);
        for (; indexes.Length >= IndexEntryBytes; indexes = indexes[IndexEntryBytes..], start = end)
        {
            var position = BinaryPrimitives.ReadUInt32LittleEndian(indexes[sizeof(uint)..]);
            if (BinaryPrimitives.ReadUInt32LittleEndian(indexes) != 0)
                return IggyError.NonZeroOffset;
            if (BinaryPrimitives.ReadUInt64LittleEndian(indexes[(2 * sizeof(uint))..]) != 0)
                return IggyError.NonZeroTimestamp;

            end = indexes.Length == IndexEntryBytes ? (uint)messages.Length : position;
            if (end < start || end > (uint)messages.Length || end - start < ClassicMessageHeader.SizeInBytes)
                return IggyError.MissingIndex;

            ref readonly var header = ref ClassicMessageHeader.At(messages[(int)start..]);
            if (header.MessageBytes > end - start)
                return IggyError.MissingIndex;
            if (header.PayloadBytes > ProtocolLimits.MaxMessagePayloadBytes)
                return IggyError.TooBigMessagePayload;
            if (header.UserHeadersBytes > ProtocolLimits.MaxUserHeadersBytes)
                return IggyError.TooBigUserHeaders;
            if (header.Offset < previousOffset)
                return IggyError.InvalidOffset;
            if (position < previousPosition)
                return IggyError.CannotReadIndexPosition;

            previousOffset = header.Offset;
            previousPosition = position;
            totalBytes += header.MessageBytes;
        }
        // No message reaches past its bounds, so the sum is right only if each of them fills its bounds.
        return totalBytes == (ulong)messages.Length ? IggyError.None : IggyError.InvalidMessagesSize;
    }
}
