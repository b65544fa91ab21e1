using System.Collections.Concurrent;
using Iggy.Gateway.Routing;

namespace Iggy.Ui.Circuits;

/// <summary>All open pages: to end those of a login that has ended, or whose user may not be here any more, at once.</summary>
internal sealed class OpenPages
{
    private readonly ConcurrentDictionary<ConsoleUser, ConsoleLogin> _pages = new();

    /// <summary>Listens to what changes; with no page open that costs nothing.</summary>
    public OpenPages(CatalogCaches caches) => caches.Cleared += AskAll;

    /// <summary>How many there are.</summary>
    public int Count => _pages.Count;

    /// <summary>A page was opened.</summary>
    public void Add(ConsoleUser page, ConsoleLogin login) => _pages[page] = login;

    /// <summary>A page was closed.</summary>
    public void Remove(ConsoleUser page) => _pages.TryRemove(page, out _);

    /// <summary>Whether a login has any.</summary>
    public bool HasAny(ConsoleLogin login) => _pages.Values.Contains(login);

    /// <summary>Ends those of a login.</summary>
    public void EndAll(ConsoleLogin login)
    {
        foreach (var (page, of) in _pages)
        {
            if (of == login)
                page.End();
        }
    }

    // Users and what they may do may have changed.
    private void AskAll()
    {
        if (_pages.IsEmpty)
            return;
        foreach (var page in _pages.Keys)
            _ = page.AskAgainAsync();
    }
}
