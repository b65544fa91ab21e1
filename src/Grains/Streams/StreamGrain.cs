using System.Collections.Immutable;
using Iggy.Grains.Catalog;
using Iggy.Grains.Interfaces;
using Iggy.Grains.Interfaces.Streams;
using Iggy.Grains.Interfaces.Topics;
using Iggy.Grains.Interfaces.Users;
using Iggy.Grains.Metadata;
using Iggy.Grains.Options;
using Iggy.Primitives;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Iggy.Grains.Streams;

/// <summary>Gives topic ids and names inside a stream. Changes come one at a time; calls go down to the topics only, never up.</summary>
internal sealed partial class StreamGrain(
    [PagedState("stream")] IPersistentState<StreamState> state,
    IOptions<CatalogOptions> options, TopicSettingsRules rules, StreamKeys keys, TimeProvider clock, ILogger<StreamGrain> logger)
    : CatalogGrain<StreamState>(state, logger), IStreamGrain
{
    protected override bool HasRemovals => !Stored.Removing.IsEmpty;

    public async ValueTask CreateAsync()
    {
        if (!Exists)
            await StoreAsync(new StreamState());
    }

    public async ValueTask CreateWithKeyAsync(string wrappedKey)
    {
        if (!Exists)
            await StoreAsync(new StreamState { Key = wrappedKey });
    }

    public ValueTask<ImmutableArray<TopicEntry>> ListAsync() => new(Stored.Topics);

    public async ValueTask<TopicEntry> CreateTopicAsync(string name, TopicSettings settings, uint partitionsCount)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        RefuseGone();
        if (partitionsCount > TopicSettings.MaxPartitionsPerRequest)
            throw new RefusedException(Refusal.TooManyPartitions, $"{partitionsCount} partitions; allowed: 0 to {TopicSettings.MaxPartitionsPerRequest}.");
        var resolved = rules.ResolveNew(settings) with { StreamKey = Stored.Key };
        var topics = Stored.Topics;
        RefuseTaken(name, Guid.Empty);
        if (topics.Length >= options.Value.MaxTopicsPerStream)
            throw new RefusedException(Refusal.TooManyTopics, $"There are {topics.Length} topics; allowed: {options.Value.MaxTopicsPerStream} (Iggy:Catalog:MaxTopicsPerStream).");

        var (id, position) = FreeIds.Lowest(topics.Length, i => topics[i].Id, Stored.RemovingIds.AddRange(Stored.UnknownIds));
        var entry = new TopicEntry(id, Guid.CreateVersion7(), name, clock.UnixMicros(), resolved);
        await MakeTopicAsync(entry.Incarnation, resolved, partitionsCount); // before it is listed, so that a listed topic has its partitions
        try
        {
            await StoreAsync(Stored with { Topics = topics.Insert(position, entry) });
        }
        catch (RefusedException) when (!Lost && IndexOf(entry.Incarnation) < 0)
        {
            await UndoAsync(entry.Incarnation);
            throw;
        }

        await CatalogNotice.SendAsync(GrainFactory, logger);
        return entry;
    }

    public ValueTask UpdateTopicAsync(Guid topic, string name, TopicSettings settings) =>
        ChangeTopicAsync(topic, name, present => TopicSettingsRules.Replace(present, settings));

    public ValueTask PatchTopicAsync(Guid topic, string name, TopicPatch patch) =>
        ChangeTopicAsync(topic, name, present => TopicSettingsRules.Patch(present, patch));

    private async ValueTask ChangeTopicAsync(Guid topic, string name, Func<TopicSettings, TopicSettings> change)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        var index = Find(topic);
        var present = Stored.Topics[index].Settings;
        var resolved = rules.ResolveChanged(present, change(present));
        RefuseTaken(name, topic);
        var entry = Stored.Topics[index];
        var updated = entry with { Name = name, Settings = resolved };
        if (updated != entry)
        {
            await StoreAsync(Stored with { Topics = Stored.Topics.SetItem(index, updated) });
            await CatalogNotice.SendAsync(GrainFactory, logger);
        }

        await GrainFactory.GetGrain<ITopicGrain>(topic).ConfigureAsync(resolved); // also when nothing changed: the topic may not know yet
    }

    public async ValueTask ConfigureTopicsAsync()
    {
        if (Stored.Key is { } key && keys.Renew(key) is var renewed && renewed != key)
        {
            await StoreAsync(Stored with
            {
                Key = renewed,
                Topics = [.. Stored.Topics.Select(topic => topic with { Settings = topic.Settings with { StreamKey = renewed } })],
            });
        }
        foreach (var topic in Stored.Topics)
            await GrainFactory.GetGrain<ITopicGrain>(topic.Incarnation).ConfigureAsync(topic.Settings);
    }

    public async ValueTask DeleteTopicAsync(Guid topic)
    {
        var index = Find(topic);
        await StoreAsync(Stored with
        {
            Topics = Stored.Topics.RemoveAt(index),
            Removing = Stored.Removing.Add(topic),
            RemovingIds = Stored.RemovingIds.Add(Stored.Topics[index].Id),
        }, makesRoom: true);
        await CatalogNotice.SendAsync(GrainFactory, logger);
        await RemoveSoonAsync();
    }

    public async ValueTask PurgeAsync()
    {
        foreach (var topic in Stored.Topics) // one after the other: each asks all its partitions at once
            await GrainFactory.GetGrain<ITopicGrain>(topic.Incarnation).PurgeAsync();
    }

    public async ValueTask DeleteAsync()
    {
        if (!Exists)
            return;

        if (!Stored.Topics.IsEmpty)
        {
            var all = Stored.Removing.ToBuilder();
            foreach (var topic in Stored.Topics)
                all.Add(topic.Incarnation);
            await StoreAsync(new StreamState { Removing = all.ToImmutable() }, makesRoom: true);
        }

        if (HasRemovals)
            await RemoveAsync(CancellationToken.None);
        await ForgetAsync();
    }

    protected override async Task<Func<StreamState, StreamState>> RemoveAsync(CancellationToken cancellationToken)
    {
        var (topics, ids) = (Stored.Removing, Stored.RemovingIds);
        await DropGrantsAsync(ids);
        foreach (var topic in topics)
            await GrainFactory.GetGrain<ITopicGrain>(topic).DeleteAsync().AsTask().WaitAsync(cancellationToken); // which goes on there

        return state => state with { Removing = state.Removing.RemoveRange(topics), RemovingIds = state.RemovingIds.RemoveRange(ids) };
    }

    private async Task DropGrantsAsync(ImmutableArray<uint> topicIds)
    {
        if (topicIds.IsEmpty)
            return;

        // The one question that goes up. It reads a published list, so it waits for nothing; a stream that is not in it is being deleted,
        // and the directory drops what is granted in all of it.
        foreach (var stream in await GrainFactory.GetGrain<IStreamDirectoryGrain>(0).ListAsync())
        {
            if (stream.Incarnation != this.GetPrimaryKey())
                continue;
            foreach (var topicId in topicIds)
                await GrainFactory.GetGrain<IUserDirectoryGrain>(0).DropGrantsAsync(stream.Id, topicId);
        }
    }

    private async Task MakeTopicAsync(Guid topic, TopicSettings settings, uint partitionsCount)
    {
        try
        {
            await GrainFactory.GetGrain<ITopicGrain>(topic).CreateAsync(settings, partitionsCount);
        }
        catch (Exception e) when (e is not RefusedException) // a refusal means that nothing was made; anything else says nothing
        {
            await UndoAsync(topic);
            throw new RefusedException(Refusal.StorageFailed, $"The partitions could not be made: {e.Message}");
        }
    }

    private async Task UndoAsync(Guid topic)
    {
        try
        {
            await GrainFactory.GetGrain<ITopicGrain>(topic).DeleteAsync();
        }
        catch (Exception e) // the caller is told of the first failure; the next start reports the folders that are left
        {
            LogUndoFailed(logger, topic, e);
        }
    }

    private void RefuseGone()
    {
        if (!Exists)
            throw new RefusedException(Refusal.StreamNotFound, $"There is no stream with the incarnation {this.GetPrimaryKey()}.");
    }

    private int Find(Guid topic) => IndexOf(topic) is >= 0 and var index
        ? index
        : throw new RefusedException(Refusal.TopicNotFound, $"There is no topic with the incarnation {topic}.");

    private int IndexOf(Guid topic)
    {
        var topics = Stored.Topics;
        for (var i = 0; i < topics.Length; i++)
        {
            if (topics[i].Incarnation == topic)
                return i;
        }

        return -1;
    }

    private void RefuseTaken(string name, Guid except)
    {
        foreach (var entry in Stored.Topics)
        {
            if (entry.Name == name && entry.Incarnation != except) // ordinal: byte for byte
                throw new RefusedException(Refusal.TopicNameTaken, $"Topic {entry.Id} has the name '{name}'.");
        }
    }

    [LoggerMessage(2121, LogLevel.Warning, "Topic {Topic} was not created, but its partitions could not be taken back")]
    private static partial void LogUndoFailed(ILogger logger, Guid topic, Exception exception);
}
