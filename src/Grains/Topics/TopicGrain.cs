using System.Collections.Immutable;
using Iggy.Grains.Catalog;
using Iggy.Grains.Interfaces;
using Iggy.Grains.Interfaces.Topics;
using Iggy.Grains.Metadata;
using Iggy.Grains.Options;
using Iggy.Grains.Partitions;
using Iggy.Grains.Placement;
using Iggy.Primitives;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Iggy.Grains.Topics;

/// <summary>Makes and removes the partitions of a topic. Changes come one at a time; calls go down to the partitions only, never up.</summary>
/// <remarks>Folders come before the state that lists them and go after it: a crash leaves folders that nothing lists, never a listed
/// partition without its folder.</remarks>
internal sealed partial class TopicGrain(
    [PagedState("topic")] IPersistentState<TopicState> state,
    IOptions<CatalogOptions> options, IOptions<ConsumerGroupOptions> groupOptions, TopicRetention retention, OpenLogs open, PartitionPlaces places, RunningNodes running, ReplicaFactors factors, TimeProvider clock, ILogger<TopicGrain> logger)
    : CatalogGrain<TopicState>(state, logger), ITopicGrain
{
    private ImmutableArray<PartitionEntry> _entries = []; // made from Stored; what interleaving reads return

    protected override bool HasRemovals => !Stored.Removing.IsEmpty || !Stored.RemovingGroups.IsEmpty;

    protected override void OnStored()
    {
        _entries = PartitionRuns.Entries(this.GetPrimaryKey(), Stored.Partitions);
        ScheduleRetention();
    }

    public async ValueTask CreateAsync(TopicSettings settings, uint partitionsCount)
    {
        RefuseTooMany(partitionsCount, least: 0);
        if (Exists)
            throw new InvalidOperationException($"Topic {this.GetPrimaryKey()} was made before.");

        await MakeAsync(partitionsCount, settings); // not told to the gateways: the stream lists the topic later
    }

    public ValueTask<ImmutableArray<PartitionEntry>> ListPartitionsAsync() => new(_entries);

    public async ValueTask AddPartitionsAsync(uint count)
    {
        RefuseTooMany(count, least: 1);
        RefuseGone();
        await MakeAsync(count, Stored.Settings);
        await TellGroupsOfPartitionsAsync();
        await CatalogNotice.SendAsync(GrainFactory, logger);
    }

    public async ValueTask RemovePartitionsAsync(uint count)
    {
        if (count == 0)
            throw new RefusedException(Refusal.TooManyPartitions, "0 partitions to remove; allowed: from 1."); // the name that clients know it by
        RefuseGone();
        if (count > (uint)_entries.Length)
            throw new RefusedException(Refusal.NotEnoughPartitions, $"{count} partitions to remove; there are {_entries.Length}.");

        var (kept, cut) = PartitionRuns.Split(Stored.Partitions, count);
        await StoreAsync(Stored with { Partitions = kept, Removing = Stored.Removing.AddRange(cut) }, makesRoom: true);
        await TellGroupsOfPartitionsAsync();
        await CatalogNotice.SendAsync(GrainFactory, logger);
        await RemoveSoonAsync();
    }

    public async ValueTask PurgeAsync()
    {
        ImmutableArray<PartitionEntry> entries;
        Refusal refusal;
        do
        {
            entries = _entries;
            refusal = await GrainFactory.TellFilledAsync(open, entries, static partition => partition.PurgeAsync());
        }
        while (refusal is Refusal.PartitionNotFound && entries != _entries); // one was removed meanwhile
        if (refusal is not Refusal.None)
            throw new RefusedException(Refusal.StorageFailed, $"Not every partition could be purged: {refusal}.");
    }

    public async ValueTask DeleteAsync()
    {
        if (!Exists)
            return;

        if (!Stored.Partitions.IsEmpty || !Stored.Groups.IsEmpty)
        {
            await StoreAsync(Stored with
            {
                Partitions = [], Removing = Stored.Removing.AddRange(Stored.Partitions),
                Groups = [], RemovingGroups = Stored.RemovingGroups.AddRange(Stored.Groups),
            }, makesRoom: true);
        }

        if (HasRemovals)
            await RemoveAsync(CancellationToken.None);
        await ForgetAsync();
    }

    protected override async Task<Func<TopicState, TopicState>> RemoveAsync(CancellationToken cancellationToken)
    {
        var (groups, partitions) = (Stored.RemovingGroups, Stored.Removing);
        await RemoveGroupsAsync(groups).WaitAsync(cancellationToken); // what was asked for goes on
        await RemoveFoldersAsync(partitions).WaitAsync(cancellationToken);
        return state => state with { Removing = state.Removing.RemoveRange(partitions), RemovingGroups = state.RemovingGroups.RemoveRange(groups) };
    }

    private async Task MakeAsync(uint count, TopicSettings? settings)
    {
        var made = count == 0 ? [] : ImmutableArray.Create(new PartitionRun(Stored.NextSequence, count, clock.UnixMicros()));
        try
        {
            var entries = PartitionRuns.Entries(this.GetPrimaryKey(), made);
            if (places.IsCluster)
                await AssignAsync(entries, settings);
            var refusal = await GrainFactory.TellAsync(entries, static partition => partition.CreateAsync());
            if (refusal is not Refusal.None)
                throw new RefusedException(refusal, $"{count} partitions could not be made: {refusal}.");

            await StoreAsync(Stored with { NextSequence = Stored.NextSequence + count, Partitions = Stored.Partitions.AddRange(made), Settings = settings });
        }
        catch (Exception e) when (!Lost && !Stored.Partitions.AsSpan().EndsWith(made.AsSpan()))
        {
            await UndoAsync(made);
            if (e is RefusedException)
                throw;
            throw new RefusedException(e is OrleansException or TimeoutException ? Refusal.Unavailable : Refusal.StorageFailed, $"{count} partitions could not be made: {e.Message}");
        }
    }

    private async Task AssignAsync(ImmutableArray<PartitionEntry> entries, TopicSettings? settings)
    {
        var (nodes, factor) = (running.List(), settings is { } given ? factors.Wanted(given) : 1);
        await places.AssignAsync(Keys(entries), nodes, factor);
        if (nodes.Count < factor)
            LogFewCopies(logger, this.GetPrimaryKey(), nodes.Count, factor);
    }

    private async Task UndoAsync(ImmutableArray<PartitionRun> made)
    {
        try
        {
            await RemoveFoldersAsync(made);
        }
        catch (Exception e) // the caller is told of the first failure; the next start reports the folders that are left
        {
            LogUndoFailed(logger, this.GetPrimaryKey(), e);
            await ForgetPlacesAsync(made);
        }
    }

    // Or a repeat, which makes partitions of the same names, would wait for a server that is gone. Nobody has sent anything to these.
    private async Task ForgetPlacesAsync(ImmutableArray<PartitionRun> made)
    {
        try
        {
            if (places.IsCluster)
                await places.ForgetAsync(Keys(PartitionRuns.Entries(this.GetPrimaryKey(), made)));
        }
        catch (RefusedException e) // as above
        {
            LogUndoFailed(logger, this.GetPrimaryKey(), e);
        }
    }

    private async Task RemoveFoldersAsync(ImmutableArray<PartitionRun> runs)
    {
        var entries = PartitionRuns.Entries(this.GetPrimaryKey(), runs);
        var refusal = await GrainFactory.TellAsync(entries, static partition => partition.DeleteAsync());
        if (refusal is not Refusal.None)
            throw new RefusedException(refusal, $"Not every partition could be removed: {refusal}.");
        if (places.IsCluster)
            await places.ForgetAsync(Keys(entries));
    }

    private static string[] Keys(ImmutableArray<PartitionEntry> entries) => [.. entries.Select(static entry => entry.Key)];

    private void RefuseTooMany(uint count, uint least)
    {
        if (count < least || count > TopicSettings.MaxPartitionsPerRequest)
            throw new RefusedException(Refusal.TooManyPartitions, $"{count} partitions; allowed: {least} to {TopicSettings.MaxPartitionsPerRequest}.");
        if (_entries.Length + count > options.Value.MaxPartitionsPerTopic)
        {
            throw new RefusedException(Refusal.TooManyPartitions,
                $"{_entries.Length} and {count} partitions; allowed: {options.Value.MaxPartitionsPerTopic} (Iggy:Catalog:MaxPartitionsPerTopic).");
        }
    }

    private void RefuseGone()
    {
        if (!Exists)
            throw new RefusedException(Refusal.TopicNotFound, $"There is no topic with the incarnation {this.GetPrimaryKey()}.");
    }

    [LoggerMessage(2125, LogLevel.Warning, "New partitions of topic {Topic} get {Copies} copies, {Wanted} are wanted: the others follow once more servers run. Of two copies neither may be missing")]
    private static partial void LogFewCopies(ILogger logger, Guid topic, int copies, int wanted);

    [LoggerMessage(2122, LogLevel.Warning, "Partitions of topic {Topic} were not created, but some folders could not be taken back")]
    private static partial void LogUndoFailed(ILogger logger, Guid topic, Exception exception);
}
