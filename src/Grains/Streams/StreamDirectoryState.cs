using System.Collections.Immutable;
using Iggy.Grains.Interfaces.Streams;
using Iggy.Grains.Metadata;

namespace Iggy.Grains.Streams;

/// <summary>What the directory keeps. A disk format: see <see cref="Hosting.StateSerializer"/>.</summary>
internal sealed record StreamDirectoryState : DirectoryState<StreamEntry>
{
    /// <summary>By ascending id.</summary>
    public ImmutableArray<StreamEntry> Streams { get; init => field = value.IsDefault ? [] : value; } = [];

    /// <summary>Incarnations of streams that are no longer listed, but whose topics may still be there.</summary>
    public ImmutableArray<Guid> Removing { get; init => field = value.IsDefault ? [] : value; } = [];

    /// <summary>Ids of those streams, not given again until users no longer hold permissions on them.</summary>
    public ImmutableArray<uint> RemovingIds { get; init => field = value.IsDefault ? [] : value; } = [];

    internal override ImmutableArray<StreamEntry> Entries => Streams;

    internal override uint IdOf(StreamEntry entry) => entry.Id;

    internal override bool IsRemoving(StreamEntry entry) => Removing.Contains(entry.Incarnation);

    internal override StreamDirectoryState With(ImmutableArray<StreamEntry> entries) => this with { Streams = entries };
}
