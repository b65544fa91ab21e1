using Iggy.Grains.Interfaces;
using Iggy.Grains.Interfaces.Topics;
using Microsoft.Extensions.Logging;

namespace Iggy.Grains.Partitions;

/// <summary>What a partition takes over from its topic: how it packs its messages, how large its segments are, and what must be on disk before its answer.</summary>
internal sealed partial class PartitionGrain
{
    private bool _isPersisted, _areOffsetsPersisted; // of messages, of stored offsets; whatever the server's own durability

    public async ValueTask<Refusal> ConfigureAsync(TopicSettings settings)
    {
        while (_busy is { IsCompleted: false } busy)
            await busy;

        var wasPersisted = _isPersisted;
        TakeDurability(settings);
        if (_log is not { } log)
            return Refusal.None; // it asks when it opens
        using (Hold())
            logs.Configure(log, settings);
        if (_isPersisted == wasPersisted)
            return Refusal.None;
        if (_replica is not null && await FindReplicatedAsync() is { } row)
            return await AskAllAsync(row, node => node.ReopenAsync(Key)); // what a replica counts as safe is decided when it opens
        await CloseLogAsync(); // as for a log that is alone
        return Refusal.None;
    }

    // The one call that goes up. It cannot wait for a call that comes down, for the topic answers it beside whatever it does.
    private async Task<TopicSettings?> AskSettingsAsync()
    {
        try
        {
            var settings = await GrainFactory.GetGrain<ITopicGrain>(PartitionKey.TopicOf(Key)).GetSettingsAsync();
            TakeDurability(settings);
            return settings;
        }
        catch (Exception e) // messages matter more than their size or their speed: the partition works without
        {
            LogSettingsUnknown(logger, Key, e);
            (_isPersisted, _areOffsetsPersisted) = (true, true);
            return null;
        }
    }

    private void TakeDurability(TopicSettings? settings) =>
        (_isPersisted, _areOffsetsPersisted) = (settings?.Tuning?.IsPersisted is true, settings?.Tuning?.AreOffsetsPersisted is true);

    [LoggerMessage(2004, LogLevel.Warning, "Partition {Partition} could not ask for its topic's settings; until it is opened anew it compresses and rolls as the server does, and syncs before each answer")]
    private static partial void LogSettingsUnknown(ILogger logger, string partition, Exception exception);
}
