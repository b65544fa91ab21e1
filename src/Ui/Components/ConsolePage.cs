using Iggy.Ui.Circuits;
using Microsoft.AspNetCore.Components;
using Microsoft.JSInterop;
using MudBlazor;

namespace Iggy.Ui.Components;

/// <summary>What all pages share: they load, they tell what went wrong, and those that show figures renew them while somebody looks.</summary>
public abstract class ConsolePage : ComponentBase, IDisposable
{
    // Renewing may take a twentieth of the time at most, so that a list of ten thousand does not keep a server busy.
    private const int RestFactor = 20;

    private readonly CancellationTokenSource _gone = new();
    private TaskCompletionSource _seen = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private TimeSpan _tookLast;
    private bool _isLoading;

    [Inject]
    internal ConsoleUser User { get; set; } = null!;

    [Inject]
    internal Backend Server { get; set; } = null!;

    /// <summary>Leads elsewhere.</summary>
    [Inject]
    protected NavigationManager Navigation { get; set; } = null!;

    /// <summary>Tells what was done.</summary>
    [Inject]
    protected ISnackbar Snackbar { get; set; } = null!;

    /// <summary>Asks.</summary>
    [Inject]
    protected IDialogService Dialogs { get; set; } = null!;

    /// <summary>The browser's side.</summary>
    [Inject]
    protected IJSRuntime Script { get; set; } = null!;

    /// <summary>Why there is nothing to show; null where there is.</summary>
    protected string? Trouble { get; private set; }

    /// <summary>Whether anything was loaded.</summary>
    protected bool IsLoaded { get; private set; }

    /// <summary>Set when the page is left.</summary>
    protected CancellationToken Gone => _gone.Token;

    /// <summary>How often the page is renewed; null for never.</summary>
    protected virtual TimeSpan? RenewEvery => null;

    /// <summary>Looks up what the page shows.</summary>
    protected abstract Task LoadAsync();

    /// <inheritdoc/>
    protected override Task OnParametersSetAsync() => ReloadAsync();

    /// <inheritdoc/>
    protected override void OnAfterRender(bool firstRender)
    {
        if (firstRender && RenewEvery is { } every)
            _ = RenewAsync(every);
    }

    /// <summary>Loads, and tells what went wrong.</summary>
    protected async Task ReloadAsync()
    {
        if (_isLoading)
            return;
        _isLoading = true;
        var started = Server.Clock.GetTimestamp();
        try
        {
            await LoadAsync();
            (Trouble, IsLoaded) = (null, true);
        }
        catch (Exception failed) when (Refusals.IsForeseen(failed))
        {
            Trouble = Refusals.TextOf(failed);
        }
        catch (OperationCanceledException) when (_gone.IsCancellationRequested || User.Closed.IsCancellationRequested)
        {
            // Nobody looks any more.
        }
        finally
        {
            _isLoading = false;
            _tookLast = Server.Clock.GetElapsedTime(started);
        }
    }

    /// <summary>Does something, and tells what became of it.</summary>
    /// <param name="act">What to do.</param>
    /// <param name="done">Told when it is done; null for nothing.</param>
    /// <returns>Whether it was done.</returns>
    protected async Task<bool> TryAsync(Func<Task> act, string? done = null)
    {
        try
        {
            await act();
            if (done is not null)
                Snackbar.Add(done, Severity.Success);
            return true;
        }
        catch (Exception failed) when (Refusals.IsForeseen(failed))
        {
            Snackbar.Add(Refusals.TextOf(failed), Severity.Error);
            return false;
        }
    }

    /// <summary>Asks before something that cannot be taken back.</summary>
    /// <param name="title">What is about to be done.</param>
    /// <param name="text">What that means.</param>
    /// <param name="verb">On the button.</param>
    /// <param name="name">To be typed in where much is lost; null where a click is enough.</param>
    protected async Task<bool> ConfirmAsync(string title, string text, string verb, string? name = null)
    {
        var dialog = await Dialogs.ShowAsync<Dialogs.ConfirmDialog>(title, new DialogParameters<Dialogs.ConfirmDialog> { { d => d.Text, text }, { d => d.Verb, verb }, { d => d.Name, name } });
        return await dialog.Result is { Canceled: false };
    }

    /// <summary>Opens a form.</summary>
    /// <returns>Whether it was sent; then the page is loaded again.</returns>
    protected async Task<bool> OpenAsync<TDialog>(string title, DialogParameters parameters) where TDialog : IComponent
    {
        var dialog = await Dialogs.ShowAsync<TDialog>(title, parameters);
        if (await dialog.Result is not { Canceled: false })
            return false;
        await ReloadAsync();
        return true;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    /// <summary>The page is left.</summary>
    protected virtual void Dispose(bool disposing)
    {
        if (!disposing)
            return;
        User.VisibilityChanged -= Look;
        _gone.Cancel();
        _gone.Dispose();
    }

    private async Task RenewAsync(TimeSpan every)
    {
        User.VisibilityChanged += Look;
        var gone = _gone.Token;
        try
        {
            while (!User.IsEnded)
            {
                var rest = _tookLast * RestFactor;
                await Task.Delay(rest > every ? rest : every, Server.Clock, gone);
                if (!User.IsVisible)
                    await _seen.Task.WaitAsync(gone);
                await InvokeAsync(async () =>
                {
                    await ReloadAsync();
                    StateHasChanged();
                });
            }
        }
        catch (OperationCanceledException) when (gone.IsCancellationRequested)
        {
            // The page is left.
        }
    }

    private void Look()
    {
        if (User.IsVisible)
            Interlocked.Exchange(ref _seen, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).TrySetResult();
    }
}
