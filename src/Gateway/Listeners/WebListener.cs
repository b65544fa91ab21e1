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
    private readonly CancellationTokenSource _stopping = new();

    private WebListener(WebApplication application) => _application = application;

    /// <summary>Where it listens, with the port it got where 0 was asked for.</summary>
    public IPEndPoint EndPoint { get; private set; } = new(IPAddress.None, 0);

    /// <summary>Opens a listener.</summary>
    /// <param name="settings">Address and limits.</param>
    /// <param name="logs">The server's log.</param>
    /// <param name="addServices">Adds what the pipeline's middleware wants.</param>
    /// <param name="map">Builds the pipeline. The token is set when the server stops: what runs long has to end then.</param>
    /// <param name="cancellationToken">Gives up the start.</param>
    /// <exception cref="AddressUnavailableException">The address cannot be listened on.</exception>
    public static async Task<WebListener> StartAsync(
        WebListenerSettings settings, ILoggerFactory logs, Action<IServiceCollection> addServices, Action<WebApplication, CancellationToken> map,
        CancellationToken cancellationToken)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { ApplicationName = "iggy-server" });
        builder.Services.AddSingleton(logs);
        builder.Services.AddSingleton<IHostLifetime, NoLifetime>();
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => Configure(kestrel, settings));
        if (settings.PeerTimeout is { } limit && OperatingSystem.IsLinux())
            builder.WebHost.UseSockets(sockets => sockets.CreateBoundListenSocket = endPoint => Listen(endPoint, limit));
        addServices(builder.Services);

        var listener = new WebListener(builder.Build());
        map(listener._application, listener._stopping.Token);
        try
        {
            await listener._application.StartAsync(cancellationToken);
        }
        catch (Exception failed) when (failed is IOException or SocketException)
        {
            await listener.DisposeAsync();
            var reason = failed.InnerException is AddressInUseException ? "it is in use" : failed.GetBaseException().Message;
            throw new AddressUnavailableException($"{settings.AddressKey} is '{settings.Address}', which cannot be listened on: {reason}.", failed);
        }
        catch
        {
            await listener.DisposeAsync();
            throw;
        }

        var bound = listener._application.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single();
        listener.EndPoint = new IPEndPoint(settings.Address.Address, new Uri(bound).Port);
        return listener;
    }

    /// <summary>Takes no new connection and lets each open one finish the request it is in.</summary>
    /// <param name="cancellationToken">Cuts what has not ended by then.</param>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        await _stopping.CancelAsync();
        await _application.StopAsync(cancellationToken);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _application.DisposeAsync();
        _stopping.Dispose();
    }

    private static void Configure(KestrelServerOptions kestrel, WebListenerSettings settings)
    {
        kestrel.AddServerHeader = false;
        kestrel.Limits.MaxConcurrentConnections = settings.MaxConnections;
        kestrel.Limits.MaxConcurrentUpgradedConnections = settings.MaxConnections;
        kestrel.Limits.MaxRequestBodySize = settings.MaxRequestBytes;
        kestrel.Limits.RequestHeadersTimeout = settings.HeadersTimeout ?? kestrel.Limits.RequestHeadersTimeout;
        kestrel.Limits.KeepAliveTimeout = settings.KeepAliveTimeout ?? kestrel.Limits.KeepAliveTimeout;
        kestrel.Listen(settings.Address, listen =>
        {
            listen.Protocols = settings.Protocols;
            listen.Use(next => connection => GuardAsync(connection, settings.Addresses, next));
            if (settings.Tls is { } tls)
                listen.UseHttps(tls);
        });
    }

    // Accepted sockets have what the listening one has.
    private static Socket Listen(EndPoint endPoint, TimeSpan peerTimeout)
    {
        const int tcp = 6, userTimeout = 18; // IPPROTO_TCP and TCP_USER_TIMEOUT: the runtime has no names for them
        var socket = SocketTransportOptions.CreateDefaultBoundListenSocket(endPoint);
        socket.SetRawSocketOption(tcp, userTimeout, BitConverter.GetBytes((int)peerTimeout.TotalMilliseconds));
        return socket;
    }

    private static async Task GuardAsync(ConnectionContext connection, AddressGuard addresses, ConnectionDelegate next)
    {
        var peer = connection.RemoteEndPoint;
        if (!addresses.TryEnter(peer))
        {
            connection.Abort();
            return;
        }
        try
        {
            await next(connection);
        }
        finally
        {
            addresses.Leave(peer);
        }
    }

    /// <summary>The server's host listens to signals; this one lives as long as its service.</summary>
    private sealed class NoLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
