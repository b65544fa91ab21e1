using Iggy.Grains.Interfaces;
using Iggy.Grains.Interfaces.Topics;
using Microsoft.Extensions.Logging;

namespace Iggy.Grains.Partitions;

/// <summary>What a partition takes over from its topic: whether it packs its messages, and how large its segments are.</summary>
internal sealed partial class PartitionGrain
{
    public async ValueTask<Refusal> ConfigureAsync(TopicSettings settings)
    {
        while (_busy is { IsCompleted: false } busy)
            await busy;

        if (_log is { } log)
            logs.Configure(log, settings);
        return Refusal.None; // not open: it asks when it opens
    }

    // The one call that goes up. It cannot wait for a call that comes down, for the topic answers it beside whatever it does.
    private async Task<TopicSettings?> AskSettingsAsync()
    {
        try
        {
            return await GrainFactory.GetGrain<ITopicGrain>(PartitionKey.TopicOf(Key)).GetSettingsAsync();
        }
        catch (Exception e) // messages matter more than their size: the partition works without
        {
            LogSettingsUnknown(logger, Key, e);
            return null;
        }
    }

    [LoggerMessage(2004, LogLevel.Warning, "Partition {Partition} could not ask for its topic's settings; until it is opened anew it compresses and rolls as the server does")]
    private static partial void LogSettingsUnknown(ILogger logger, string partition, Exception exception);
}
