using Iggy.Gateway.Authorization;
using Iggy.Gateway.Sessions;
using Iggy.Protocol;
using Microsoft.AspNetCore.Components.Authorization;

namespace Iggy.Ui.Circuits;

/// <summary>Who looks at one page: every command of the page goes through here, as the user who is logged in, with what he may do at that moment.</summary>
internal sealed class ConsoleUser(Backend backend, OpenPages pages, AuthenticationStateProvider authentication) : IDisposable
{
    private readonly CancellationTokenSource _closed = new();
    private Session? _session;
    private ConsoleLogin? _login;
    private bool _isClosed;

    /// <summary>Raised when the login has ended: the page has to go.</summary>
    public event Action? Ended;

    /// <summary>Raised when the page comes into view or goes out of it.</summary>
    public event Action? VisibilityChanged;

    /// <summary>Set when the page is closed.</summary>
    public CancellationToken Closed => _closed.Token;

    /// <summary>Whether the login has ended.</summary>
    public bool IsEnded { get; private set; }

    /// <summary>Whether the page can be seen: one that cannot need not be renewed.</summary>
    public bool IsVisible { get; private set; } = true;

    /// <summary>The login.</summary>
    public ConsoleLogin Login => _login ?? throw new InvalidOperationException("The page is not open yet.");

    /// <summary>What the user may do, as of the last command.</summary>
    public UserAccess Access => _session?.Access ?? UserAccess.None;

    /// <summary>Opens it with the login that the page's connection came with.</summary>
    public async Task OpenAsync()
    {
        if (_session is not null)
            return;
        if ((await authentication.GetAuthenticationStateAsync()).User.Identity is not LoginIdentity identity)
            throw new InvalidOperationException("The connection has no login.");
        _login = identity.Login;
        var session = new Session(clientId: 0, TransportKind.Http, "console") { Gone = _closed.Token };
        session.LogIn(_login.UserId);
        _session = session;
        pages.Add(this, _login);
        await AskAgainAsync();
    }

    /// <summary>Runs a command.</summary>
    /// <exception cref="ConsoleException">The login has ended.</exception>
    public async Task<T> AskAsync<T>(Func<Session, ValueTask<T>> ask)
    {
        await RefreshAsync();
        return await ask(_session!);
    }

    /// <summary>Runs a command.</summary>
    /// <exception cref="ConsoleException">The login has ended.</exception>
    public async Task AskAsync(Func<Session, ValueTask> ask)
    {
        await RefreshAsync();
        await ask(_session!);
    }

    /// <summary>Looks whether the user may still be here. Never fails.</summary>
    public async Task AskAgainAsync()
    {
        try
        {
            await RefreshAsync();
        }
        catch (Exception failed) when (Refusals.IsForeseen(failed))
        {
            // Ended already, or nobody answers: then no command is served either.
        }
    }

    /// <summary>Ends it: nothing is served any more.</summary>
    public void End()
    {
        IsEnded = true;
        Ended?.Invoke();
    }

    /// <summary>The page is closed.</summary>
    public void Close()
    {
        pages.Remove(this);
        if (!_isClosed)
            _closed.Cancel();
        _isClosed = true;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Close();
        _closed.Dispose();
    }

    /// <summary>The page came into view or went out of it.</summary>
    public void Show(bool isVisible)
    {
        IsVisible = isVisible;
        VisibilityChanged?.Invoke();
    }

    private async ValueTask RefreshAsync()
    {
        if (_session is null)
            await OpenAsync();
        if (!IsEnded && !await backend.Access.RefreshAsync(_session!, _login!.Generation, _login.Id))
            End();
        if (IsEnded)
            throw new ConsoleException("The login has ended.");
    }
}
