using System.Collections.Immutable;
using Iggy.Grains.Interfaces;
using Orleans.Storage;

namespace Iggy.Grains.Metadata;

/// <summary>Keeps a directory in one row of its own and pages beside it, on whatever grain storage there is; looks like one state.</summary>
/// <remarks>
/// <para>A change writes the directory's row first, then the pages that differ. The row is small; its version also proves that no other activation has
/// changed anything. A death in between: a creation is not there, which nobody was told of; a removal is noted in the row, which counts, and the page follows with the
/// next change, before it.</para>
/// <para>The list of an earlier server lies in the row itself. The first change writes all of it into pages, and the row, which names them, last.</para>
/// </remarks>
internal sealed class PagedState<TState, TEntry>(IPersistentState<TState> row, IGrainStorage storage, string name, GrainId grain) : IPersistentState<TState>
    where TState : DirectoryState<TEntry>
{
    private readonly List<GrainState<DirectoryPage<TEntry>>> _pages = []; // as they are stored
    private TState _stored = null!; // what row and pages say together; read before any call

    /// <inheritdoc/>
    public TState State { get; set; } = null!; // set before any call

    /// <inheritdoc/>
    public string? Etag => row.Etag;

    /// <inheritdoc/>
    public bool RecordExists => row.RecordExists;

    /// <inheritdoc/>
    public async Task ReadStateAsync()
    {
        await row.ReadStateAsync();
        await ReadPagesAsync();
    }

    /// <summary>Completes what was read of the row.</summary>
    public async Task ReadPagesAsync()
    {
        _pages.Clear();
        var state = row.State;
        if (!state.IsUnreadable && state.Pages > 0)
        {
            var damaged = ImmutableArray.CreateBuilder<int>();
            for (var i = 0; i < state.Pages; i++)
            {
                _pages.Add(await ReadPageAsync(i));
                if (_pages[i].State!.AwayBecause is { } reason)
                {
                    State = _stored = StoredState.Away<TState>(reason);
                    return;
                }
                if (_pages[i].State!.IsUnreadable)
                    damaged.Add(i);
            }
            state = (TState)state.WithPages(_pages.Select(static page => page.State!.Entries)) with { DamagedPages = damaged.DrainToImmutable() };
        }
        State = _stored = state;
    }

    /// <inheritdoc/>
    public async Task WriteStateAsync()
    {
        var (before, next) = (_stored, State);
        RefuseDamaged(next);
        var isMoving = before.Pages == 0 && !before.Entries.IsEmpty;
        if (isMoving)
            await WriteRowAsync(before, pages: 0); // from here on nobody else can write it who read it before
        else
            await WritePagesAsync(before); // what a death left undone

        for (var count = next.Entries.IsEmpty ? 0 : PageOf(next, next.Entries.Length - 1) + 1; _pages.Count < count;)
        {
            var page = await ReadPageAsync(_pages.Count);
            if (page.State!.AwayBecause is { } reason)
                throw new MetadataAwayException(reason);
            _pages.Add(page);
        }
        if (isMoving)
            await WritePagesAsync(next);
        else
            await EmptyPagesAsync(before.Pages);
        await WriteRowAsync((TState)next.With([]), _pages.Count);
        await WritePagesAsync(next);
        State = _stored = next with { Pages = _pages.Count };
    }

    /// <inheritdoc/>
    public async Task ClearStateAsync()
    {
        for (var i = 0; i < _pages.Count; i++)
        {
            if (_pages[i].RecordExists)
                await storage.ClearStateAsync(RowOf(i), grain, _pages[i]);
        }
        await row.ClearStateAsync();
        await ReadPagesAsync();
    }

    private static int PageOf(TState state, int index) => DirectoryState<TEntry>.PageOf(state.IdOf(state.Entries[index]));

    private string RowOf(int page) => $"{name}.{page}";

    private Task WriteRowAsync(TState state, int pages)
    {
        row.State = state with { Pages = pages };
        return row.WriteStateAsync();
    }

    private async Task<GrainState<DirectoryPage<TEntry>>> ReadPageAsync(int number)
    {
        var page = new GrainState<DirectoryPage<TEntry>>(new DirectoryPage<TEntry>());
        await storage.ReadStateAsync(RowOf(number), grain, page);
        page.State ??= new DirectoryPage<TEntry>();
        return page;
    }

    // Left by a move that did not come to its end: they must not show when the row names them.
    private async Task EmptyPagesAsync(int first)
    {
        for (var i = first; i < _pages.Count; i++)
        {
            if (_pages[i].RecordExists)
                await WritePageAsync(i, []);
        }
    }

    private async Task WritePagesAsync(TState state)
    {
        var index = 0;
        for (var i = 0; i < _pages.Count; i++)
        {
            var first = index;
            while (index < state.Entries.Length && PageOf(state, index) == i)
                index++;
            if (!_pages[i].State!.IsUnreadable && !state.Entries.AsSpan(first..index).SequenceEqual(_pages[i].State!.Entries.AsSpan(), EqualityComparer<TEntry>.Default))
                await WritePageAsync(i, state.Entries[first..index]);
        }
    }

    private async Task WritePageAsync(int number, ImmutableArray<TEntry> entries)
    {
        var (page, before) = (_pages[number], _pages[number].State);
        page.State = new DirectoryPage<TEntry> { Entries = entries };
        try
        {
            await storage.WriteStateAsync(RowOf(number), grain, page);
        }
        catch
        {
            page.State = before; // the write may be tried again
            throw;
        }
    }

    private void RefuseDamaged(TState next)
    {
        foreach (var entry in next.DamagedPages.IsEmpty ? [] : next.Entries)
        {
            if (next.DamagedPages.Contains(DirectoryState<TEntry>.PageOf(next.IdOf(entry))))
                throw new RefusedException(Refusal.StorageFailed, $"The row {RowOf(DirectoryState<TEntry>.PageOf(next.IdOf(entry)))} of {grain} is damaged: restore the metadata from a backup.");
        }
    }
}
