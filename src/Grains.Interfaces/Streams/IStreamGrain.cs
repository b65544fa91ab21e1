using System.Collections.Immutable;
using Iggy.Grains.Interfaces.Topics;
using Orleans.Concurrency;

namespace Iggy.Grains.Interfaces.Streams;

/// <summary>The topics of one stream: ids, names and settings. Key: the stream's incarnation.</summary>
[Alias("iggy.IStreamGrain")]
public interface IStreamGrain : IGrainWithGuidKey
{
    /// <summary>Sets the stream up; called once by the directory, before the stream is listed.</summary>
    /// <exception cref="RefusedException"><see cref="Refusal.StorageFailed"/>.</exception>
    [Alias("Create")]
    ValueTask CreateAsync();

    /// <summary>As the other, with a key of its own.</summary>
    /// <param name="wrappedKey">The key that its messages are encrypted with, itself encrypted.</param>
    /// <exception cref="RefusedException"><see cref="Refusal.StorageFailed"/>.</exception>
    [Alias("CreateWithKey")]
    ValueTask CreateWithKeyAsync(string wrappedKey);

    /// <summary>All topics, by ascending id; never waits behind a change. Empty when the stream is gone.</summary>
    [Alias("List"), AlwaysInterleave]
    ValueTask<ImmutableArray<TopicEntry>> ListAsync();

    /// <summary>Makes a topic under the lowest free id, with its partitions. Server defaults in the settings are resolved here.</summary>
    /// <param name="name">1 to 255 bytes of UTF-8, checked by the caller.</param>
    /// <param name="settings">As asked for; see <see cref="TopicSettings"/> for the markers.</param>
    /// <param name="partitionsCount">0 to <see cref="TopicSettings.MaxPartitionsPerRequest"/>.</param>
    /// <exception cref="RefusedException"><see cref="Refusal.StreamNotFound"/>, <see cref="Refusal.TooManyPartitions"/>, <see cref="Refusal.TopicSizeTooSmall"/>,
    /// <see cref="Refusal.TopicNameTaken"/>, <see cref="Refusal.TooManyTopics"/>, <see cref="Refusal.StorageFailed"/>; nothing was made.</exception>
    [Alias("CreateTopic")]
    ValueTask<TopicEntry> CreateTopicAsync(string name, TopicSettings settings, uint partitionsCount);

    /// <summary>Replaces the name and every setting of a topic, in one step; its <see cref="TopicSettings.Tuning"/> stays unless given.</summary>
    /// <exception cref="RefusedException"><see cref="Refusal.TopicNotFound"/>, <see cref="Refusal.TopicNameTaken"/>,
    /// <see cref="Refusal.TopicSizeTooSmall"/>; nothing was changed. <see cref="Refusal.StorageFailed"/>: nothing was changed, or the topic
    /// was not told; the same update may be repeated.</exception>
    [Alias("UpdateTopic")]
    ValueTask UpdateTopicAsync(Guid topic, string name, TopicSettings settings);

    /// <summary>Replaces the name and some settings of a topic, in one step; the others stay.</summary>
    /// <exception cref="RefusedException">As <see cref="UpdateTopicAsync"/>.</exception>
    [Alias("PatchTopic")]
    ValueTask PatchTopicAsync(Guid topic, string name, TopicPatch patch);

    /// <summary>Encrypts its key with the server's present one where it is not, tells every topic its settings, and so wakes those that have something to do by themselves. The server asks for it once at its
    /// start, because a crash may have come between an update and the topic that it was for.</summary>
    /// <exception cref="RefusedException"><see cref="Refusal.StorageFailed"/>; some were told.</exception>
    [Alias("ConfigureTopics")]
    ValueTask ConfigureTopicsAsync();

    /// <summary>Removes a topic with its messages and offsets; finished at the next start after a crash.</summary>
    /// <exception cref="RefusedException"><see cref="Refusal.TopicNotFound"/>.</exception>
    [Alias("DeleteTopic")]
    ValueTask DeleteTopicAsync(Guid topic);

    /// <summary>Empties every topic: messages and stored offsets go, the next offset is 0 again. Takes its time; changes need not wait for it.</summary>
    /// <exception cref="RefusedException"><see cref="Refusal.StorageFailed"/>.</exception>
    [Alias("Purge"), AlwaysInterleave, ResponseTimeout("00:30:00")]
    ValueTask PurgeAsync();

    /// <summary>Removes all topics; called by the directory once the stream is no longer listed. Safe to repeat; takes its time.</summary>
    [Alias("Delete"), ResponseTimeout("00:30:00")]
    ValueTask DeleteAsync();
}
