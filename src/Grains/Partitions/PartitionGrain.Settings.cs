using Iggy.Grains.Interfaces;
using Iggy.Grains.Interfaces.Topics;
using Iggy.Storage;
using Microsoft.Extensions.Logging;

namespace Iggy.Grains.Partitions;

/// <summary>What a partition takes over from its topic: whether it packs its messages.</summary>
internal sealed partial class PartitionGrain
{
    public async ValueTask<Refusal> ConfigureAsync(TopicSettings settings)
    {
        while (_busy is { IsCompleted: false } busy)
            await busy;

        if (_log is { } log)
            log.Codec = logs.CodecOf(settings);
        return Refusal.None; // not open: it asks when it opens
    }

    // The one call that goes up. It cannot wait for a call that comes down, for the topic answers it beside whatever it does.
    private async Task<RecordCodec> AskCodecAsync()
    {
        try
        {
            return logs.CodecOf(await GrainFactory.GetGrain<ITopicGrain>(PartitionKey.TopicOf(Key)).GetSettingsAsync());
        }
        catch (Exception e) // messages matter more than their size: the partition works without
        {
            LogSettingsUnknown(logger, Key, e);
            return RecordCodec.None;
        }
    }

    [LoggerMessage(2004, LogLevel.Warning, "Partition {Partition} could not ask for its topic's settings; it does not compress until it is opened anew")]
    private static partial void LogSettingsUnknown(ILogger logger, string partition, Exception exception);
}
