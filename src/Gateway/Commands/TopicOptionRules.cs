using Iggy.Grains.Interfaces.Topics;
using Iggy.Protocol;
using Iggy.Protocol.Vsr;

namespace Iggy.Gateway.Commands;

/// <summary>Options as the protocol has them, and settings as topics keep them.</summary>
internal static class TopicOptionRules
{
    private const ulong MaxPreallocatedBytes = 64UL << 30;

    /// <summary>The rules that more than one option is needed for.</summary>
    /// <returns><see cref="IggyError.InvalidTopicSize"/>, <see cref="IggyError.InvalidReplicationFactor"/>, <see cref="IggyError.InvalidOptionValue"/> or <see cref="IggyError.None"/>.</returns>
    public static IggyError Check(TopicOptions options, uint partitionsCount)
    {
        if (options.ReplicationFactor is 0 or > byte.MaxValue)
            return IggyError.InvalidReplicationFactor; // how many servers there are is judged where the topic is made
        var segmentBytes = options.SegmentSizeBytes ?? TopicOptions.Defaults.SegmentSizeBytes!.Value;
        // The server's own segment size is judged where the topic is made.
        if (options is { SegmentSizeBytes: not null, MaxTopicSizeBytes: { } maxBytes } && maxBytes < segmentBytes)
            return IggyError.InvalidTopicSize;
        return options.PreallocateSegments is true && segmentBytes * partitionsCount > MaxPreallocatedBytes ? IggyError.InvalidOptionValue : IggyError.None;
    }

    /// <summary>For a new topic. What is not set is left to the server.</summary>
    public static TopicSettings ToSettings(TopicOptions options) => new(
        options.MessageExpiryMicros ?? TopicSettings.ServerDefault,
        options.MaxTopicSizeBytes ?? TopicSettings.ServerDefault,
        (byte)(options.Compression ?? CompressionAlgorithm.None),
        (byte)(options.ReplicationFactor ?? 0),
        new TopicTuning
        {
            Chosen = (options.Compression is null ? 0 : ChosenSettings.Compression)
                | (options.MessageExpiryMicros is null ? 0 : ChosenSettings.MessageExpiry)
                | (options.MaxTopicSizeBytes is null ? 0 : ChosenSettings.MaxBytes),
            SegmentBytes = options.SegmentSizeBytes,
            Durability = (TopicDurability?)options.Durability,
            ConsumerOffsetDurability = (TopicDurability?)options.ConsumerOffsetDurability,
            EnforceFsync = options.EnforceFsync,
            MessagesRequiredToSave = options.MessagesRequiredToSave,
            BytesRequiredToSave = options.SizeOfMessagesRequiredToSave,
            PreallocateSegments = options.PreallocateSegments,
            ArePartitionsFixed = options.ResizePolicy is null ? null : options.ResizePolicy is PartitionResizePolicy.Fixed,
            Replicas = options.ReplicationFactor,
            LocalRetentionBytes = options.LocalRetentionBytes,
            LocalRetentionMicros = options.LocalRetentionMicros,
        });

    /// <summary>What a client has set of a topic, and what is in force.</summary>
    public static (TopicOptions Set, TopicOptions InForce) ToOptions(TopicSettings settings)
    {
        var tuning = settings.Tuning ?? TopicTuning.OfClassicClient;
        var inForce = TopicOptions.Defaults with
        {
            Compression = (CompressionAlgorithm)settings.Compression,
            MessageExpiryMicros = settings.MessageExpiryMicros,
            MaxTopicSizeBytes = settings.MaxBytes,
            ReplicationFactor = settings.ReplicationFactor,
            Durability = tuning.IsPersisted ? DurabilityOption.Persisted : DurabilityOption.Replicated,
        };
        return (new TopicOptions
        {
            Compression = tuning.Chosen.HasFlag(ChosenSettings.Compression) ? inForce.Compression : null,
            MessageExpiryMicros = tuning.Chosen.HasFlag(ChosenSettings.MessageExpiry) ? inForce.MessageExpiryMicros : null,
            MaxTopicSizeBytes = tuning.Chosen.HasFlag(ChosenSettings.MaxBytes) ? inForce.MaxTopicSizeBytes : null,
            SegmentSizeBytes = tuning.SegmentBytes,
            Durability = (DurabilityOption?)tuning.Durability,
            ConsumerOffsetDurability = (DurabilityOption?)tuning.ConsumerOffsetDurability,
            EnforceFsync = tuning.EnforceFsync,
            MessagesRequiredToSave = tuning.MessagesRequiredToSave,
            SizeOfMessagesRequiredToSave = tuning.BytesRequiredToSave,
            PreallocateSegments = tuning.PreallocateSegments,
            ResizePolicy = tuning.ArePartitionsFixed is { } isFixed ? isFixed ? PartitionResizePolicy.Fixed : PartitionResizePolicy.Mutable : null,
            ReplicationFactor = tuning.Replicas,
            LocalRetentionBytes = tuning.LocalRetentionBytes,
            LocalRetentionMicros = tuning.LocalRetentionMicros,
        }, inForce);
    }
}
