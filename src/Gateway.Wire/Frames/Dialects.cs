using Iggy.Gateway.Sessions;
using Iggy.Grains.Interfaces.Partitions;
using Iggy.Protocol.Classic;

namespace Iggy.Gateway.Wire.Frames;

/// <summary>What follows from a dialect for what grains write themselves.</summary>
internal static class Dialects
{
    /// <summary>How messages lie in a poll reply.</summary>
    public static MessageLayout Layout(this Dialect dialect) => dialect is Dialect.Vsr ? MessageLayout.Compact : MessageLayout.Classic;

    /// <summary>Bytes of the head in front of a reply.</summary>
    public static int ReplyHeadBytes(this Dialect dialect) => dialect is Dialect.Vsr ? Protocol.Vsr.ReplyHeader.SizeInBytes : ReplyHead.SizeInBytes;

    /// <summary>What a poll of a group names as its partition when the member has no such one: the classic dialect has no word for it.</summary>
    public static uint PartitionNotOwned(this Dialect dialect) => dialect is Dialect.Vsr ? Protocol.Vsr.VsrPollReply.NotOwned : 0;
}
