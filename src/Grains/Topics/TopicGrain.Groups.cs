using System.Collections.Immutable;
using Iggy.Grains.Interfaces;
using Iggy.Grains.Interfaces.ConsumerGroups;
using Microsoft.Extensions.Logging;

namespace Iggy.Grains.Topics;

/// <summary>The directory of the topic's consumer groups; who is in them is known to their own grains.</summary>
internal sealed partial class TopicGrain
{
    private const int GroupsAtOnce = 128;

    public ValueTask<ImmutableArray<ConsumerGroupEntry>> ListGroupsAsync() => new(Stored.Groups);

    public async ValueTask<ConsumerGroupEntry> CreateGroupAsync(string name)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        RefuseGone();
        var groups = Stored.Groups;
        foreach (var other in groups)
        {
            if (other.Name == name) // ordinal: byte for byte
                throw new RefusedException(Refusal.ConsumerGroupNameTaken, $"Consumer group {other.Id} has the name '{name}'.");
        }
        if (groups.Length >= groupOptions.Value.MaxGroupsPerTopic)
        {
            throw new RefusedException(Refusal.TooManyConsumerGroups,
                $"There are {groups.Length} consumer groups; allowed: {groupOptions.Value.MaxGroupsPerTopic} (Iggy:ConsumerGroups:MaxGroupsPerTopic).");
        }

        var entry = new ConsumerGroupEntry(LowestFreeGroupId(), Guid.CreateVersion7(), name);
        var at = 0;
        while (at < groups.Length && groups[at].Id < entry.Id)
            at++;
        await StoreAsync(Stored with { Groups = groups.Insert(at, entry) });
        return entry;
    }

    public async ValueTask DeleteGroupAsync(Guid group)
    {
        foreach (var entry in Stored.Groups)
        {
            if (entry.Incarnation != group)
                continue;
            await StoreAsync(Stored with { Groups = Stored.Groups.Remove(entry), RemovingGroups = Stored.RemovingGroups.Add(entry) });
            await RemoveSoonAsync();
            return;
        }

        throw new RefusedException(Refusal.ConsumerGroupNotFound, $"There is no consumer group with the incarnation {group}.");
    }

    // Ids of groups that are being removed stay taken: some partition may still have an offset under them.
    private uint LowestFreeGroupId()
    {
        var taken = new HashSet<uint>(Stored.UnknownIds);
        foreach (var entry in Stored.Groups)
            taken.Add(entry.Id);
        foreach (var entry in Stored.RemovingGroups)
            taken.Add(entry.Id);
        var id = 0u;
        while (taken.Contains(id))
            id++;
        return id;
    }

    private async Task RemoveGroupsAsync(ImmutableArray<ConsumerGroupEntry> groups)
    {
        await EachGroupAsync(groups, static group => group.DeleteAsync()); // members first, so that nobody stores an offset any more
        foreach (var entry in groups)
        {
            var refusal = await GrainFactory.TellFilledAsync(open, _entries, partition => partition.ForgetGroupAsync(entry.Id));
            if (refusal is not Refusal.None)
                throw new RefusedException(refusal, $"Not every partition could forget consumer group {entry.Id}: {refusal}.");
        }
    }

    // The change is stored: a group that does not hear of it now looks by itself within its check interval.
    private async Task TellGroupsOfPartitionsAsync()
    {
        try
        {
            await EachGroupAsync(Stored.Groups, static group => group.PartitionsChangedAsync());
        }
        catch (Exception e)
        {
            LogGroupsNotTold(logger, this.GetPrimaryKey(), e);
        }
    }

    private async Task EachGroupAsync(ImmutableArray<ConsumerGroupEntry> groups, Func<IConsumerGroupGrain, ValueTask> tell)
    {
        var window = new List<Task>(Math.Min(GroupsAtOnce, groups.Length));
        for (var first = 0; first < groups.Length; first += GroupsAtOnce)
        {
            window.Clear();
            for (var i = first; i < groups.Length && window.Count < GroupsAtOnce; i++)
            {
                var key = ConsumerGroupKey.Of(this.GetPrimaryKey(), groups[i].Incarnation);
                window.Add(tell(GrainFactory.GetGrain<IConsumerGroupGrain>(key)).AsTask());
            }

            await Task.WhenAll(window);
        }
    }

    [LoggerMessage(2123, LogLevel.Warning, "Not every consumer group of topic {Topic} heard at once that it has other partitions")]
    private static partial void LogGroupsNotTold(ILogger logger, Guid topic, Exception exception);
}
