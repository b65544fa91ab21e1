using System.Buffers.Binary;

namespace Iggy.Protocol.Classic;

/// <summary>What a poll found, as it lies in a payload; allocates nothing and lives as long as the payload.</summary>
/// <remarks>Layout: u32 partition, u64 current offset, u32 count, messages back to back. "Nothing" is the first 16 bytes with a count of 0:
/// the payload is never empty.</remarks>
public readonly ref struct PollMessagesReply
{
    /// <summary>Bytes in front of the messages.</summary>
    public const int HeadSizeInBytes = 16;

    /// <summary>The partition that was read; 0 when a group member owns none.</summary>
    public uint PartitionId { get; private init; }

    /// <summary>Offset of the partition's last message; 0 when it is empty.</summary>
    public ulong CurrentOffset { get; private init; }

    /// <summary>Messages that follow.</summary>
    public uint MessagesCount { get; private init; }

    /// <summary>The messages, in offset order.</summary>
    public ReadOnlySpan<byte> Messages { get; private init; }

    /// <summary>Reads a payload and proves that it holds as many whole messages as it says.</summary>
    /// <returns><see cref="IggyError.None"/>, <see cref="IggyError.InvalidCommand"/> for a payload below 16 bytes,
    /// <see cref="IggyError.InvalidMessagesCount"/>, or what <see cref="ClassicMessageEnumerator.Error"/> says.</returns>
    public static IggyError TryRead(ReadOnlySpan<byte> payload, out PollMessagesReply reply)
    {
        var reader = new WireReader(payload);
        reply = new()
        {
            PartitionId = reader.U32(),
            CurrentOffset = reader.U64(),
            MessagesCount = reader.U32(),
            Messages = reader.Rest(),
        };
        if (reader.Error is not IggyError.None)
            return reader.Error;

        var count = 0U;
        var messages = new ClassicMessageEnumerator(reply.Messages);
        while (messages.MoveNext())
            count++;
        if (messages.Error is not IggyError.None)
            return messages.Error;
        return count == reply.MessagesCount ? IggyError.None : IggyError.InvalidMessagesCount;
    }

    /// <summary>Writes what goes in front of the messages.</summary>
    /// <param name="head">At least <see cref="HeadSizeInBytes"/>.</param>
    /// <param name="partitionId">The partition that was read.</param>
    /// <param name="currentOffset">Offset of its last message; 0 when it is empty.</param>
    /// <param name="messagesCount">Messages that follow.</param>
    public static void WriteHead(Span<byte> head, uint partitionId, ulong currentOffset, uint messagesCount)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(head, partitionId);
        BinaryPrimitives.WriteUInt64LittleEndian(head[sizeof(uint)..], currentOffset);
        BinaryPrimitives.WriteUInt32LittleEndian(head[(sizeof(uint) + sizeof(ulong))..], messagesCount);
    }
}
