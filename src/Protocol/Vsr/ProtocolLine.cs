namespace Iggy.Protocol.Vsr;

/// <summary>What differs between the lines of the protocol, as far as it is no layout of one body: a column of the table for each line.</summary>
/// <remarks>Which commands a line has and how their bodies lie, the command tables of the gateway say, one for each line.</remarks>
public sealed record ProtocolLine
{
    /// <summary>Apache Iggy 0.8.</summary>
    public static ProtocolLine Classic { get; } = new() { Name = "0.8", ServerVersion = "0.8.0", ReplyHeadBytes = Protocol.Classic.ReplyHead.SizeInBytes };

    /// <summary>Apache Iggy 0.9: protocol 0.11.</summary>
    public static ProtocolLine V11 { get; } = new()
    {
        Name = "0.11",
        ServerVersion = "0.9.0",
        Version = ProtocolVersion.Current,
        ReplyHeadBytes = ReplyHeader.SizeInBytes,
        NotOwnedPartition = VsrPollReply.NotOwned,
        HasBodyChecksum = true,
        Options = OptionLines.V11,
    };

    /// <summary>Apache Iggy 0.10: protocol 0.12.</summary>
    public static ProtocolLine V12 { get; } = new()
    {
        Name = "0.12",
        ServerVersion = "0.10.0",
        Version = ProtocolVersion.Sessions,
        ReplyHeadBytes = ReplyHeader.SizeInBytes,
        HasPollContext = true,
        NotOwnedPartition = VsrPollReply.NotOwned,
        HasBindSecret = true,
        HasProducers = true,
        Options = OptionLines.V12,
    };

    /// <summary>For people.</summary>
    public required string Name { get; init; }

    /// <summary>Release of Apache Iggy that its clients are told.</summary>
    public required string ServerVersion { get; init; }

    /// <summary>What its clients are told; none in the classic one.</summary>
    public ProtocolVersion Version { get; init; }

    /// <summary>Bytes of the head in front of a reply.</summary>
    public required int ReplyHeadBytes { get; init; }

    /// <summary>Whether the context of the partition stands behind the head of a poll's reply.</summary>
    public bool HasPollContext { get; init; }

    /// <summary>What stands in front of the messages of a poll's reply.</summary>
    public int PollHeadBytes => Protocol.Classic.PollMessagesReply.HeadSizeInBytes + (HasPollContext ? PartitionContext.SizeInBytes : 0);

    /// <summary>What a poll of a group names as its partition when the member has no such one: the classic line has no word for it.</summary>
    public uint NotOwnedPartition { get; init; }

    /// <summary>Whether a request's header holds a checksum of its body. Later the same field holds a number that is drawn for the request.</summary>
    public bool HasBodyChecksum { get; init; }

    /// <summary>Whether a session has a secret by which further connections are bound to it.</summary>
    public bool HasBindSecret { get; init; }

    /// <summary>Whether batches may name a producer.</summary>
    public bool HasProducers { get; init; }

    /// <summary>Options that it knows.</summary>
    public OptionLines Options { get; init; }

    /// <summary>The line of a version that a login tells.</summary>
    public static ProtocolLine Of(ProtocolVersion version) => version.Packed >= ProtocolVersion.Sessions.Packed ? V12 : V11;
}
