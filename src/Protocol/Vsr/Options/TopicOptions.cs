using System.Collections.Immutable;

namespace Iggy.Protocol.Vsr;

/// <summary>When something written counts as done.</summary>
public enum DurabilityOption : byte
{
    /// <summary>When the servers have it, be it in memory.</summary>
    Replicated = 1,

    /// <summary>When it is on disk.</summary>
    Persisted = 2,
}

/// <summary>Whether partitions may be added and removed.</summary>
public enum PartitionResizePolicy : byte
{
    /// <summary>They may.</summary>
    Mutable = 1,

    /// <summary>They may not.</summary>
    Fixed = 2,
}

/// <summary>Lines of the protocol that know an option.</summary>
[Flags]
public enum OptionLines : byte
{
    /** <summary>No line.</summary> */ None = 0,
    /** <summary>0.11.</summary> */ V11 = 1,
    /** <summary>0.12.</summary> */ V12 = 2,
    /** <summary>All of them.</summary> */ All = V11 | V12,
}

/// <summary>What a client sets of a topic; null where it says nothing.</summary>
public sealed record TopicOptions
{
    /// <summary>Nothing set.</summary>
    public static TopicOptions None { get; } = new();

    /// <summary>What holds where nothing is set. Expiry and largest size are the server's own defaults: <see cref="ProtocolLimits.Unlimited"/> unless it says otherwise.</summary>
    public static TopicOptions Defaults { get; } = new()
    {
        Compression = CompressionAlgorithm.None,
        MessageExpiryMicros = ProtocolLimits.Unlimited,
        MaxTopicSizeBytes = ProtocolLimits.Unlimited,
        SegmentSizeBytes = 1 << 30,
        Durability = DurabilityOption.Replicated,
        ConsumerOffsetDurability = DurabilityOption.Replicated,
        MessagesRequiredToSave = 1024,
        SizeOfMessagesRequiredToSave = 1 << 20,
        PreallocateSegments = false,
        ResizePolicy = PartitionResizePolicy.Mutable,
        ReplicationFactor = 1,
    };

    /// <summary>Reported only.</summary>
    public CompressionAlgorithm? Compression { get; init; }

    /// <summary>All ones for never; null for the server's default.</summary>
    public ulong? MessageExpiryMicros { get; init; }

    /// <summary>All ones for no limit; null for the server's default.</summary>
    public ulong? MaxTopicSizeBytes { get; init; }

    /// <summary>Bytes of each partition that stay on the server's disk beside its archive. An option of this server's own.</summary>
    public ulong? LocalRetentionBytes { get; init; }

    /// <summary>Age in microseconds up to which messages stay on the server's disk beside its archive. An option of this server's own.</summary>
    public ulong? LocalRetentionMicros { get; init; }

    /// <summary>1 MiB to 1 GiB, in steps of 512.</summary>
    public ulong? SegmentSizeBytes { get; init; }

    /// <summary>Of messages.</summary>
    public DurabilityOption? Durability { get; init; }

    /// <summary>Of stored offsets.</summary>
    public DurabilityOption? ConsumerOffsetDurability { get; init; }

    /// <summary>Sync each append: what <see cref="Durability"/> was before the release.</summary>
    public bool? EnforceFsync { get; init; }

    /// <summary>1 to 16,777,216.</summary>
    public uint? MessagesRequiredToSave { get; init; }

    /// <summary>Up to 1 GiB.</summary>
    public ulong? SizeOfMessagesRequiredToSave { get; init; }

    /// <summary>Take the space of segments in advance.</summary>
    public bool? PreallocateSegments { get; init; }

    /// <summary>Whether partitions may be added and removed.</summary>
    public PartitionResizePolicy? ResizePolicy { get; init; }

    /// <summary>Copies of each partition, 1 to 32.</summary>
    public uint? ReplicationFactor { get; init; }

    /// <summary>Whether any option is set that an update may not change.</summary>
    public bool HasFixed => SegmentSizeBytes is not null || Durability is not null || ConsumerOffsetDurability is not null || EnforceFsync is not null
        || MessagesRequiredToSave is not null || SizeOfMessagesRequiredToSave is not null || PreallocateSegments is not null
        || ResizePolicy is not null || ReplicationFactor is not null || LocalRetentionBytes is not null || LocalRetentionMicros is not null;

    /// <summary>Reads the options at the end of a request.</summary>
    /// <returns><see cref="IggyError.None"/>, <see cref="IggyError.UnsupportedOptionKey"/>, <see cref="IggyError.InvalidOptionValue"/>,
    /// <see cref="IggyError.OptionsBlockTooLarge"/> or <see cref="IggyError.InvalidCommand"/>.</returns>
    public static IggyError TryRead(ReadOnlySpan<byte> block, out TopicOptions options) => TryRead(block, OptionLines.V11, out options);

    /// <summary>As the other, with the options of some lines.</summary>
    public static IggyError TryRead(ReadOnlySpan<byte> block, OptionLines lines, out TopicOptions options)
    {
        options = None;
        if (OptionsBlock.TryRead(block, out var pairs) is var fault and not IggyError.None)
            return fault;
        var read = None;
        foreach (var pair in pairs)
        {
            if (TopicOptionCatalog.Find(pair.Key) is not { } option || (option.Lines & lines) == 0)
                return IggyError.UnsupportedOptionKey;
            if (option.TrySet(read, pair) is not { } next)
                return IggyError.InvalidOptionValue;
            read = next;
        }
        options = read;
        return IggyError.None;
    }

    /// <summary>The options that are set, each in the first of its types.</summary>
    public ImmutableArray<WireOption> ToPairs(OptionLines lines = OptionLines.V11) => ToPairs(this, leftOut: None, lines);

    /// <summary>The defaults of the options that are not set here, with what the server holds for expiry and largest size.</summary>
    public ImmutableArray<WireOption> ToDerivedPairs(TopicOptions inForce, OptionLines lines = OptionLines.V11) => ToPairs(inForce, leftOut: this, lines);

    private static ImmutableArray<WireOption> ToPairs(TopicOptions options, TopicOptions leftOut, OptionLines lines)
    {
        var pairs = ImmutableArray.CreateBuilder<WireOption>();
        foreach (var option in TopicOptionCatalog.All)
        {
            if ((option.Lines & lines) != 0 && option.Get(leftOut) is null && option.Get(options) is { } value)
                pairs.Add(value);
        }
        return pairs.DrainToImmutable();
    }
}
