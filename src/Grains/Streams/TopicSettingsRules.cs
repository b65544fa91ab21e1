using Iggy.Grains.Interfaces;
using Iggy.Grains.Interfaces.Topics;
using Iggy.Grains.Options;
using Microsoft.Extensions.Options;

namespace Iggy.Grains.Streams;

/// <summary>Turns the settings of a request into those that are kept, the same way for create and update.</summary>
/// <remarks>Defaults are resolved here, once, and kept resolved: a topic must not change its retention with the server's configuration.</remarks>
internal sealed class TopicSettingsRules(IOptions<CatalogOptions> catalog, IOptions<StorageOptions> storage)
{
    /// <exception cref="RefusedException"><see cref="Refusal.TopicSizeTooSmall"/>.</exception>
    public TopicSettings Resolve(TopicSettings asked)
    {
        var maxBytes = asked.MaxBytes == TopicSettings.ServerDefault ? catalog.Value.DefaultMaxTopicBytes : asked.MaxBytes;
        if (maxBytes < (ulong)storage.Value.SegmentBytes) // unlimited is the largest number
        {
            throw new RefusedException(Refusal.TopicSizeTooSmall,
                $"A topic of at most {maxBytes} B cannot hold one segment of {storage.Value.SegmentBytes} B (Iggy:Storage:SegmentBytes).");
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
}
