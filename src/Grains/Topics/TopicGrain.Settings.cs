using Iggy.Grains.Interfaces.Topics;
using Microsoft.Extensions.Logging;

namespace Iggy.Grains.Topics;

/// <summary>The topic's settings, whom they are told, and the timer that keeps the topic to its limits.</summary>
internal sealed partial class TopicGrain
{
    private IGrainTimer? _retentionTimer; // only while something limits the topic

    public async ValueTask ConfigureAsync(TopicSettings settings)
    {
        if (!Exists || Stored.Settings == settings)
            return;

        var isKeptAsBefore = Stored.Settings?.Compression == settings.Compression && Stored.Settings?.Tuning == settings.Tuning;
        await StoreAsync(Stored with { Settings = settings });
        if (!isKeptAsBefore)
            await GrainFactory.TellAsync(_entries, partition => partition.ConfigureAsync(settings));
    }

    public ValueTask<TopicSettings?> GetSettingsAsync() => new(Stored.Settings);

    private void ScheduleRetention()
    {
        if (retention.Applies(Stored.Settings) == _retentionTimer is not null)
            return;

        if (_retentionTimer is { } running)
        {
            _retentionTimer = null;
            running.Dispose();
            return;
        }

        // Spread over the interval by the topic, for at the start of the server all are woken at once.
        var first = retention.Interval * ((uint)this.GetPrimaryKey().GetHashCode() / (double)uint.MaxValue);
        // Interleaved, so that no change waits until many partitions were looked at; a partition that goes meanwhile says so.
        _retentionTimer = this.RegisterGrainTimer(RetainAsync, new GrainTimerCreationOptions(first, retention.Interval) { Interleave = true, KeepAlive = true });
    }

    private async Task RetainAsync(CancellationToken cancellationToken)
    {
        if (Lost || retention.IsStopping || Stored.Settings is not { } settings)
            return;

        try
        {
            await retention.RunAsync(this.GetPrimaryKey(), settings, _entries);
        }
        catch (Exception) when (retention.IsStopping)
        {
            // The silo refuses calls by now, which is nothing to tell.
        }
        catch (Exception e) // nothing is lost but time: the next run starts anew
        {
            LogRetentionFailed(logger, this.GetPrimaryKey(), e);
        }
    }

    [LoggerMessage(2144, LogLevel.Warning, "Topic {Topic}: the removal of old messages failed; it is tried again")]
    private static partial void LogRetentionFailed(ILogger logger, Guid topic, Exception exception);
}
