using Microsoft.Extensions.Hosting;

namespace Iggy.Gateway.Listeners;

/// <summary>The life of a <see cref="WebListener"/> with the host: opened at the start, drained when the server stops.</summary>
internal abstract class WebListenerService : IHostedLifecycleService, IAsyncDisposable
{
    private WebListener? _listener;

    /// <exception cref="AddressUnavailableException">The address cannot be listened on.</exception>
    public async Task StartAsync(CancellationToken cancellationToken) => _listener = await OpenAsync(cancellationToken);

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Takes no new connection and lets each open one finish the request it is in. All listeners begin with it before any waits.</summary>
    public Task StoppingAsync(CancellationToken cancellationToken)
    {
        _ = StopAsync(cancellationToken); // it is kept, and StopAsync waits for it
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => _listener?.StopAsync(cancellationToken) ?? Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public ValueTask DisposeAsync() => _listener?.DisposeAsync() ?? default;

    /// <summary>Opens the listener; null when it is off.</summary>
    /// <exception cref="AddressUnavailableException">The address cannot be listened on.</exception>
    protected abstract Task<WebListener?> OpenAsync(CancellationToken cancellationToken);
}
