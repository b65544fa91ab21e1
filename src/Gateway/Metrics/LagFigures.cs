using System.Diagnostics.Metrics;
using Iggy.Gateway.Routing;
using Iggy.Grains.Interfaces;
using Iggy.Grains.Interfaces.Hosting;
using Iggy.Grains.Interfaces.Streams;
using Iggy.Grains.Interfaces.Topics;
using Iggy.Primitives;
using Microsoft.Extensions.Options;

namespace Iggy.Gateway.Metrics;

/// <summary>How far each consumer group is behind, in messages and in time: looked up when somebody asks. Opens nothing.</summary>
/// <remarks>A look serves for a second, as <see cref="ServerFigures"/> has it; one that tells partitions is made anew each time, and only one at a time.</remarks>
internal sealed class LagFigures : IDisposable
{
    private static readonly TimeSpan _goodFor = TimeSpan.FromSeconds(1);

    private readonly Catalog _catalog;
    private readonly TimeProvider _clock;
    private readonly int _most;
    private readonly SemaphoreSlim _looking = new(1);
    private Row[] _latest = [];
    private long _lookedAt, _dropped;

    /// <summary>Makes the instrument of what is left out.</summary>
    public LagFigures(Catalog catalog, TimeProvider clock, IOptions<MetricsOptions> options, IMeterFactory meters)
    {
        (_catalog, _clock, _most) = (catalog, clock, options.Value.MaxGroups);
        meters.Create(MeterNames.Storage).CreateObservableCounter("iggy.metrics.series.dropped", () => Volatile.Read(ref _dropped), "{series}",
            "Series of groups that were left out of an answer, for there were more than may be told.");
    }

    /// <summary>Looks, unless somebody did just now.</summary>
    /// <param name="byPartition">Whether to tell it of each partition too.</param>
    public async Task<IReadOnlyList<Row>> LookAsync(bool byPartition = false)
    {
        await _looking.WaitAsync();
        try
        {
            if (byPartition)
                return await ListAsync(byPartition: true);
            if (_lookedAt == 0 || _clock.GetElapsedTime(_lookedAt) > _goodFor)
            {
                _latest = await ListAsync(byPartition: false);
                _lookedAt = _clock.GetTimestamp();
            }
            return _latest;
        }
        finally
        {
            _looking.Release();
        }
    }

    /// <summary>How old a message is.</summary>
    /// <param name="appendedMicros">When it came; 0 for no message, which is no lag.</param>
    public double AgeSeconds(ulong appendedMicros) => AgeSeconds(_clock, appendedMicros);

    /// <summary>The same by a clock.</summary>
    public static double AgeSeconds(TimeProvider clock, ulong appendedMicros)
    {
        if (appendedMicros == 0)
            return 0;
        var now = clock.UnixMicros();
        return now > appendedMicros ? (now - appendedMicros) / 1e6 : 0;
    }

    /// <inheritdoc/>
    public void Dispose() => _looking.Dispose();

    private async Task<Row[]> ListAsync(bool byPartition)
    {
        var rows = new List<Row>();
        var (left, dropped) = (_most, 0L);
        foreach (var stream in await _catalog.ListStreamsAsync())
        {
            var topics = await ListedAsync(stream);
            var asked = new Task<IReadOnlyList<TopicGroupLag>>[topics.Count];
            for (var i = 0; i < asked.Length; i++)
                asked[i] = LagsAsync(topics[i], byPartition);
            await Task.WhenAll(asked);
            for (var i = 0; i < asked.Length; i++)
            {
                foreach (var lag in await asked[i])
                {
                    var series = Math.Max(1, lag.Partitions.Length);
                    if (series > left)
                    {
                        dropped += series;
                        continue;
                    }
                    left -= series;
                    rows.Add(new Row(stream.Name, topics[i].Name, lag));
                }
            }
        }
        Interlocked.Add(ref _dropped, dropped);
        return [.. rows];
    }

    private async Task<IReadOnlyList<TopicEntry>> ListedAsync(StreamEntry stream)
    {
        try
        {
            return await _catalog.ListTopicsAsync(stream);
        }
        catch (RefusedException damaged) when (damaged.Reason is Refusal.StorageFailed) // the others are told all the same
        {
            return [];
        }
    }

    private async Task<IReadOnlyList<TopicGroupLag>> LagsAsync(TopicEntry topic, bool byPartition)
    {
        try
        {
            return await _catalog.Topic(topic).GetLagsAsync(byPartition);
        }
        catch (RefusedException damaged) when (damaged.Reason is Refusal.StorageFailed)
        {
            return [];
        }
    }

    /// <summary>One group.</summary>
    internal readonly record struct Row(string Stream, string Topic, TopicGroupLag Lag);
}
