using System.Collections.Immutable;
using System.Text.Json.Serialization;
using Iggy.Grains.Interfaces.Topics;
using Iggy.Grains.Interfaces.ConsumerGroups;
using Iggy.Grains.Metadata;

namespace Iggy.Grains.Topics;

/// <summary>What a topic keeps. A disk format: see <see cref="Hosting.StateSerializer"/>.</summary>
internal sealed record TopicState : DirectoryState<ConsumerGroupEntry>
{
    /// <summary>The sequence number of the next partition; never given again, so a removed partition's folder and key stay its own.</summary>
    public ulong NextSequence { get; init; }

    /// <summary>The partitions in the order of their ids. Runs, because a thousand partitions made at once differ in nothing else.</summary>
    public ImmutableArray<PartitionRun> Partitions { get; init => field = value.IsDefault ? [] : value; } = [];

    /// <summary>Partitions that are no longer listed, but whose folders may still be there.</summary>
    public ImmutableArray<PartitionRun> Removing { get; init => field = value.IsDefault ? [] : value; } = [];

    /// <summary>The consumer groups, by ascending id.</summary>
    public ImmutableArray<ConsumerGroupEntry> Groups { get; init => field = value.IsDefault ? [] : value; } = [];

    /// <summary>Consumer groups that are no longer listed, but whose offsets may still be stored; their ids are not free.</summary>
    public ImmutableArray<ConsumerGroupEntry> RemovingGroups { get; init => field = value.IsDefault ? [] : value; } = [];

    /// <summary>The settings as the stream has them; null when an earlier build made the topic and the stream has not told it yet.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public TopicSettings? Settings { get; init; }

    internal override ImmutableArray<ConsumerGroupEntry> Entries => Groups;

    internal override uint IdOf(ConsumerGroupEntry entry) => entry.Id;

    internal override bool IsRemoving(ConsumerGroupEntry entry) => RemovingGroups.Contains(entry);

    internal override TopicState With(ImmutableArray<ConsumerGroupEntry> entries) => this with { Groups = entries };
}

/// <summary>Partitions that were made by one request.</summary>
/// <param name="FirstSequence">Sequence number of the first.</param>
/// <param name="Count">How many are left of them.</param>
/// <param name="CreatedAtMicros">Since the Unix epoch.</param>
internal readonly record struct PartitionRun(ulong FirstSequence, uint Count, ulong CreatedAtMicros);
