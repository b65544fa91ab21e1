namespace Iggy.Protocol.Vsr;

/// <summary>What a poll found, as it lies in a body; allocates nothing and lives as long as the body.</summary>
/// <remarks>Layout: the sixteen bytes of the classic reply (u32 partition, u64 current offset, u32 count), then batch records.</remarks>
public readonly ref struct VsrPollReply
{
    /// <summary>Bytes in front of the records.</summary>
    public const int HeadSizeInBytes = Classic.PollMessagesReply.HeadSizeInBytes;

    /// <summary>The partition that a member of a group is told when it does not own the one it asked for: it asks for its share and polls again.</summary>
    public const uint NotOwned = uint.MaxValue;

    /// <summary>The partition that was read, or <see cref="NotOwned"/>.</summary>
    public uint PartitionId { get; private init; }

    /// <summary>Offset of the partition's last message; 0 when it is empty.</summary>
    public ulong CurrentOffset { get; private init; }

    /// <summary>Messages in all records together.</summary>
    public uint MessagesCount { get; private init; }

    /// <summary>The records.</summary>
    public ReadOnlySpan<byte> Records { get; private init; }

    /// <summary>Reads a body and proves that it holds as many whole messages as it says.</summary>
    /// <returns><see cref="IggyError.None"/>, <see cref="IggyError.InvalidCommand"/> or <see cref="IggyError.InvalidMessagesCount"/>.</returns>
    public static IggyError TryRead(ReadOnlySpan<byte> body, out VsrPollReply reply)
    {
        var reader = new WireReader(body);
        reply = new() { PartitionId = reader.U32(), CurrentOffset = reader.U64(), MessagesCount = reader.U32(), Records = reader.Rest() };
        return reader.Error is IggyError.None ? CheckCount(reply.Records, reply.MessagesCount) : reader.Error;
    }

    /// <summary>Proves that records hold as many whole messages as is said of them.</summary>
    internal static IggyError CheckCount(ReadOnlySpan<byte> records, uint said)
    {
        var count = 0U;
        var messages = new BatchEnumerator(records);
        while (messages.MoveNext())
            count++;
        if (messages.Error is not IggyError.None)
            return messages.Error;
        return count == said ? IggyError.None : IggyError.InvalidMessagesCount;
    }
}
