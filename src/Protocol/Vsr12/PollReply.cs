using System.Buffers.Binary;
using Iggy.Protocol.Vsr;

namespace Iggy.Protocol.Vsr12;

/// <summary>What stands in front of the records of a poll's reply: the sixteen bytes of all lines, then the context.</summary>
public static class PollHead
{
    /// <summary>Bytes in front of the records.</summary>
    public const int SizeInBytes = VsrPollReply.HeadSizeInBytes + PartitionContext.SizeInBytes;

    /// <summary>Reads a body and proves that it holds as many whole messages as it says.</summary>
    /// <returns>As <see cref="VsrPollReply.TryRead"/>.</returns>
    public static IggyError TryRead(ReadOnlySpan<byte> body, out PollReply reply)
    {
        reply = default;
        if (body.Length < SizeInBytes)
            return IggyError.InvalidCommand;
        var reader = new WireReader(body[VsrPollReply.HeadSizeInBytes..]);
        reply = new()
        {
            PartitionId = BinaryPrimitives.ReadUInt32LittleEndian(body),
            CurrentOffset = BinaryPrimitives.ReadUInt64LittleEndian(body[4..]),
            MessagesCount = BinaryPrimitives.ReadUInt32LittleEndian(body[12..]),
            Context = PartitionContext.Read(ref reader),
            Records = body[SizeInBytes..],
        };
        return VsrPollReply.CheckCount(reply.Records, reply.MessagesCount);
    }
}

/// <summary>What a poll found, as it lies in a body; allocates nothing and lives as long as the body.</summary>
public readonly ref struct PollReply
{
    /// <summary>The partition that was read, or <see cref="VsrPollReply.NotOwned"/>.</summary>
    public uint PartitionId { get; init; }

    /// <summary>Offset of the partition's last message; 0 when it is empty.</summary>
    public ulong CurrentOffset { get; init; }

    /// <summary>Messages in all records together.</summary>
    public uint MessagesCount { get; init; }

    /// <summary>To be sent with what continues this read.</summary>
    public PartitionContext Context { get; init; }

    /// <summary>The records.</summary>
    public ReadOnlySpan<byte> Records { get; init; }
}
