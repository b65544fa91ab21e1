using Iggy.Grains.Interfaces;
using Iggy.Grains.Interfaces.Topics;
using Iggy.Grains.Options;
using Iggy.Grains.Placement;
using Microsoft.Extensions.Options;

namespace Iggy.Grains.Streams;

/// <summary>Turns the settings of a request into those that are kept, the same way for create and update.</summary>
/// <remarks>Defaults are resolved here, once, and kept resolved: a topic must not change its retention with the server's configuration.</remarks>
internal sealed class TopicSettingsRules(IOptions<CatalogOptions> catalog, IOptions<StorageOptions> storage, IOptions<ClusterNodeOptions> cluster, ReplicaFactors factors)
{
    /// <exception cref="RefusedException"><see cref="Refusal.TopicSizeTooSmall"/>.</exception>
    public TopicSettings Resolve(TopicSettings asked)
    {
        var maxBytes = asked.MaxBytes == TopicSettings.ServerDefault ? catalog.Value.DefaultMaxTopicBytes : asked.MaxBytes;
        var segmentBytes = asked.Tuning?.SegmentBytes ?? (ulong)storage.Value.SegmentBytes;
        if (maxBytes < segmentBytes) // unlimited is the largest number
        {
            throw new RefusedException(Refusal.TopicSizeTooSmall,
                $"A topic of at most {maxBytes} B cannot hold one segment of {segmentBytes} B (its own segment_size, else Iggy:Storage:SegmentBytes).");
        }

        return asked with
        {
            MessageExpiryMicros = asked.MessageExpiryMicros == TopicSettings.ServerDefault
                ? catalog.Value.DefaultMessageExpiryMicros
                : asked.MessageExpiryMicros,
            MaxBytes = maxBytes,
            ReplicationFactor = Math.Max((byte)1, asked.ReplicationFactor), // 0: not given
        };
    }

    /// <summary>The settings of a topic that changes: as <see cref="Resolve"/>; in a cluster the copies stay as many as there are.</summary>
    public TopicSettings ResolveChanged(TopicSettings present, TopicSettings asked) =>
        cluster.Value.Enabled ? Resolve(asked) with { ReplicationFactor = present.ReplicationFactor } : Resolve(asked);

    /// <summary>The settings of a new topic: as <see cref="Resolve"/>, and what differs from the server's own was chosen, however it was said.</summary>
    public TopicSettings ResolveNew(TopicSettings asked)
    {
        var resolved = Resolve(asked) with { ReplicationFactor = FactorOf(asked) };
        return resolved.Tuning is not { } tuning ? resolved : resolved with
        {
            Tuning = tuning with
            {
                Chosen = tuning.Chosen
                    | (resolved.Compression is TopicSettings.Gzip ? ChosenSettings.Compression : 0)
                    | (resolved.MessageExpiryMicros == catalog.Value.DefaultMessageExpiryMicros ? 0 : ChosenSettings.MessageExpiry)
                    | (resolved.MaxBytes == catalog.Value.DefaultMaxTopicBytes ? 0 : ChosenSettings.MaxBytes),
            },
        };
    }

    // Of a server that is alone it is kept and told, as Apache Iggy does. In a cluster it is what there will be once so many servers run.
    private byte FactorOf(TopicSettings asked) => !cluster.Value.Enabled ? Math.Max((byte)1, asked.ReplicationFactor) : (byte)factors.Wanted(asked);

    /// <summary>All settings anew. A client that knows no tuning leaves it as it is, and has now chosen all that it knows.</summary>
    public static TopicSettings Replace(TopicSettings present, TopicSettings asked) => (asked.Tuning is not null || present.Tuning is not { } tuning
        ? asked
        : asked with { Tuning = tuning with { Chosen = tuning.Chosen | TopicTuning.OfClassicClient.Chosen } }) with { StreamKey = present.StreamKey };

    /// <summary>Some settings anew.</summary>
    public static TopicSettings Patch(TopicSettings present, TopicPatch patch)
    {
        var tuning = present.Tuning ?? TopicTuning.OfClassicClient;
        return present with
        {
            Compression = patch.Compression ?? present.Compression,
            MessageExpiryMicros = patch.Reset.HasFlag(ChosenSettings.MessageExpiry) ? TopicSettings.ServerDefault : patch.MessageExpiryMicros ?? present.MessageExpiryMicros,
            MaxBytes = patch.Reset.HasFlag(ChosenSettings.MaxBytes) ? TopicSettings.ServerDefault : patch.MaxBytes ?? present.MaxBytes,
            Tuning = tuning with
            {
                Chosen = (tuning.Chosen & ~patch.Reset)
                    | (patch.Compression is null ? 0 : ChosenSettings.Compression)
                    | (patch.MessageExpiryMicros is null ? 0 : ChosenSettings.MessageExpiry)
                    | (patch.MaxBytes is null ? 0 : ChosenSettings.MaxBytes),
            },
        };
    }
}
