using System.Collections.Immutable;
using System.Text.Json.Serialization;
using Iggy.Grains.Interfaces.Topics;
using Iggy.Grains.Metadata;

namespace Iggy.Grains.Streams;

/// <summary>What a stream keeps. A disk format: see <see cref="Hosting.StateSerializer"/>.</summary>
internal sealed record StreamState : DirectoryState<TopicEntry>
{
    /// <summary>By ascending id.</summary>
    public ImmutableArray<TopicEntry> Topics { get; init => field = value.IsDefault ? [] : value; } = [];

    /// <summary>Incarnations of topics that are no longer listed, but whose partitions may still be there.</summary>
    public ImmutableArray<Guid> Removing { get; init => field = value.IsDefault ? [] : value; } = [];

    /// <summary>Ids of those topics, not given again until users no longer hold permissions on them.</summary>
    public ImmutableArray<uint> RemovingIds { get; init => field = value.IsDefault ? [] : value; } = [];

    /// <summary>The key that messages are kept under, encrypted; null where the stream has none of its own.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Key { get; init; }

    internal override ImmutableArray<TopicEntry> Entries => Topics;

    internal override uint IdOf(TopicEntry entry) => entry.Id;

    internal override bool IsRemoving(TopicEntry entry) => Removing.Contains(entry.Incarnation);

    internal override StreamState With(ImmutableArray<TopicEntry> entries) => this with { Topics = entries };
}
