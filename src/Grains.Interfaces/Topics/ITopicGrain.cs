using System.Collections.Immutable;
using Iggy.Grains.Interfaces.ConsumerGroups;
using Orleans.Concurrency;

namespace Iggy.Grains.Interfaces.Topics;

/// <summary>The partitions of one topic. Key: the topic's incarnation.</summary>
[Alias("iggy.ITopicGrain")]
public interface ITopicGrain : IGrainWithGuidKey
{
    /// <summary>Makes the first partitions; called once by the stream, before the topic is listed.</summary>
    /// <exception cref="RefusedException"><see cref="Refusal.StorageFailed"/>, <see cref="Refusal.DiskFull"/>; nothing was made.</exception>
    [Alias("Create")]
    ValueTask CreateAsync(TopicSettings settings, uint partitionsCount);

    /// <summary>Gives the topic other settings; they hold from the next run of the retention on. Nothing happens when the topic is gone.</summary>
    /// <param name="settings">Resolved: no server-default markers.</param>
    /// <exception cref="RefusedException"><see cref="Refusal.StorageFailed"/>; the old settings hold.</exception>
    [Alias("Configure")]
    ValueTask ConfigureAsync(TopicSettings settings);

    /// <summary>The topic's settings; null when the topic is gone or has not been told them. Never waits behind a change, so that a partition
    /// may ask while its topic waits for it.</summary>
    [Alias("GetSettings"), AlwaysInterleave]
    ValueTask<TopicSettings?> GetSettingsAsync();

    /// <summary>The partitions, by ascending id, without touching them; never waits behind a change. Empty when the topic is gone.</summary>
    [Alias("ListPartitions"), AlwaysInterleave]
    ValueTask<ImmutableArray<PartitionEntry>> ListPartitionsAsync();

    /// <summary>The partitions with their figures, by ascending id, without waiting behind a change. Opens only partitions whose figures nobody knows:
    /// those that were not closed in order.</summary>
    [Alias("GetStats"), AlwaysInterleave]
    ValueTask<ImmutableArray<PartitionDetails>> GetStatsAsync();

    /// <summary>The sums of the partitions' figures, without waiting behind a change and without opening anything.</summary>
    [Alias("GetTotals"), AlwaysInterleave]
    ValueTask<TopicTotals> GetTotalsAsync();

    /// <summary>Adds partitions after the last.</summary>
    /// <param name="count">1 to <see cref="TopicSettings.MaxPartitionsPerRequest"/>.</param>
    /// <exception cref="RefusedException"><see cref="Refusal.TooManyPartitions"/>, <see cref="Refusal.TopicNotFound"/>,
    /// <see cref="Refusal.StorageFailed"/>, <see cref="Refusal.DiskFull"/>; nothing was added.</exception>
    [Alias("AddPartitions")]
    ValueTask AddPartitionsAsync(uint count);

    /// <summary>Removes the last partitions with their messages and offsets.</summary>
    /// <param name="count">1 to the number there are.</param>
    /// <exception cref="RefusedException"><see cref="Refusal.TooManyPartitions"/> for 0, <see cref="Refusal.NotEnoughPartitions"/>,
    /// <see cref="Refusal.TopicNotFound"/>, <see cref="Refusal.StorageFailed"/>; nothing was removed.</exception>
    [Alias("RemovePartitions")]
    ValueTask RemovePartitionsAsync(uint count);

    /// <summary>The consumer groups, by ascending id; never waits behind a change. Empty when the topic is gone.</summary>
    [Alias("ListGroups"), AlwaysInterleave]
    ValueTask<ImmutableArray<ConsumerGroupEntry>> ListGroupsAsync();

    /// <summary>Makes a consumer group under the lowest free id.</summary>
    /// <param name="name">1 to 255 bytes of UTF-8, checked by the caller; kept exactly.</param>
    /// <exception cref="RefusedException"><see cref="Refusal.TopicNotFound"/>, <see cref="Refusal.ConsumerGroupNameTaken"/>,
    /// <see cref="Refusal.TooManyConsumerGroups"/>, <see cref="Refusal.StorageFailed"/>; nothing was made.</exception>
    [Alias("CreateGroup")]
    ValueTask<ConsumerGroupEntry> CreateGroupAsync(string name);

    /// <summary>Removes a consumer group, its memberships and its stored offsets; what is left after a crash goes at the next start, and
    /// the id is free only then.</summary>
    /// <exception cref="RefusedException"><see cref="Refusal.ConsumerGroupNotFound"/>, <see cref="Refusal.StorageFailed"/>.</exception>
    [Alias("DeleteGroup")]
    ValueTask DeleteGroupAsync(Guid group);

    /// <summary>Empties every partition: messages and stored offsets go, the next offset is 0 again. Takes its time; changes need not wait for it.</summary>
    /// <exception cref="RefusedException"><see cref="Refusal.StorageFailed"/>.</exception>
    [Alias("Purge"), AlwaysInterleave, ResponseTimeout("00:30:00")]
    ValueTask PurgeAsync();

    /// <summary>Removes all partitions and this grain's own state; called once the topic is no longer listed. Safe to repeat; takes its time.</summary>
    [Alias("Delete"), ResponseTimeout("00:30:00")]
    ValueTask DeleteAsync();
}

/// <summary>A partition as its topic knows it.</summary>
/// <param name="Id">Its position, from 0.</param>
/// <param name="Key">Key of its <c>IPartitionGrain</c>; never given again.</param>
/// <param name="CreatedAtMicros">Since the Unix epoch.</param>
[GenerateSerializer, Immutable, Alias("iggy.PartitionEntry")]
public readonly record struct PartitionEntry(
    [property: Id(0)] uint Id,
    [property: Id(1)] string Key,
    [property: Id(2)] ulong CreatedAtMicros);

/// <summary>A partition with its figures.</summary>
[GenerateSerializer, Immutable, Alias("iggy.PartitionDetails")]
public readonly record struct PartitionDetails(
    [property: Id(0)] PartitionEntry Entry,
    [property: Id(1)] PartitionStats Stats);
