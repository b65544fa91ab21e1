using System.Collections.Immutable;
using Iggy.Grains.Interfaces.Topics;
using Iggy.Grains.Metadata;

namespace Iggy.Grains.Streams;

/// <summary>What a stream keeps. A disk format: see <see cref="Hosting.StateSerializer"/>.</summary>
internal sealed record StreamState : StoredState
{
    /// <summary>By ascending id.</summary>
    public ImmutableArray<TopicEntry> Topics { get; init => field = value.IsDefault ? [] : value; } = [];

    /// <summary>Incarnations of topics that are no longer listed, but whose partitions may still be there.</summary>
    public ImmutableArray<Guid> Removing { get; init => field = value.IsDefault ? [] : value; } = [];

    /// <summary>Ids of those topics, not given again until users no longer hold permissions on them.</summary>
    public ImmutableArray<uint> RemovingIds { get; init => field = value.IsDefault ? [] : value; } = [];
}
