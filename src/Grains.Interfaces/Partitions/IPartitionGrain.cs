using System.Collections.Immutable;
using Iggy.Grains.Interfaces.Topics;

namespace Iggy.Grains.Interfaces.Partitions;

/// <summary>One partition of a topic: the only writer of its segment files.</summary>
/// <remarks>Key: <c>{topic incarnation:N}/{sequence}</c>. A partition that was deleted, or never made, answers
/// <see cref="Refusal.PartitionNotFound"/> to everything.</remarks>
[Alias("iggy.IPartitionGrain")]
public interface IPartitionGrain : IGrainWithStringKey
{
    /// <summary>Makes the partition's folder. Safe to repeat.</summary>
    /// <returns><see cref="Refusal.None"/>, <see cref="Refusal.DiskFull"/> or <see cref="Refusal.StorageFailed"/>.</returns>
    [Alias("Create")]
    ValueTask<Refusal> CreateAsync();

    /// <summary>Tells a change of the topic's settings; an open partition follows at once, another one asks when it opens.</summary>
    [Alias("Configure")]
    ValueTask<Refusal> ConfigureAsync(TopicSettings settings);

    /// <summary>Appends one batch: all of it or none of it, as durable as the server's durability option says.</summary>
    /// <param name="batch">Checked by the caller. Its bytes must not change before the answer; after an exception they may still be read.</param>
    /// <returns>The offset of the first message, or the reason why nothing was written; <see cref="Refusal.OutcomeUnknown"/>: it may be.</returns>
    /// <exception cref="TimeoutException">Unknown outcome: the batch may have been written.</exception>
    [Alias("Append")]
    ValueTask<AppendResult> AppendAsync(MessageBatch batch);

    /// <summary>Takes a part of a batch that is too large for one call between servers; the last part is followed by <see cref="AppendStagedAsync"/>.</summary>
    /// <param name="upload">Made by the caller for this batch.</param>
    /// <param name="totalBytes">Of the whole batch.</param>
    /// <param name="part">Bytes of the batch, in order; its count means nothing.</param>
    /// <returns><see cref="Refusal.None"/>, <see cref="Refusal.Unavailable"/> where there is no room for more, <see cref="Refusal.InvalidBatch"/>.</returns>
    [Alias("Stage")]
    ValueTask<Refusal> StageAsync(Guid upload, int totalBytes, MessageBatch part);

    /// <summary>Appends a batch of which all parts are here, as <see cref="AppendAsync"/> does.</summary>
    /// <returns><see cref="Refusal.Unavailable"/> where parts are missing: nothing was written.</returns>
    [Alias("AppendStaged")]
    ValueTask<AppendResult> AppendStagedAsync(Guid upload, MessageLayout layout, uint count);

    /// <summary>Appends batches one after the other, each as <see cref="AppendAsync"/> would: one that is refused keeps no other from being appended.</summary>
    [Alias("AppendMany")]
    ValueTask<ImmutableArray<AppendResult>> AppendManyAsync(ImmutableArray<MessageBatch> batches);

    /// <summary>Reads messages and, when asked, stores the offset of the last one for the consumer before it answers.</summary>
    /// <returns>What was found; the caller disposes <see cref="PollResult.Messages"/> or <see cref="PollResult.Large"/>.</returns>
    [Alias("Poll")]
    ValueTask<PollResult> PollAsync(PollRequest request);

    /// <summary>Waits until there is a message at an offset, or above it. Appends do not wait for those who wait.</summary>
    /// <param name="offset">The message waited for.</param>
    /// <param name="limit">Longest wait, well below the time after which calls are given up; none or less only looks.</param>
    /// <returns>Where the partition stands after the wait, whether the message came or not.</returns>
    [Alias("WaitForMessage")]
    ValueTask<MessageWait> WaitForMessageAsync(ulong offset, TimeSpan limit);

    /// <summary>The consumer's stored offset, if any, and the partition's last offset.</summary>
    [Alias("GetOffset")]
    ValueTask<ConsumerOffset> GetOffsetAsync(ConsumerKey consumer);

    /// <summary>Stores an offset for a consumer; going back is allowed.</summary>
    /// <returns><see cref="Refusal.None"/>, <see cref="Refusal.OffsetOutOfRange"/>, <see cref="Refusal.TooManyConsumers"/>, <see cref="Refusal.DiskFull"/>,
    /// <see cref="Refusal.StorageFailed"/>, <see cref="Refusal.OutcomeUnknown"/>.</returns>
    [Alias("StoreOffset")]
    ValueTask<Refusal> StoreOffsetAsync(ConsumerKey consumer, ulong offset);

    /// <summary>Forgets a consumer's stored offset.</summary>
    /// <returns><see cref="Refusal.None"/>, <see cref="Refusal.ConsumerOffsetNotFound"/>, <see cref="Refusal.StorageFailed"/>, <see cref="Refusal.OutcomeUnknown"/>.</returns>
    [Alias("DeleteOffset")]
    ValueTask<Refusal> DeleteOffsetAsync(ConsumerKey consumer);

    /// <summary>From now on a group reads under this term only. Said again, it takes back a <see cref="RevokeGroupAsync"/>.</summary>
    [Alias("AssignGroup")]
    ValueTask<GroupHold> AssignGroupAsync(GroupClaim claim);

    /// <summary>Ends a term as soon as its last delivered message is committed; at once when that is so already.</summary>
    [Alias("RevokeGroup")]
    ValueTask<GroupHold> RevokeGroupAsync(GroupClaim claim);

    /// <summary>Forgets a deleted group with its stored offset.</summary>
    /// <returns><see cref="Refusal.None"/>, also when nothing was stored; <see cref="Refusal.StorageFailed"/>.</returns>
    [Alias("ForgetGroup")]
    ValueTask<Refusal> ForgetGroupAsync(uint groupId);

    /// <summary>As <see cref="PollAsync"/>, for a member of a group.</summary>
    [Alias("PollGroup")]
    ValueTask<GroupPollResult> PollGroupAsync(PollRequest request, GroupClaim claim);

    /// <summary>As <see cref="StoreOffsetAsync"/>, for a member of a group.</summary>
    [Alias("StoreGroupOffset")]
    ValueTask<GroupStoreResult> StoreGroupOffsetAsync(GroupClaim claim, ulong offset);

    /// <summary>As <see cref="DeleteOffsetAsync"/>, for a member of a group.</summary>
    [Alias("DeleteGroupOffset")]
    ValueTask<Refusal> DeleteGroupOffsetAsync(GroupClaim claim);

    /// <summary>Hands everything written so far to the operating system, and to the disk when <paramref name="toDisk"/>.</summary>
    [Alias("Flush")]
    ValueTask<Refusal> FlushAsync(bool toDisk);

    /// <summary>Removes up to <paramref name="count"/> of the oldest sealed segments that every stored consumer offset has passed.</summary>
    [Alias("DeleteSegments")]
    ValueTask<Refusal> DeleteSegmentsAsync(uint count);

    /// <summary>What retention needs to compare the partitions of a topic.</summary>
    [Alias("GetRetention")]
    ValueTask<PartitionRetention> GetRetentionAsync();

    /// <summary>Removes the sealed segments without a message newer than <paramref name="newestMicros"/>; stored consumer offsets hold them
    /// as in <see cref="DeleteSegmentsAsync"/>.</summary>
    [Alias("DeleteExpired")]
    ValueTask<PartitionRetention> DeleteExpiredAsync(ulong newestMicros);

    /// <summary>Removes the oldest sealed segment if it still starts at <paramref name="firstOffset"/> and nothing holds it.</summary>
    [Alias("DeleteOldest")]
    ValueTask<PartitionRetention> DeleteOldestAsync(ulong firstOffset);

    /// <summary>Has sealed segments leave the disk that are in the archive: while the folder holds more than <paramref name="keepBytes"/>, and those without a message newer
    /// than <paramref name="newestMicros"/>. They stay in the log. A call does some of it; the next one goes on.</summary>
    [Alias("Tier")]
    ValueTask<Refusal> TierAsync(ulong keepBytes, ulong newestMicros);

    /// <summary>Removes all messages and stored offsets; the next offset is 0.</summary>
    [Alias("Purge")]
    ValueTask<Refusal> PurgeAsync();

    /// <summary>Makes a partition in one copy one whose copy is a replica, so that others can follow. Safe to repeat.</summary>
    /// <returns><see cref="Refusal.None"/>, <see cref="Refusal.Unavailable"/> where another server keeps it or the register cannot be asked, <see cref="Refusal.StorageFailed"/>.</returns>
    [Alias("Replicate")]
    ValueTask<Refusal> ReplicateAsync();

    /// <summary>Removes the partition's folder. Safe to repeat.</summary>
    [Alias("Delete")]
    ValueTask<Refusal> DeleteAsync();

    /// <summary>Closes the log, whose files others need, unless it is in use this very moment; the next call that needs it opens it again.</summary>
    [Alias("CloseLog")]
    ValueTask CloseLogAsync();

    /// <summary>The partition's figures.</summary>
    [Alias("GetStats")]
    ValueTask<PartitionStats> GetStatsAsync();

    /// <summary>The partition's figures as far as they are known without opening it: none, without a segment, where they are not.</summary>
    [Alias("GetKnownStats")]
    ValueTask<PartitionStats> GetKnownStatsAsync();

    /// <summary>How far consumer groups are behind; nothing where it is not known without opening the log.</summary>
    [Alias("GetLags")]
    ValueTask<PartitionLags> GetLagsAsync();
}
