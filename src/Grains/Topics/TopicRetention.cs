using System.Collections.Immutable;
using Iggy.Grains.Interfaces;
using Iggy.Grains.Interfaces.Partitions;
using Iggy.Grains.Interfaces.Topics;
using Iggy.Grains.Options;
using Iggy.Grains.Partitions;
using Iggy.Grains.Tiering;
using Iggy.Primitives;
using Iggy.Storage;
using Iggy.Storage.Cold;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Iggy.Grains.Topics;

/// <summary>Keeps one topic to its expiry and its maximum size: whole sealed segments go, the oldest first, never one that a stored consumer
/// offset has not passed. One object for each topic.</summary>
internal sealed partial class TopicRetention(
    IGrainFactory grains, OpenLogs open, PartitionLogs logs, IColdTier tier, IOptions<RetentionOptions> options, IHostApplicationLifetime lifetime, TimeProvider clock, ILogger<TopicRetention> logger)
{
    private bool _isOverfull; // so that a topic that cannot shrink is named once

    /// <summary>The server stops: partitions close, and what cannot be looked at is looked at after the next start.</summary>
    public bool IsStopping => lifetime.ApplicationStopping.IsCancellationRequested;

    public TimeSpan Interval => options.Value.Interval;

    /// <summary>Whether a topic with these settings has to be looked at.</summary>
    public bool Applies(TopicSettings? settings) =>
        settings is { } limits && ((options.Value.Enabled && (limits.MessageExpiryMicros != TopicSettings.Never || limits.MaxBytes != TopicSettings.Unlimited)) || LocalLimits(limits) is not null);

    /// <summary>Removes what may go now. Partitions that went meanwhile are passed over.</summary>
    public async Task RunAsync(Guid topic, TopicSettings settings, ImmutableArray<PartitionEntry> entries)
    {
        if (options.Value.Enabled)
            await DeleteAsync(topic, settings, entries);
        if (LocalLimits(settings) is not { } limits)
            return;
        var due = await Task.Run(() => entries.Where(entry => !open.TryGetClosed(entry.Key, out _) || logs.HasGoing(entry.Key, tier.ListArchived(entry.Key), limits)).ToImmutableArray());
        await grains.TellAsync(due, partition => partition.TierAsync(limits.KeepBytes, limits.NewestMicros));
    }

    // What stays on the disk of each partition: as the topic says, else as the server does.
    private LocalLimits? LocalLimits(in TopicSettings settings)
    {
        var (bytes, age) = (settings.Tuning?.LocalRetentionBytes ?? tier.Defaults.Bytes, settings.Tuning?.LocalRetentionMicros ?? tier.Defaults.AgeMicros);
        var now = clock.UnixMicros();
        return bytes is null && age is null ? null : new LocalLimits(bytes ?? ulong.MaxValue, age is { } given && given < now ? now - given : 0);
    }

    private async Task DeleteAsync(Guid topic, TopicSettings settings, ImmutableArray<PartitionEntry> entries)
    {
        var found = await ExpireAsync(settings, entries);
        var (size, deleted, failures) = (0UL, 0u, 0);
        foreach (var partition in found)
        {
            size += partition.SizeBytes;
            deleted += partition.Deleted;
            failures += partition.Refusal is Refusal.None or Refusal.PartitionNotFound ? 0 : 1;
        }

        if (deleted > 0)
            LogExpired(logger, topic, deleted);
        if (failures > 0 && !IsStopping)
            LogIncomplete(logger, topic, failures);
        if (settings.MaxBytes != TopicSettings.Unlimited)
            await ShrinkAsync(topic, settings.MaxBytes, entries, found, size);
    }

    private Task<PartitionRetention[]> ExpireAsync(TopicSettings settings, ImmutableArray<PartitionEntry> entries)
    {
        var now = clock.UnixMicros();
        if (settings.MessageExpiryMicros > now) // "never" too
            return grains.AskAsync<PartitionRetention>(open, entries, Know, static partition => partition.GetRetentionAsync());

        var newest = now - settings.MessageExpiryMicros;
        return grains.AskAsync(open, entries, KnowKept, partition => partition.DeleteExpiredAsync(newest));

        static bool Know(in LogSummary summary, out PartitionRetention answer)
        {
            answer = summary.ToRetention(deleted: 0);
            return true;
        }

        bool KnowKept(in LogSummary summary, out PartitionRetention answer) => Know(in summary, out answer) && !summary.HasExpired(newest);
    }

    // Fair over the partitions: whichever holds the oldest segment of the topic gives it up.
    private async Task ShrinkAsync(Guid topic, ulong maxBytes, ImmutableArray<PartitionEntry> entries, PartitionRetention[] found, ulong size)
    {
        var threshold = maxBytes - (maxBytes / 10); // Apache Iggy starts at 90 % too
        var oldest = new PriorityQueue<int, ulong>();
        for (var i = 0; i < found.Length && size >= threshold; i++)
        {
            if (found[i].HasRemovable)
                oldest.Enqueue(i, found[i].FirstTimestampMicros);
        }

        var deleted = 0u;
        while (size >= threshold && oldest.TryDequeue(out var number, out _))
        {
            var before = found[number];
            var after = await grains.GetGrain<IPartitionGrain>(entries[number].Key).DeleteOldestAsync(before.FirstOffset);
            found[number] = after;
            size = size - before.SizeBytes + after.SizeBytes; // appends go on meanwhile
            deleted += after.Deleted;
            if (after.HasRemovable && after.FirstOffset > before.FirstOffset) // else it would be tried for ever
                oldest.Enqueue(number, after.FirstTimestampMicros);
        }

        if (deleted > 0)
            LogShrunk(logger, topic, deleted, size, maxBytes);
        if (size >= maxBytes && !_isOverfull)
            LogOverfull(logger, topic, size, maxBytes);
        _isOverfull = size >= maxBytes;
    }

    [LoggerMessage(2140, LogLevel.Information, "Topic {Topic}: {Segments} segments with expired messages were removed")]
    private static partial void LogExpired(ILogger logger, Guid topic, uint segments);

    [LoggerMessage(2141, LogLevel.Information, "Topic {Topic}: {Segments} segments were removed to keep it small; it holds {Size} B of at most {MaxBytes}")]
    private static partial void LogShrunk(ILogger logger, Guid topic, uint segments, ulong size, ulong maxBytes);

    [LoggerMessage(2142, LogLevel.Warning, "Topic {Topic} holds {Size} B of at most {MaxBytes} and has no segment that may go: all are active, or a consumer has not read them")]
    private static partial void LogOverfull(ILogger logger, Guid topic, ulong size, ulong maxBytes);

    [LoggerMessage(2143, LogLevel.Warning, "Topic {Topic}: old messages of {Partitions} partitions could not be looked at; it is tried again")]
    private static partial void LogIncomplete(ILogger logger, Guid topic, int partitions);
}
