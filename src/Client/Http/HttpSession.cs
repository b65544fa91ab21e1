using System.Security.Cryptography;

namespace Iggy.Client.Http;

/// <summary>What the server knows this client by as a member of consumer groups: a random text that goes with every request, for HTTP has no connection
/// to know it by. While there are memberships, a request now and then keeps them; at the end they are given back.</summary>
internal sealed class HttpSession : IAsyncDisposable
{
    // Giving memberships back must not hold up the end of a client: the server ends them by itself.
    private static readonly TimeSpan _farewell = TimeSpan.FromSeconds(2);

    private readonly Func<ApiCall, CancellationToken, ValueTask<HttpAnswer>> _ask;
    private readonly IggyClientOptions _options;
    private readonly CancellationTokenSource _stop = new();
    private readonly Lock _lock = new();
    private Task? _beating;

    /// <summary>Starts with the first membership.</summary>
    public HttpSession(Func<ApiCall, CancellationToken, ValueTask<HttpAnswer>> ask, IggyClientOptions options) => (_ask, _options) = (ask, options);

    /// <summary>The header.</summary>
    public const string HeaderName = "Iggy-Session";

    /// <summary>A text that nobody else has.</summary>
    public static string NewText() => RandomNumberGenerator.GetHexString(32, lowercase: true);

    /// <summary>There may be a membership from now on.</summary>
    public void Begin()
    {
        lock (_lock)
        {
            if (!_stop.IsCancellationRequested)
                _beating ??= BeatAsync(_stop.Token);
        }
    }

    /// <summary>Gives all memberships back.</summary>
    public async ValueTask EndAsync(CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            if (_beating is null)
                return;
        }
        (await _ask(ApiCall.Delete("/session"), cancellationToken)).Dispose();
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        Task? beating;
        lock (_lock)
            beating = _beating;
        await _stop.CancelAsync();
        if (beating is null)
            return;
        await beating.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing); // cancelled, as wanted
        using var limit = new CancellationTokenSource(_farewell, _options.Clock);
        await TryAskAsync(ApiCall.Delete("/session"), limit.Token);
    }

    private async Task BeatAsync(CancellationToken cancellationToken)
    {
        await Task.Yield(); // the lock of the caller is not held while asking
        if (_options.HeartbeatInterval is not { } interval)
            return;
        using var timer = new PeriodicTimer(interval, _options.Clock);
        while (await timer.WaitForNextTickAsync(cancellationToken))
            await TryAskAsync(ApiCall.Get("/session"), cancellationToken);
    }

    // Whoever polls next hears of a server that is out of reach, or that has ended the memberships.
    private async ValueTask TryAskAsync(ApiCall call, CancellationToken cancellationToken)
    {
        try
        {
            (await _ask(call, cancellationToken)).Dispose();
        }
        catch (Exception e) when (e is IggyException or TimeoutException or OperationCanceledException)
        {
            return;
        }
    }
}
