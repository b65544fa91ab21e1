using System.Net;
using Microsoft.Extensions.Hosting;

namespace Iggy.Gateway.Listeners;

/// <summary>The life of a <see cref="WebListener"/> with the host: put together while the silo starts, opened behind it, drained when the server stops.</summary>
internal abstract class WebListenerService : IHostedLifecycleService, IAsyncDisposable
{
    private Task<WebListener?> _preparing = Task.FromResult<WebListener?>(null);
    private WebListener? _listener;

    /// <summary>Begins to put it together beside the start of the silo: half of what a start costs is in neither's way.</summary>
    public Task StartingAsync(CancellationToken cancellationToken)
    {
        _preparing = Task.Run(Prepare, cancellationToken); // StartAsync waits for it
        return Task.CompletedTask;
    }

    /// <exception cref="AddressUnavailableException">The address cannot be listened on.</exception>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        _listener = await _preparing;
        if (_listener is null)
            return;
        await _listener.OpenAsync(cancellationToken);
        Opened(_listener.EndPoint);
    }

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Takes no new connection and lets each open one finish the request it is in. All listeners begin with it before any waits.</summary>
    public Task StoppingAsync(CancellationToken cancellationToken)
    {
        _ = StopAsync(cancellationToken); // it is kept, and StopAsync waits for it
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => _listener?.StopAsync(cancellationToken) ?? Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Also of one that was never opened, because something before it failed.</summary>
    public async ValueTask DisposeAsync()
    {
        await ((Task)_preparing).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing); // StartAsync has its failure
        if (_preparing.IsCompletedSuccessfully && await _preparing is { } listener)
            await listener.DisposeAsync();
    }

    /// <summary>Puts the listener together; null when it is off. Nothing of the silo is there yet, only the data folder.</summary>
    protected abstract WebListener? Prepare();

    /// <summary>It takes connections.</summary>
    protected abstract void Opened(IPEndPoint endPoint);
}
