using System.Net;
using System.Net.Sockets;
using Iggy.Gateway.Limits;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Iggy.Gateway.Listeners;

/// <summary>One Kestrel with a port, limits and a pipeline of its own, beside the host of the silo.</summary>
/// <remarks>Its small container holds nothing but what ASP.NET Core needs: no files, no environment, no signals. The pipeline is made of services of the
/// server's own container.</remarks>
internal sealed class WebListener : IAsyncDisposable
{
    private readonly WebApplication _application;
    // As the other listeners: a stop has five seconds, and what clients leave of them is the silo's.
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(2.5);

    private readonly CancellationTokenSource _stopping = new();
    private Task? _draining;

    private readonly WebListenerSettings _settings;

    private WebListener(WebApplication application, WebListenerSettings settings) => (_application, _settings) = (application, settings);

    /// <summary>Where it listens, with the port it got where 0 was asked for.</summary>
    public IPEndPoint EndPoint { get; private set; } = new(IPAddress.None, 0);

    /// <summary>Puts a listener together; nothing is opened.</summary>
    /// <param name="settings">Address and limits.</param>
    /// <param name="logs">The server's log.</param>
    /// <param name="addServices">Adds what the pipeline's middleware wants.</param>
    /// <param name="map">Builds the pipeline. The token is set when the server stops: what runs long has to end then.</param>
    public static WebListener Create(
        WebListenerSettings settings, ILoggerFactory logs, Action<IServiceCollection> addServices, Action<WebApplication, CancellationToken> map)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { ApplicationName = "iggy-server" });
        builder.Services.AddSingleton(logs);
        builder.Services.AddSingleton<IHostLifetime, NoLifetime>();
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => Configure(kestrel, settings));
        builder.WebHost.UseSockets(sockets => sockets.CreateBoundListenSocket = endPoint => Listen(endPoint, settings));
        builder.Services.AddSingleton<IConnectionListenerFactory>(services => // the last one is asked first
            new GuardedTransport(ActivatorUtilities.CreateInstance<SocketTransportFactory>(services), settings.Door));
        addServices(builder.Services);

        var listener = new WebListener(builder.Build(), settings);
        map(listener._application, listener._stopping.Token);
        return listener;
    }

    /// <summary>Opens it. After a failure it is of no use but to be disposed.</summary>
    /// <param name="cancellationToken">Gives up the start.</param>
    /// <exception cref="AddressUnavailableException">The address cannot be listened on.</exception>
    public async Task OpenAsync(CancellationToken cancellationToken)
    {
        try
        {
            await _application.StartAsync(cancellationToken);
        }
        catch (Exception failed) when (failed is IOException or SocketException)
        {
            var reason = failed.InnerException is AddressInUseException ? "it is in use" : failed.GetBaseException().Message;
            throw new AddressUnavailableException($"{_settings.AddressKey} is '{_settings.Address}', which cannot be listened on: {reason}.", failed);
        }

        var bound = _application.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single();
        EndPoint = new IPEndPoint(_settings.Address.Address, new Uri(bound).Port);
    }

    /// <summary>Takes no new connection and lets each open one finish the request it is in, within moments; then it is cut. May be called again.</summary>
    /// <param name="cancellationToken">Cuts at once.</param>
    public Task StopAsync(CancellationToken cancellationToken) => _draining ??= DrainAsync(cancellationToken);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _application.DisposeAsync();
        _stopping.Dispose();
    }

    private static void Configure(KestrelServerOptions kestrel, WebListenerSettings settings)
    {
        kestrel.AddServerHeader = false;
        kestrel.Limits.MaxRequestBodySize = settings.MaxRequestBytes;
        kestrel.Limits.RequestHeadersTimeout = settings.HeadersTimeout ?? kestrel.Limits.RequestHeadersTimeout;
        kestrel.Limits.KeepAliveTimeout = settings.KeepAliveTimeout ?? kestrel.Limits.KeepAliveTimeout;
        settings.Limit?.Invoke(kestrel.Limits);
        kestrel.Listen(settings.Address, listen =>
        {
            listen.Protocols = settings.Protocols;
            if (settings.Tls is { } tls)
                listen.UseHttps(tls);
        });
    }

    // Accepted sockets have what the listening one has.
    private static Socket Listen(EndPoint endPoint, WebListenerSettings settings)
    {
        var socket = SocketTransportOptions.CreateDefaultBoundListenSocket(endPoint);
        var limit = settings.UnansweredTimeout is { } own && own < settings.PeerTimeout ? own : settings.PeerTimeout;
        DeadPeers.Watch(socket, limit);
        if (limit == TimeSpan.Zero && settings.UnansweredTimeout is { } unanswered)
            DeadPeers.LimitUnanswered(socket, unanswered);
        return socket;
    }

    private async Task DrainAsync(CancellationToken cancellationToken)
    {
        await _stopping.CancelAsync();
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(_patience);
        try
        {
            await _application.StopAsync(limit.Token);
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested)
        {
            // Those that had not ended by then were cut.
        }
    }

    /// <summary>The server's host listens to signals; this one lives as long as its service.</summary>
    private sealed class NoLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
