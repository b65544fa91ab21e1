using System.Collections.Immutable;
using System.Text.Json.Serialization;

namespace Iggy.Grains.Metadata;

/// <summary>A state whose list is kept in pages, rows of their own, so that a change costs by its size and not by that of the list.</summary>
/// <remarks>The state's own row says how many pages there are. One of an earlier server has the list itself, and no pages.</remarks>
/// <typeparam name="TEntry">What it lists, by ascending id. Equal when what is stored of it is.</typeparam>
internal abstract record DirectoryState<TEntry> : StoredState
{
    /// <summary>Ids of one page: what a change writes at most, some kilobytes, and how many rows a start reads.</summary>
    public const int PageIds = 16;

    /// <summary>Pages that the row names; one that has no row is empty. 0: the list, if any, lies in this row.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public int Pages { get; init; }

    /// <summary>Pages that cannot be read: nobody knows what they list, and nothing is written over them.</summary>
    [JsonIgnore]
    public ImmutableArray<int> DamagedPages { get; init => field = value.IsDefault ? [] : value; } = [];

    /// <summary>The list.</summary>
    internal abstract ImmutableArray<TEntry> Entries { get; }

    /// <summary>Ids that may be somebody's whose page cannot be read.</summary>
    internal ImmutableArray<uint> UnknownIds => DamagedPages.IsEmpty ? []
        : [.. DamagedPages.SelectMany(static page => Enumerable.Range(page * PageIds, PageIds)).Select(static id => (uint)id)];

    /// <summary>Where an entry belongs.</summary>
    internal abstract uint IdOf(TEntry entry);

    /// <summary>Whether an entry is noted to be removed: the note is written before the page, and counts.</summary>
    internal abstract bool IsRemoving(TEntry entry);

    /// <summary>The same with another list.</summary>
    internal abstract DirectoryState<TEntry> With(ImmutableArray<TEntry> entries);

    /// <summary>The same with the list that lies in pages.</summary>
    internal DirectoryState<TEntry> WithPages(IEnumerable<ImmutableArray<TEntry>> pages) =>
        With([.. pages.SelectMany(static page => page).Where(entry => !IsRemoving(entry))]);

    /// <summary>Number of the page that an id belongs to.</summary>
    internal static int PageOf(uint id) => (int)(id / PageIds);
}

/// <summary>A part of a directory's list. A disk format: see <see cref="Hosting.StateSerializer"/>.</summary>
internal sealed record DirectoryPage<TEntry> : StoredState
{
    /// <summary>By ascending id.</summary>
    public ImmutableArray<TEntry> Entries { get; init => field = value.IsDefault ? [] : value; } = [];
}
