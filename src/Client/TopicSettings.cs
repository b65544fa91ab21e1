using System.Collections.ObjectModel;
using Iggy.Protocol;

namespace Iggy.Client;

/// <summary>What can be set for a topic besides its name and partitions. The default leaves everything to the server.</summary>
public sealed record TopicSettings
{
    /// <summary>Everything left to the server.</summary>
    public static TopicSettings Default { get; } = new();

    /// <summary>Kept and reported; the server never compresses.</summary>
    public CompressionAlgorithm Compression { get; init; } = CompressionAlgorithm.None;

    /// <summary>How long messages are kept, in microseconds; <see cref="ProtocolLimits.ServerDefault"/> or <see cref="ProtocolLimits.Unlimited"/>.</summary>
    public ulong MessageExpiryMicros { get; init; } = ProtocolLimits.ServerDefault;

    /// <summary>How large a topic may grow; <see cref="ProtocolLimits.ServerDefault"/> or <see cref="ProtocolLimits.Unlimited"/>.</summary>
    public ulong MaxTopicSizeBytes { get; init; } = ProtocolLimits.ServerDefault;

    /// <summary>Options of the server by name, such as <c>segment_size</c>, with values as people write them; see
    /// <see cref="IggyClient.DescribeOptionsAsync"/>. The newer dialect and HTTP have them.</summary>
    public IReadOnlyDictionary<string, string> Options { get; init; } = ReadOnlyDictionary<string, string>.Empty;

    /// <summary>Copies; 0 leaves it to the server.</summary>
    public byte ReplicationFactor { get; init; }
}
